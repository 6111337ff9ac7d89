"""Retrying, executing again, cancelling and debugging from the command line, inside the test's own process."""

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from attrs import evolve

import mainspring as ms
from mainspring.event import RunStarted, StepStarted
from mainspring.execute.recorder import Recorder
from mainspring.execute.worker import own_identity
from mainspring.run import Run, WorkerIdentity
from mainspring.run.ids import run_id as make_run_id
from tests.core.cli.command import Command, Write

FLAKY = """
from pathlib import Path

from attrs import define

import mainspring as ms

HERE = Path(__file__).parent

@define
class Window:
    days: int = 7

@ms.op
def fetch(*, config: Window = ms.config()) -> int:
    print("fetching")
    return config.days

@ms.op(out=ms.DynamicOut())
def parts(number: int) -> dict[str, int]:
    return {"a": number, "b": number + 1}

@ms.op
def double(number: int) -> int:
    if not (HERE / "mended").exists() and number % 2:
        raise ValueError(f"{number} is odd")
    return number * 2

@ms.op
def total(numbers: list[int]) -> int:
    return sum(numbers)

@ms.job
def flaky():
    total(parts(fetch()).map(double).collect())

@ms.job
def other():
    fetch()

defs = ms.Definitions(jobs=[flaky, other])
"""

NOBODY = WorkerIdentity("nowhere", "", 1, 1)


@pytest.fixture
def flaky(write: Write) -> str:
    """A job one of whose steps fails until there is a file `mended` beside it."""
    return write("flaky.py", FLAKY)


@pytest.fixture
def failed(mainspring: Command, flaky: str, home: str) -> str:
    """The id of its first run, which has failed."""
    outcome = mainspring("job", "run", "flaky", "-f", flaky, "--home", home, "--json", "--tag", "a=b")
    assert outcome.code == 1
    run_id: str = outcome.json["run_id"]
    return run_id


def steps(document: dict[str, Any]) -> list[tuple[str, int, str]]:
    return [(each["step_key"], each["attempt"], each["status"]) for each in document["steps"]]


def abandoned(home: str, *, worker: WorkerIdentity, job_name: str = "flaky") -> str:
    """Record a run that some process has begun, and one of whose steps it carries out."""
    with ms.Instance.open(home) as instance:
        now = instance.clock.time()
        run = Run(
            run_id=make_run_id(now, b"0123456789"),
            job_name=job_name,
            mode="default",
            status=ms.RunStatus.STARTED,
            created_at=now,
            started_at=now,
            worker=worker,
        )
        recorder = Recorder(instance.storage.events, instance.clock, run.run_id, 1, (), instance.crash_point)
        instance.storage.runs.create(run, [recorder.event(RunStarted())])
        recorder.write([recorder.event(StepStarted(), "fetch", 1)])
        return run.run_id


def dead() -> WorkerIdentity:
    """A process of this host that is gone."""
    own = own_identity(interruptible=False)
    return evolve(own, start_time=own.start_time - 1)


def living() -> WorkerIdentity:
    """This process, which no signal should end."""
    return own_identity(interruptible=False)


def test_a_retry_does_what_did_not_end_well(mainspring: Command, flaky: str, home: str, failed: str) -> None:
    (Path(flaky).parent / "mended").touch()

    outcome = mainspring("run", "retry", failed[:-2], "-f", flaky, "--home", home, "--json")

    assert outcome.code == 0
    assert (outcome.json["run_id"], outcome.json["attempt"], outcome.json["status"]) == (failed, 2, "SUCCESS")
    assert outcome.json["tags"] == {"a": "b"}
    assert steps(outcome.json)[-2:] == [("double[a]", 2, "SUCCESS"), ("total", 1, "SUCCESS")]
    assert [key for key, _, _ in steps(outcome.json)].count("fetch") == 1


def test_a_retry_counts_and_shows_only_what_is_left(mainspring: Command, flaky: str, home: str, failed: str) -> None:
    (Path(flaky).parent / "mended").touch()

    out = mainspring("run", "retry", failed, "-f", flaky, "--home", home).out

    assert f"run {failed}  of job flaky in mode default, attempt 2, 2 steps, started" in out
    assert "fetch  started" not in out
    assert "double[a]  started, attempt 2" in out
    assert f"run {failed} ended SUCCESS" in out


