"""What a run's process remembers of its steps' outputs is bounded; the rest is read from the log when a step needs it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import mainspring as ms
from mainspring.errors import SupersededError
from mainspring.event import Event, Fact, RunStarted, RunState, StepFailed, StepOutput, StepStarted, StepSucceeded, fold
from mainspring.event.facts import ErrorInfo
from mainspring.execute.pointers import KEPT, MANY, PAGE, Pointers
from mainspring.execute.task import Place
from mainspring.run import Run, RunStatus
from mainspring.storage import EventLog, Storage, memory_storage


def event(fact: Fact, step_key: str | None = None, attempt: int = 1) -> Event:
    return Event(
        run_id="r",
        run_attempt=1,
        fact=fact,
        timestamp=1.0,
        step_key=step_key,
        step_attempt=None if step_key is None else attempt,
    )


class Written:
    """A run whose steps end one after the other."""

    def __init__(self) -> None:
        self.storage: Storage = memory_storage()
        self.state = RunState()
        self.reads: list[str | None] = []
        run = Run(run_id="r", job_name="job", mode="dev", status=RunStatus.STARTED)
        self.storage.runs.create(run, [event(RunStarted())])
        self.pointers = Pointers("r", self.state, self)  # type: ignore[arg-type]

    def read(self, run_id: str, **options: object) -> list[Event]:
        step_key = options["step_key"]
        assert step_key is None or isinstance(step_key, str)
        self.reads.append(step_key)
        log: EventLog = self.storage.events
        return log.read(run_id, **options)  # type: ignore[arg-type]

    def write(self, *events: Event) -> None:
        self.storage.events.record("r", 1, events)
        fold(events, self.state)
        self.pointers.note(events)
        self.pointers.drop()

    def succeed(self, key: str, *outputs: StepOutput, attempt: int = 1) -> None:
        facts: list[Fact] = [StepStarted(), *outputs, StepSucceeded()]
        self.write(*(event(fact, key, attempt) for fact in facts))


def output(value: object, mapping_key: str | None = None, name: str = "result") -> StepOutput:
    return StepOutput(name, mapping_key, metadata={"value": value})


def value(written: Written, place: Place) -> object:
    return written.pointers.find([place])[place].fact.metadata["value"]


def test_only_the_latest_are_kept_and_all_are_found() -> None:
    written = Written()
    count = KEPT + 3 * MANY
    for number in range(count):
        written.succeed(f"step_{number}", output(number))
        assert len(written.state.outputs) <= KEPT
    assert value(written, ("step_0", "result", None)) == 0
    assert written.reads == ["step_0"] * 2, "of one step, to the end of its pages"
    written.reads.clear()
    places: list[Place] = [(f"step_{number}", "result", None) for number in range(count)]
    found = written.pointers.find(places)
    assert [found[place].fact.metadata["value"] for place in places] == list(range(count))
    assert len(written.reads) == count // PAGE + 2
    assert set(written.reads) == {None}, "of all steps at a time"
    written.reads.clear()
    assert value(written, places[-1]) == count - 1
    assert not written.reads


def test_what_is_found_is_what_the_attempt_that_succeeded_has_stored() -> None:
    written = Written()
    facts: list[Fact] = [StepStarted(), output("half"), StepFailed(ErrorInfo("E", "no"))]
    written.write(*(event(fact, "step", 1) for fact in facts))
    written.succeed("step", output("whole"), output("more", name="other"), attempt=2)
    for number in range(KEPT + 1):
        written.succeed(f"step_{number}", output(number))
    found = written.pointers.find([("step", "result", None), ("step", "other", None)])
    assert {(place[1], each.attempt, each.fact.metadata["value"]) for place, each in found.items()} == {
        ("result", 2, "whole"),
        ("other", 2, "more"),
    }


def test_the_values_of_a_dynamic_output_stay() -> None:
    written = Written()
    written.succeed("keys", *(output(number, str(number)) for number in range(2 * KEPT)))
    assert len(written.state.outputs) == 2 * KEPT
    assert value(written, ("keys", "result", "0")) == 0
    assert not written.reads


def test_a_run_that_was_deleted_has_no_pointers_any_more() -> None:
    written = Written()
    for number in range(KEPT + 1):
        written.succeed(f"step_{number}", output(number))
    gone = Pointers("another", written.state, written.storage.events)
    gone.note([event(output(1), f"step_{number}") for number in range(KEPT + 1)])
    gone.drop()
    with pytest.raises(SupersededError, match="has lost its log: step 'step_0'"):
        gone.find([("step_0", "result", None)])


@ms.op
def one() -> int:
    return 1


@ms.op
def inc(x: int) -> int:
    return x + 1


@ms.op
def gather(xs: list[int]) -> int:
    return sum(xs)


WIDTH = KEPT + MANY


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[ms.Instance]:
    with ms.Instance.open(tmp_path) as opened:
        yield opened


def test_a_run_wider_than_what_is_kept(instance: ms.Instance) -> None:
    kept: list[int] = []

    class Watched(ms.InProcessExecutor):
        def execute(self, plan: ms.Plan, run: ms.RunContext) -> Iterator[ms.Event]:
            for each in super().execute(plan, run):
                kept.append(len(run.state.outputs))
                yield each

    @ms.job(modes=[ms.Mode("watched", executor=Watched())])
    def watched() -> None:
        gather([inc.alias(f"inc_{n}")(one.alias(f"one_{n}")()) for n in range(WIDTH)])

    result = watched.execute(instance=instance)
    assert result.output("gather") == 2 * WIDTH
    assert max(kept) <= KEPT + 2
    assert len(result.state.outputs) == 2 * WIDTH + 1, "who looks at the result sees all of them"
