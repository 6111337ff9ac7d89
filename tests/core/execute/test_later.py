"""Values are loaded later, elsewhere, and by whom they were stored; and where they are gone, one error says so."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import mainspring as ms
from mainspring.errors import MainspringError, UnknownNameError
from mainspring.event import StepOutput

SALES = """
import mainspring as ms

@ms.op
def fetch() -> list[int]:
    return [1, 2, 3]

@ms.op(out=ms.Out(asset="warehouse/orders"))
def clean(rows: list[int]) -> dict[str, int]:
    return {"rows": len(rows), "sum": sum(rows)}

@ms.op(out=ms.DynamicOut())
def parts(rows: list[int]) -> dict[str, int]:
    return {f"p{row}": row for row in rows}

@ms.op
def double(x: int) -> int:
    return x * 2

@ms.job
def sales():
    rows = fetch()
    clean(rows)
    parts(rows).map(double)

defs = ms.Definitions(jobs=[sales])
"""


@ms.op
def fetch() -> list[int]:
    return [1, 2, 3]


@ms.op(out=ms.Out(asset="warehouse/orders"))
def clean(rows: list[int]) -> dict[str, int]:
    return {"rows": len(rows)}


@ms.job
def sales() -> None:
    clean(fetch())


defs = ms.Definitions(jobs=[sales])


def values(home: Path) -> list[Path]:
    return sorted(each for each in (home / "values").rglob("*") if each.is_file())


def test_a_value_is_loaded_from_the_runs_record(instance: ms.Instance) -> None:
    run_id = sales.execute(instance=instance).run_id

    assert defs.load_output(run_id, "clean", instance=instance) == {"rows": 3}
    assert defs.load_asset("warehouse/orders", instance=instance) == {"rows": 3}


@pytest.mark.integration
def test_another_process_loads_what_this_one_stored(home: Path, tmp_path: Path) -> None:
    (tmp_path / "sales_defs.py").write_text(SALES)
    write = "from sales_defs import *; print(sales.execute(instance=ms.Instance.open()).run_id)"
    read = (
        "import sys; from sales_defs import *; at = ms.Instance.open(); run = sys.argv[1];"
        "print(defs.load_output(run, 'fetch'), defs.load_output(run, 'double', instance=at),"
        "defs.load_output(run, 'double[p2]'), defs.load_output(run, 'parts'), defs.load_asset('warehouse/orders'))"
    )

    def python(code: str, *arguments: str) -> str:
        command = [sys.executable, "-c", code, *arguments]
        environment = {"MAINSPRING_HOME": str(home), "PYTHONPATH": str(tmp_path), "PATH": ""}
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        ).stdout.strip()

    run_id = python(write)

    assert python(read, run_id) == (
        "[1, 2, 3] {'p1': 2, 'p2': 4, 'p3': 6} 4 {'p1': 1, 'p2': 2, 'p3': 3} {'rows': 3, 'sum': 6}"
    )


def test_a_deleted_value_is_not_found(instance: ms.Instance, home: Path) -> None:
    """Scar: D#32488."""
    result = sales.execute(instance=instance)
    for each in values(home):
        each.unlink()

    ways: list[Callable[[], Any]] = [
        lambda: result.output("clean"),
        lambda: defs.load_output(result.run_id, "clean", instance=instance),
        lambda: defs.load_asset("warehouse/orders", instance=instance),
    ]
    for load in ways:
        with pytest.raises(ms.ValueNotFound, match="step 'clean' should have written it") as caught:
            load()
        assert str(home / "values") in caught.value.key


@pytest.mark.parametrize("change", [b"", b"garbage", None], ids=["emptied", "replaced", "longer"])
def test_a_value_that_was_tampered_with_is_not_loaded(change: bytes | None, instance: ms.Instance, home: Path) -> None:
    result = sales.execute(instance=instance)
    for each in values(home):
        each.write_bytes(each.read_bytes() + b" " if change is None else change)

    with pytest.raises(ms.ValueNotFound, match="the file is not what the step wrote"):
        result.output("clean")


@pytest.mark.parametrize(
    ("run_id", "step", "output", "sentence"),
    [
        ("absent", "clean", "result", "there is no run 'absent' in sqlite"),
        (None, "claen", "result", "there is no step 'claen' in job 'sales'; did you mean 'clean'"),
        (None, "clean", "results", "there is no output 'results'"),
        (None, "clean[x]", "result", "the step did not run"),
    ],
)
def test_what_does_not_exist_is_named(
    run_id: str | None, step: str, output: str, sentence: str, instance: ms.Instance
) -> None:
    known = sales.execute(instance=instance).run_id

    with pytest.raises(MainspringError, match=sentence):
        defs.load_output(run_id or known, step, output, instance=instance)