def test_a_retry_that_fails_again_tells_of_its_own_failure(
    mainspring: Command, flaky: str, home: str, failed: str
) -> None:
    outcome = mainspring("run", "retry", failed, "-f", flaky, "--home", home)

    assert outcome.code == 1
    assert "step 'double[a]', attempt 2:" in outcome.out
    assert "step 'double[a]', attempt 1:" not in outcome.out
    assert outcome.complaint.endswith("step 'double[a]' failed: ValueError: 7 is odd")


def test_a_run_that_succeeded_is_not_retried(mainspring: Command, flaky: str, home: str) -> None:
    run_id = mainspring("job", "run", "other", "-f", flaky, "--home", home, "--json").json["run_id"]

    outcome = mainspring("run", "retry", run_id, "-f", flaky, "--home", home)

    assert outcome.code == 1
    assert outcome.complaint.startswith(f"run {run_id} has succeeded, so there is nothing to retry")


def test_a_run_that_is_carried_out_is_not_retried(mainspring: Command, flaky: str, home: str) -> None:
    run_id = abandoned(home, worker=living())

    outcome = mainspring("run", "retry", run_id, "-f", flaky, "--home", home)

    assert outcome.code == 1
    assert f"run {run_id} is still carried out by process " in outcome.complaint
    assert "cancel it first" in outcome.complaint


def test_a_run_on_another_host_is_not_judged(mainspring: Command, flaky: str, home: str) -> None:
    run_id = abandoned(home, worker=NOBODY)

    assert "only there can be told" in mainspring("run", "retry", run_id, "-f", flaky, "--home", home).complaint
    assert "only that host can see" in mainspring("run", "show", run_id, "--home", home).out


def test_a_run_of_a_job_that_is_not_in_the_file_is_not_retried(
    mainspring: Command, sales: str, home: str, failed: str
) -> None:
    outcome = mainspring("run", "retry", failed, "-f", sales, "--home", home)

    assert outcome.code == 1
    assert "there is no job 'flaky'" in outcome.complaint


def test_a_run_whose_process_died_is_settled_and_retried(mainspring: Command, flaky: str, home: str) -> None:
    run_id = abandoned(home, worker=dead())
    (Path(flaky).parent / "mended").touch()

    outcome = mainspring("run", "retry", run_id, "-f", flaky, "--home", home, "--json")

    assert outcome.code == 0
    assert "died while it carried out the run; that is recorded now" in outcome.err
    assert steps(outcome.json)[:2] == [("fetch", 1, "FAILURE"), ("fetch", 2, "SUCCESS")]


def test_a_run_whose_process_died_is_shown_as_such(mainspring: Command, home: str) -> None:
    run_id = abandoned(home, worker=dead())

    outcome = mainspring("run", "show", run_id, "--home", home)

    assert ", dead\n" in outcome.out
    assert f"`mainspring run retry {run_id} -f FILE` completes the run" in outcome.err
    worker = mainspring("run", "show", run_id, "--home", home, "--json").json["worker"]
    assert worker["liveness"] == "dead"


def test_a_run_at_work_is_shown_with_its_process(mainspring: Command, home: str) -> None:
    outcome = mainspring("run", "show", abandoned(home, worker=living()), "--home", home)

    assert ", at work\n" in outcome.out
    assert outcome.err == ""


def test_a_run_is_executed_again_from_failure(mainspring: Command, flaky: str, home: str, failed: str) -> None:
    (Path(flaky).parent / "mended").touch()

    outcome = mainspring("job", "run", "flaky", "-f", flaky, "--home", home, "--json", "--parent", failed[:-2])

    assert outcome.code == 0
    assert outcome.json["parent_run_id"] == failed
    assert outcome.json["run_id"] != failed
    assert steps(outcome.json) == [("double[a]", 1, "SUCCESS"), ("total", 1, "SUCCESS")]


