"""What notebooks are promised, shown with a real kernel."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.integration.kernel import Cell, Kernel, kernel

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "season.ipynb"

pytestmark = [pytest.mark.integration, pytest.mark.slow]

DEFINE = """
import asyncio, os, threading, time
from attrs import define
import mainspring as ms

@define
class Window:
    days: int = 3

@ms.op
def fetch(*, config: Window = ms.config()) -> list[int]:
    print("fetching in", os.getpid())
    return list(range(config.days))

@ms.op
def total(numbers: list[int]) -> int:
    return sum(numbers)

@ms.job(modes=[
    ms.Mode("here"),
    ms.Mode("processes", executor=ms.MultiprocessExecutor(max_concurrent=2)),
])
def summed():
    total(fetch())

@ms.op
def wait_for_it() -> str:
    async def answer():
        await asyncio.sleep(0)
        return "answered"
    return asyncio.run(answer())

@ms.job
def asynchronous():
    wait_for_it()

@ms.op
def sit_still() -> None:
    print("sitting", flush=True)
    time.sleep(600)

@ms.job(modes=[
    ms.Mode("here"),
    ms.Mode("processes", executor=ms.MultiprocessExecutor(max_concurrent=1)),
])
def endless():
    sit_still()

home = ms.Instance.open("home")
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    folder = tmp_path_factory.mktemp("kernel")
    (folder / "home").mkdir()
    with kernel(folder) as started:
        assert started.run(DEFINE).error is None
        yield started


def good(cell: Cell) -> Cell:
    assert cell.error is None, cell.outputs
    return cell


def test_a_job_defined_in_a_cell_runs_in_a_cell(shared: Kernel) -> None:
    cell = good(shared.run("result = summed.execute(config={'ops': {'fetch': {'days': 4}}})\nresult.output('total')"))

    assert "fetching in" in cell.text
    assert cell.text.endswith("6")


def test_an_op_may_use_asyncio_and_the_kernel_goes_on(shared: Kernel) -> None:
    assert good(shared.run("asynchronous.execute().output('wait_for_it')")).text == "'answered'"
    assert good(shared.run("await asyncio.sleep(0, 'awaited')")).text == "'awaited'"


def test_progress_is_shown_and_ends_in_the_outcome(shared: Kernel) -> None:
    cell = good(shared.run("_ = summed.execute()"))

    assert re.search(r"SUCCESS</b> job <b>summed</b> · 2 of 2 steps", cell.html)


@pytest.mark.parametrize(
    "code",
    [
        "_ = summed.execute(progress=False)",
        "os.environ['MAINSPRING_NOTEBOOK_PROGRESS'] = 'off'\n_ = summed.execute()",
    ],
)
def test_progress_can_be_turned_off(shared: Kernel, code: str) -> None:
    try:
        assert good(shared.run(code)).html == ""
    finally:
        shared.run("os.environ.pop('MAINSPRING_NOTEBOOK_PROGRESS', None)")


def test_progress_is_drawn_while_a_step_is_at_work(shared: Kernel) -> None:
    # The op waits until the display has named it, so this ends by itself only if that happens.
    code = """
        from IPython import get_ipython
        seen = threading.Event()

        @ms.op
        def wait_to_be_seen() -> bool:
            return seen.wait(60)

        @ms.job
        def observed():
            wait_to_be_seen()

        session = get_ipython().display_pub.session
        send = session.send

        def look(*args, **kwargs):
            if "at work" in str((args, kwargs)):
                seen.set()
            return send(*args, **kwargs)

        session.send = look
        try:
            was_seen = observed.execute().output("wait_to_be_seen")
        finally:
            session.send = send
        was_seen
    """
    cell = good(shared.run(code))

    assert cell.text == "True"
    assert cell.updates >= 1
    assert "SUCCESS" in cell.html


@pytest.mark.parametrize("mode", ["here", "processes"])
def test_interrupting_the_kernel_cancels_the_run_and_leaves_the_kernel(shared: Kernel, mode: str) -> None:
    cell = shared.run(f"endless.execute({mode!r}, instance=home)", interrupt_when="sitting")

    assert cell.error is not None
    assert cell.error[0] == "KeyboardInterrupt"
    assert "CANCELED</b> job <b>endless" in cell.html
    told = "[(run.status.value, run.mode) for run in home.storage.runs.find(ms_query(job_name='endless'))][0]"
    found = good(shared.run(f"from mainspring.storage import RunQuery as ms_query\n{told}"))
    assert found.text == f"('CANCELED', {mode!r})"


def test_interrupting_an_op_that_uses_asyncio_leaves_the_loop_as_it_was(shared: Kernel) -> None:
    code = """
        @ms.op
        def wait_long() -> None:
            print("sitting", flush=True)
            asyncio.run(asyncio.sleep(600))

        @ms.job
        def waiting():
            wait_long()

        waiting.execute(instance=home)
    """
    cell = shared.run(code, interrupt_when="sitting")

    assert cell.error is not None
    assert cell.error[0] == "KeyboardInterrupt"
    assert "CANCELED</b> job <b>waiting" in cell.html
    assert good(shared.run("await asyncio.sleep(0, 'awaited')")).text == "'awaited'"
    assert good(shared.run("asynchronous.execute().output('wait_for_it')")).text == "'answered'"