def test_an_asset_that_was_never_written_is_named(instance: ms.Instance) -> None:
    sales.execute(instance=instance)

    with pytest.raises(UnknownNameError, match="did you mean 'warehouse/orders'"):
        defs.load_asset("warehouse/order", instance=instance)


def test_an_asset_written_by_the_ops_own_means_cannot_be_loaded(instance: ms.Instance) -> None:
    @ms.op
    def own(context: ms.OpContext) -> None:
        context.log_materialization(ms.Materialization("lake/raw", metadata={"rows": 3}))

    @ms.job
    def by_hand() -> None:
        own()

    by_hand.execute(instance=instance)

    with pytest.raises(MainspringError, match="by its own means"):
        ms.Definitions(jobs=[by_hand]).load_asset("lake/raw", instance=instance)


def test_an_asset_whose_op_has_been_renamed_is_told_so(instance: ms.Instance) -> None:
    sales.execute(instance=instance)

    @ms.job(name="sales")
    def renamed() -> None:
        clean.alias("tidy")(fetch())

    with pytest.raises(UnknownNameError, match="there is no step 'clean' in job 'sales'"):
        ms.Definitions(jobs=[renamed]).load_asset("warehouse/orders", instance=instance)


def test_the_latest_of_several_materializations_is_loaded(instance: ms.Instance) -> None:
    @ms.op(out=ms.Out(asset="day"))
    def day(context: ms.OpContext) -> str:
        return f"{context.partition_key} {context.run_tags['n']}"

    @ms.job
    def daily() -> None:
        day()

    for number, partition in enumerate(("monday", "tuesday", "monday", "wednesday")):
        daily.execute(instance=instance, partition_key=partition, tags={"n": str(number)})
    definitions = ms.Definitions(jobs=[daily])

    assert definitions.load_asset("day", instance=instance) == "wednesday 3"
    assert definitions.load_asset("day", partition="monday", instance=instance) == "monday 2"
    with pytest.raises(UnknownNameError, match="asset"):
        definitions.load_asset("day", partition="sunday", instance=instance)


opened: list[str] = []


class Bucket(ms.Resource[dict[str, Any]]):
    def __init__(self) -> None:
        self.content: dict[str, Any] = {}

    @contextmanager
    def open(self) -> Iterator[dict[str, Any]]:
        opened.append("open")
        yield self.content
        opened.append("close")


class BucketIOManager(ms.IOManager):
    def handle_output(self, context: ms.OutputContext, obj: Any) -> None:
        context.resources["bucket"][f"{context.run_id}/{context.step_key}"] = obj

    def load_input(self, context: ms.InputContext) -> Any:
        return context.resources["bucket"][f"{context.upstream.run_id}/{context.upstream.step_key}"]

    def required_resources(self) -> list[str]:
        return ["bucket"]


def test_loading_opens_the_resources_that_it_needs_and_closes_them() -> None:
    opened.clear()

    @ms.op(out=ms.Out(io_manager="store"))
    def keep() -> int:
        return 7

    @ms.job(modes=[ms.Mode("default", resources={"bucket": Bucket(), "store": BucketIOManager()})])
    def job() -> None:
        keep()

    result = job.execute()
    assert opened == ["open", "close"]
    assert result.output("keep") == 7
    assert opened == ["open", "close"] * 2


def test_a_value_is_loaded_by_the_manager_that_stored_it(instance: ms.Instance) -> None:
    """The op names another IO manager today; what it stored yesterday is where it was."""

    @ms.op(name="keep")
    def before() -> int:
        return 7

    @ms.op(name="keep", out=ms.Out(io_manager="elsewhere"))
    def now() -> int:
        return 8

    @ms.job(name="job")
    def old() -> None:
        before()

    @ms.job(name="job", modes=[ms.Mode("default", resources={"elsewhere": ms.MemoryIOManager()})])
    def new() -> None:
        now()

    run_id = old.execute(instance=instance).run_id

    assert ms.Definitions(jobs=[new]).load_output(run_id, "keep", instance=instance) == 7


def test_outputs_hold_what_their_io_manager_told(instance: ms.Instance) -> None:
    result = sales.execute(instance=instance)
    (fact,) = [
        event.fact for event in result.events if isinstance(event.fact, StepOutput) and event.step_key == "clean"
    ]

    assert fact.io_manager == "io_manager"
    assert fact.type == "dict"
    assert set(fact.metadata) == {"path", "size_bytes", "sha256"}