def test_a_selection_is_executed_again(mainspring: Command, flaky: str, home: str, failed: str) -> None:
    words = ["job", "run", "flaky", "-f", flaky, "--home", home, "--parent", failed, "--select", "parts", "--json"]

    assert steps(mainspring(*words).json) == [("parts", 1, "SUCCESS")]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--parent", "nothing"], 1, "there is no run 'nothing'"),
        (["--parent", "nothing", "--ephemeral"], 2, "does not go with --ephemeral"),
    ],
)
def test_a_parent_that_is_not_there_is_one_sentence(
    mainspring: Command, flaky: str, home: str, failed: str, words: list[str], code: int, said: str
) -> None:
    place = [] if "--ephemeral" in words else ["--home", home]

    outcome = mainspring("job", "run", "flaky", "-f", flaky, *place, *words)

    assert outcome.code == code
    assert said in outcome.complaint


def test_another_jobs_run_is_no_parent(mainspring: Command, flaky: str, home: str, failed: str) -> None:
    outcome = mainspring("job", "run", "other", "-f", flaky, "--home", home, "--parent", failed)

    assert outcome.code == 1
    assert outcome.complaint == f"run {failed} is of job 'flaky', not of 'other'; name that job"


@pytest.mark.parametrize(
    "words",
    [
        ["--config", '{"ops": {"fetch": {"dys": 1}}}'],
        ["--config", "when = 2020-01-01"],
        ["--mode", "nothing"],
        ["--select", "nothing"],
        ["--parent", "nothing"],
    ],
    ids=" ".join,
)
def test_a_refused_run_leaves_no_home_behind(mainspring: Command, flaky: str, home: str, words: list[str]) -> None:
    outcome = mainspring("job", "run", "flaky", "-f", flaky, "--home", home, *words)

    assert outcome.code == 1
    assert outcome.complaint
    assert not Path(home).exists()


def test_a_run_that_is_over_is_not_canceled(mainspring: Command, home: str, failed: str) -> None:
    outcome = mainspring("run", "cancel", failed, "--home", home)

    assert outcome.code == 1
    assert outcome.complaint == f"run {failed} is over already: FAILURE"


def test_a_run_whose_process_died_is_canceled_at_once(mainspring: Command, home: str) -> None:
    run_id = abandoned(home, worker=dead())

    outcome = mainspring("run", "cancel", run_id, "--home", home)

    assert outcome.code == 0
    assert outcome.out.startswith(f"run {run_id} ended CANCELED: process ")
    assert mainspring("run", "cancel", run_id, "--home", home).code == 1


def test_a_run_that_does_not_end_in_time_is_told_of(mainspring: Command, home: str) -> None:
    run_id = abandoned(home, worker=living())

    asked = mainspring("run", "cancel", run_id, "--home", home)
    waited = mainspring("run", "cancel", run_id, "--home", home, "--wait", "0.01")

    assert asked.code == 0
    assert asked.out.startswith(f"run {run_id} was asked to end; process ")
    assert waited.code == 1
    assert "note: waiting for step fetch to end\n" in waited.err
    assert f"error: run {run_id} was asked to end and is still CANCELING after 0.01 s" in waited.err


def test_a_debugger_needs_a_terminal(mainspring: Command, flaky: str, home: str, failed: str) -> None:
    outcome = mainspring("step", "debug", failed, "double[a]", "-f", flaky, "--home", home)

    assert outcome.code == 2
    assert outcome.complaint.startswith("a debugger needs a terminal; name a notebook with --notebook PATH instead")


def cells(path: Path) -> list[str]:
    document = json.loads(path.read_text())
    assert (document["nbformat"], document["nbformat_minor"]) == (4, 5)
    return ["".join(each["source"]) for each in document["cells"] if each["cell_type"] == "code"]


