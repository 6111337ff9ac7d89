"""A step of a recorded run is opened again: inputs as stored, resources of a chosen mode, and nothing is recorded."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import define, frozen

import mainspring as ms
from mainspring.errors import MainspringError, ResourceError, UnknownNameError

log: list[str] = []


@pytest.fixture(autouse=True)
def empty_log() -> None:
    log.clear()


@frozen
class Client(ms.Resource[str]):
    name: str
    fails_at_close: bool = False

    @contextmanager
    def open(self) -> Iterator[str]:
        log.append(f"open {self.name}")
        yield self.name
        log.append(f"close {self.name}")
        if self.fails_at_close:
            raise OSError("the line is dead")


@define
class Window:
    days: int = 3


@ms.op
def fetch() -> int:
    return 3


@ms.op(out=ms.DynamicOut())
def parts(number: int) -> dict[str, int]:
    return {f"p{each}": each for each in range(number)}


@ms.op
def scale(
    context: ms.OpContext,
    number: int,
    by: int = 10,
    *,
    config: Window = ms.config(),
    client: str = ms.resource(),
) -> str:
    log.append(f"call {context.step_key}")
    if client == "prod" and number == 1:
        raise ValueError("one is not allowed in prod")
    return f"{number * by} {config.days} {client} {context.mode} {context.mapping_key}"


@ms.op
def joined(texts: list[str], first: int) -> str:
    return " ".join([str(first), *texts])


def modes(values: Path) -> list[ms.Mode]:
    files = ms.FilesystemIOManager(values)
    return [
        ms.Mode("prod", resources={"client": Client("prod"), "io_manager": files}),
        ms.Mode("dev", resources={"client": Client("dev"), "io_manager": ms.MemoryIOManager()}),
        ms.Mode("bad", resources={"client": Client("bad", fails_at_close=True)}),
    ]


@pytest.fixture
def defs(tmp_path: Path) -> ms.Definitions:
    @ms.job(modes=modes(tmp_path / "warehouse"))
    def sales() -> None:
        number = fetch()
        joined(parts(number).map(scale).collect(), number)

    return ms.Definitions(jobs=[sales])


@pytest.fixture
def failed(defs: ms.Definitions, instance: ms.Instance) -> str:
    """The id of a run in which `scale[p1]` has failed."""
    config = {"ops": {"scale": {"days": 5}}}
    result = defs.job("sales").execute(instance=instance, raise_on_error=False, config=config)
    assert not result.success
    log.clear()
    return result.run_id


def test_a_failed_step_is_opened_with_what_it_had(defs: ms.Definitions, failed: str, instance: ms.Instance) -> None:
    with defs.debug_step(failed, "scale[p1]", instance=instance) as step:
        assert step.inputs == {"number": 1}
        assert step.config == Window(5)
        assert (step.context.run_id, step.context.step_key, step.context.attempt) == (failed, "scale[p1]", 1)
        assert (step.context.mode, step.context.mapping_key) == ("prod", "p1")
        assert step.error is not None
        assert step.error.summary == "ValueError: one is not allowed in prod"
        assert repr(step) == f"<StepDebug 'scale[p1]' of run {failed}>"
        with pytest.raises(ValueError, match="not allowed in prod"):
            step.call()

    assert log == ["open prod", "call scale[p1]", "close prod"]


def test_nothing_is_recorded_or_stored(
    defs: ms.Definitions, failed: str, instance: ms.Instance, tmp_path: Path
) -> None:
    def traces() -> tuple[Any, ...]:
        files = sorted(each for each in tmp_path.rglob("*") if each.is_file() and "mainspring.db" not in each.name)
        return files, instance.storage.events.read(failed), instance.storage.runs.get(failed)

    before = traces()
    with defs.debug_step(failed, "scale[p0]", instance=instance) as step:
        assert step.call() == "0 5 prod prod p0"
        assert step.call() == "0 5 prod prod p0"

    assert traces() == before


def test_the_resources_are_those_of_the_chosen_mode_and_the_values_those_of_the_runs(
    defs: ms.Definitions, failed: str, instance: ms.Instance
) -> None:
    with defs.debug_step(failed, "scale[p1]", instance=instance, mode="dev") as step:
        assert step.call() == "10 5 dev dev p1"

    assert log == ["open dev", "call scale[p1]", "close dev"]


def test_inputs_can_be_replaced(defs: ms.Definitions, failed: str, instance: ms.Instance) -> None:
    with defs.debug_step(failed, "scale[p1]", instance=instance) as step:
        step.inputs["number"] = 2
        step.inputs["by"] = 100

        assert step.call() == "200 5 prod prod p1"


def test_inputs_of_many_values_are_loaded(defs: ms.Definitions, instance: ms.Instance) -> None:
    run_id = defs.job("sales").execute("dev", instance=ms.Instance.ephemeral()).run_id
    with pytest.raises(UnknownNameError, match="there is no run"):
        defs.debug_step(run_id, "joined", instance=instance)

    result = defs.job("sales").execute("bad", instance=instance)
    with (
        pytest.raises(OSError, match="the line is dead"),
        defs.debug_step(result.run_id, "scale[p2]", instance=instance) as step,
    ):
        step.call()
    with defs.debug_step(result.run_id, "joined", instance=instance) as step:
        assert step.inputs["first"] == 3
        assert step.inputs["texts"] == [f"{number * 10} 3 bad bad p{number}" for number in range(3)]
        assert step.error is None


def test_a_step_that_could_begin_is_opened(defs: ms.Definitions, instance: ms.Instance) -> None:
    job = defs.job("sales")
    run_id = job.execute("prod", instance=instance, selection="*parts").run_id

    assert defs.debug_step(run_id, "parts", instance=instance).inputs == {"number": 3}
    with pytest.raises(UnknownNameError, match=r"there is no step 'scale\[p0\]'"):
        defs.debug_step(run_id, "scale[p0]", instance=instance)


def test_a_step_of_a_run_that_executes_another_again_has_that_ones_values(
    defs: ms.Definitions, failed: str, instance: ms.Instance
) -> None:
    again = defs.job("sales").execute(instance=instance, parent=failed, raise_on_error=False).run_id

    with defs.debug_step(again, "scale[p1]", instance=instance) as step:
        assert step.inputs == {"number": 1}
        assert step.context.run_id == again


def test_a_retried_step_is_opened_as_its_last_attempt(defs: ms.Definitions, failed: str, instance: ms.Instance) -> None:
    defs.job("sales").retry(failed, instance=instance, raise_on_error=False)

    with defs.debug_step(failed, "scale[p1]", instance=instance) as step:
        assert step.context.attempt == 2


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (
            "joined",
            r"'joined' of run .* has not begun, and what it reads is not there; open 'scale\[p1\]', which ended F",
        ),
        ("scale[p9]", r"there is no step 'scale\[p9\]' in run .*; did you mean 'scale\[p\d\]'"),
        ("nothing", "there is no step 'nothing' in run"),
        ("scale", r"there is no step 'scale' in run .*; did you mean 'scale\[p\d\]'"),
    ],
)
def test_a_step_without_inputs_is_told_so(
    defs: ms.Definitions, failed: str, instance: ms.Instance, step: str, sentence: str
) -> None:
    with pytest.raises(MainspringError, match=sentence):
        defs.debug_step(failed, step, instance=instance)
    assert log == []


def test_a_skipped_step_is_told_so(instance: ms.Instance) -> None:
    @ms.op(out={"value": ms.Out(optional=True)})
    def maybe() -> dict[str, int]:
        return {}

    @ms.job
    def optional() -> None:
        parts(maybe()["value"])

    run_id = optional.execute(instance=instance).run_id

    with pytest.raises(MainspringError, match="was skipped, since an output that it reads was left out"):
        ms.Definitions(jobs=[optional]).debug_step(run_id, "parts", instance=instance)


def test_a_value_that_is_gone_is_named(
    defs: ms.Definitions, failed: str, instance: ms.Instance, tmp_path: Path
) -> None:
    for each in (tmp_path / "warehouse").rglob("parts*"):
        each.unlink()

    with pytest.raises(ms.ValueNotFound, match="step 'parts' should have written it"):
        defs.debug_step(failed, "scale[p1]", instance=instance)


def test_a_value_of_the_wrong_type_can_be_looked_at(instance: ms.Instance) -> None:
    @ms.op
    def text() -> Any:
        return "text"

    @ms.job
    def mistyped() -> None:
        parts(text())

    run_id = mistyped.execute(instance=instance, raise_on_error=False).run_id

    with ms.Definitions(jobs=[mistyped]).debug_step(run_id, "parts", instance=instance) as step:
        assert step.inputs == {"number": "text"}
        assert step.error is not None
        assert step.error.type == "TypeMismatchError"


def test_a_mode_that_cannot_be_opened_is_told_of(
    defs: ms.Definitions, failed: str, instance: ms.Instance, tmp_path: Path
) -> None:
    class Broken(ms.Resource[str]):
        @contextmanager
        def open(self) -> Iterator[str]:
            raise OSError("no route")
            yield ""

    @ms.job(name="sales", modes=[*modes(tmp_path / "warehouse"), ms.Mode("broken", resources={"client": Broken()})])
    def sales() -> None:
        number = fetch()
        joined(parts(number).map(scale).collect(), number)

    definitions = ms.Definitions(jobs=[sales])
    with definitions.debug_step(failed, "scale[p1]", instance=instance, mode="broken") as step:
        assert step.inputs == {"number": 1}
        with pytest.raises(ResourceError, match="no route"):
            step.call()
    with pytest.raises(UnknownNameError, match="there is no mode 'nothing'"):
        definitions.debug_step(failed, "scale[p1]", instance=instance, mode="nothing")