def test_a_job_defined_in_a_cell_runs_in_processes(shared: Kernel) -> None:
    cell = good(
        shared.run("result = summed.execute('processes', instance=home)\nprint(os.getpid())\nresult.output('total')")
    )

    step, own = re.findall(r"\d{2,}", cell.text)[:2]
    assert step != own
    assert cell.text.endswith("3")


def test_what_no_process_can_be_given_is_refused_in_one_sentence(shared: Kernel) -> None:
    code = """
        lock = threading.Lock()

        @ms.op
        def hold() -> bool:
            return lock.locked()

        @ms.job(modes=[ms.Mode("processes", executor=ms.MultiprocessExecutor())])
        def holding():
            hold()

        result = holding.execute(instance=home, raise_on_error=False)
        [each.fact.error.message for each in result.events if each.kind == "STEP_FAILURE"][0]
    """
    cell = good(shared.run(code))

    assert "step 'hold' cannot be moved to a process of its own: cannot pickle '_thread.lock' object" in cell.text
    assert "\\n" not in cell.text


def test_values_of_classes_defined_in_cells_go_from_process_to_process(shared: Kernel) -> None:
    code = """
        @define
        class Color:
            name: str

        @define
        class Point:
            x: int
            color: Color

        unpicklable = type("Unpicklable", (), {"lock": threading.Lock()})

        @ms.op
        def make() -> Point:
            return Point(3, Color("red"))

        @ms.op
        def move(point):
            point.x += 1
            return point

        @ms.job(modes=[ms.Mode("processes", executor=ms.MultiprocessExecutor(max_concurrent=2))])
        def moved():
            move(move(make()))

        point = moved.execute(instance=home).output("move_2")
        point, isinstance(point, Point)
    """
    cell = good(shared.run(code))

    assert cell.text.endswith("(Point(x=5, color=Color(name='red')), True)")


def test_outputs_are_loaded_later(shared: Kernel) -> None:
    cell = good(
        shared.run(
            "kept = summed.execute(instance=home).run_id\n"
            "ms.Definitions(jobs=[summed]).load_output(kept, 'total', instance=home)"
        )
    )

    assert cell.text.endswith("3")


def test_results_runs_and_jobs_show_themselves_as_html(shared: Kernel) -> None:
    result = good(shared.run("result = summed.execute(progress=False)\nresult"))
    run = good(shared.run("result.run"))
    job = good(shared.run("summed"))

    assert "2 steps (2 SUCCESS)" in result.html
    assert "SUCCESS" in run.html
    assert "<svg" in job.html
    assert result.text.startswith("fetching")


def test_a_failed_run_raises_and_its_progress_says_so(shared: Kernel) -> None:
    code = """
        @ms.op
        def fail() -> None:
            raise ValueError("<script>no</script>")

        @ms.job
        def failing():
            fail()

        failing.execute()
    """
    cell = shared.run(code)

    assert cell.error is not None
    assert cell.error[0] == "RunFailedError"
    assert "FAILURE</b> job <b>failing</b>" in cell.html
    assert "<script>" not in cell.html
    assert good(shared.run("summed.execute().output('total')")).text.endswith("3")


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The example of the documentation, executed: what each cell shows, by the cell's id."""
    cells = [cell for cell in read_example().cells if cell.cell_type == "code"]
    with kernel(tmp_path_factory.mktemp("example")) as started:
        return {cell.id: shown(good(started.run(cell.source))) for cell in cells}


def read_example() -> Any:
    return nbformat.read(EXAMPLE, as_version=4)  # type: ignore[no-untyped-call]


def shown(cell: Cell) -> str:
    data = [output.get("data", {}) for output in cell.outputs]
    return "".join(each.get("text/html") or each.get("text/plain", "") for each in data)


def test_the_example_is_kept_without_outputs() -> None:
    cells = read_example().cells

    assert [cell.id for cell in cells if cell.get("outputs") or cell.get("execution_count")] == []


def test_the_example_draws_its_job(example: dict[str, str]) -> None:
    assert example["draw-job"].count("<rect") == 4
    assert "takings[…]" in example["draw-job"]


def test_the_example_shows_progress_and_result(example: dict[str, str]) -> None:
    assert "6 of 6 steps" in example["run-job"]
    assert "6 steps (6 SUCCESS)" in example["run-job"]
    assert "shops: </span>3" in example["run-job"]


def test_the_example_loads_values(example: dict[str, str]) -> None:
    assert example["load-value"] == ("('The shops took 48,000.', {'north': 12000, 'south': 30000, 'harbor': 6000})")
    assert example["load-later"] == "48000"


def test_the_example_runs_in_processes(example: dict[str, str]) -> None:
    assert example["run-in-processes"].endswith("'The shops took 24,000.'")
    assert "6 of 6 steps" in example["run-in-processes"]


def test_the_example_shows_a_failure(example: dict[str, str]) -> None:
    assert "two shops have not reported" in example["fail"]
    assert "FAILURE</b> run" in example["fail"]
    assert "missing: " in example["fail"]