def test_a_notebook_opens_the_step(
    mainspring: Command, flaky: str, home: str, failed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "double.ipynb"
    monkeypatch.syspath_prepend("nowhere")  # and the path is put back behind the test
    words = ["step", "debug", failed[:-2], "double[a]", "-f", flaky, "--home", home, "--notebook", str(path)]

    outcome = mainspring(*words)

    assert (outcome.code, outcome.out) == (0, f"wrote {path}\n")
    assert "ValueError: 7 is odd" in path.read_text()
    monkeypatch.setitem(sys.modules, "flaky", ModuleType("flaky"))  # and so is this
    del sys.modules["flaky"]
    names: dict[str, Any] = {}
    *before, call, close = cells(path)
    for each in before:
        exec(each, names)
    assert names["step"].inputs == {"number": 7}
    with pytest.raises(ValueError, match="7 is odd"):
        exec(call, names)
    names["step"].inputs["number"] = 8
    assert names["step"].call() == 16
    exec(close, names)
    names["instance"].close()
    assert mainspring(*words).complaint == f"there is a file {path} already; name another one, or remove it"
    with ms.Instance.open(home) as instance:
        kinds = [event.kind for event in instance.storage.events.read(failed)]
    assert kinds[-1] == "RUN_FAILURE", "nothing was recorded"


def test_a_notebook_for_jobs_without_definitions_names_them(
    mainspring: Command, write: Write, home: str, tmp_path: Path
) -> None:
    file = write(
        "bare.py", "import mainspring as ms\n@ms.op\ndef f() -> int:\n    return 1\n@ms.job\ndef only():\n    f()\n"
    )
    run_id = mainspring("job", "run", "-f", file, "--home", home, "--json").json["run_id"]

    mainspring("step", "debug", run_id, "f", "-f", file, "--home", home, "--notebook", str(tmp_path / "f.ipynb"))

    assert "defs = ms.Definitions(jobs=[module.only])" in cells(tmp_path / "f.ipynb")[0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing", "--notebook", "n.ipynb"], "there is no step 'nothing' in run"),
        (["total", "--notebook", "n.ipynb"], "has not begun, and what it reads is not there; open 'double[a]'"),
        (["double[a]", "--mode", "nothing", "--notebook", "n.ipynb"], "there is no mode 'nothing'"),
        (["double[a]", "--notebook", "n.txt"], "a notebook's name ends in .ipynb"),
        (["double[a]", "--notebook", "nowhere/n.ipynb"], "nowhere/n.ipynb: No such file or directory"),
    ],
)
def test_a_step_that_cannot_be_opened_is_one_sentence(
    mainspring: Command, flaky: str, home: str, failed: str, words: list[str], said: str
) -> None:
    outcome = mainspring("step", "debug", failed, *words, "-f", flaky, "--home", home)

    assert outcome.code == 1
    assert said in outcome.complaint


def test_what_is_over_is_followed_to_its_end(mainspring: Command, flaky: str, home: str, failed: str) -> None:
    outcome = mainspring("run", "logs", "-f", failed, "--home", home)

    assert outcome.code == 0
    assert outcome.out == "fetch | fetching\n"
    assert outcome.err == f"note: run {failed} ended FAILURE\n"
    row = json.loads(mainspring("run", "logs", "-f", failed, "--home", home, "--json").out)
    assert row == {"step_key": "fetch", "attempt": 1, "stream": "stdout", "line": "fetching"}
    assert mainspring("run", "logs", "-f", failed, "--home", home, "--step", "parts").out == ""
    assert mainspring("run", "logs", "-f", failed, "--home", home, "--stream", "log").out == ""


def test_following_ends_where_the_process_is_dead(mainspring: Command, home: str) -> None:
    outcome = mainspring("run", "logs", "-f", abandoned(home, worker=dead()), "--home", home)

    assert outcome.code == 0
    assert "is dead; `mainspring run show` says what can be done" in outcome.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--events"], 2, "--events does not go with --follow"),
        (["--limit", "3"], 2, "--limit does not go with --follow"),
        (["--step", "ftch"], 1, "there is no step 'ftch' in run"),
        (["--step", "fetch", "--attempt", "2"], 1, "there is no attempt '2' in step 'fetch'"),
    ],
)
def test_what_cannot_be_followed_is_one_sentence(
    mainspring: Command, home: str, failed: str, words: list[str], code: int, said: str
) -> None:
    outcome = mainspring("run", "logs", "-f", failed, "--home", home, *words)

    assert outcome.code == code
    assert said in outcome.complaint
