"""A commit of which nobody knows whether it was done: what is stored is read, and the run goes on or stops accordingly."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from attrs import evolve

from mainspring.clock import Clock
from mainspring.errors import OutcomeUnknownError, PoolFullError, StorageError, SupersededError
from mainspring.event import Event, Fact, HookFailed, RunStarted, StepOutput, StepStarted, StepSucceeded
from mainspring.event.facts import ErrorInfo
from mainspring.execute.uncertain import PATIENCE_SECONDS, write_surely
from mainspring.run import NO_PLACES, PoolPlace, Run, RunStatus
from mainspring.storage import Storage, memory_storage
from mainspring.testing import VirtualClock


def event(fact: Fact, step_key: str | None = "step") -> Event:
    attempt = None if step_key is None else 1
    return Event(run_id="r", run_attempt=1, fact=fact, timestamp=1.5, step_key=step_key, step_attempt=attempt)


@pytest.fixture
def storage() -> Storage:
    storage = memory_storage()
    run = Run(run_id="r", job_name="job", mode="dev", status=RunStatus.STARTED)
    storage.runs.create(run, [event(RunStarted(), None)])
    return storage


class Flaky:
    """An event log on a connection that breaks.

    Args:
        storage: Where its events are kept.
        failures: What happens at each write, then at each read in between; in the end all goes well.
    """

    def __init__(self, storage: Storage, *failures: str, places: Mapping[str, PoolPlace] = NO_PLACES) -> None:
        self.storage = storage
        self.places = places
        self.failures = list(failures)
        self.writes = 0

    def write(self, events: list[Event]) -> Callable[[], None]:
        def write() -> None:
            self.writes += 1
            failure = self.failures.pop(0) if self.failures else "none"
            if failure in ("none", "stored"):
                self.storage.events.record("r", 1, events, self.places)
            if failure in ("stored", "lost"):
                raise OutcomeUnknownError(f"{failure}, but nobody knows")
            if failure == "refused":
                raise StorageError("nothing was stored")

        return write

    def record(self, run_id: str, run_attempt: int, events: object) -> None:
        raise NotImplementedError

    def read(self, run_id: str, **options: object) -> list[Event]:
        if self.failures and self.failures[0] in ("away", "late"):
            if self.failures.pop(0) == "away":
                raise StorageError("the database cannot be reached")
            return []
        return self.storage.events.read(run_id, **options)  # type: ignore[arg-type]

    def steps(self, run_id: str) -> list[object]:
        raise NotImplementedError


CLAIM = [event(StepStarted())]
END = [event(StepOutput("result", metadata={"size": float("nan"), "text": "\x00\ud800"})), event(StepSucceeded())]


def write(flaky: Flaky, events: list[Event], clock: Clock | None = None) -> None:
    write_surely(flaky.write(events), events, flaky, clock or VirtualClock())  # type: ignore[arg-type]


def kinds(storage: Storage) -> list[str]:
    return [each.kind for each in storage.events.read("r")]


@pytest.mark.parametrize(
    ("failures", "writes"),
    [
        ([], 1),
        (["stored"], 1),
        (["lost"], 2),
        (["lost", "lost", "lost"], 4),
        (["lost", "refused", "lost", "stored"], 4),
        (["stored", "away", "away"], 1),
        (["lost", "away", "away"], 2),
        (["stored", "late"], 2),  # the first write was still being committed when it was read
    ],
)
def test_what_was_lost_is_written_again_and_what_was_stored_is_not(
    storage: Storage, failures: list[str], writes: int
) -> None:
    flaky = Flaky(storage, *failures)
    write(flaky, CLAIM)
    assert flaky.writes == writes
    flaky = Flaky(storage, *failures)
    write(flaky, END)
    assert flaky.writes == writes
    assert kinds(storage) == ["RUN_STARTED", "STEP_STARTED", "STEP_OUTPUT", "STEP_SUCCESS"]


def test_a_failure_that_stored_nothing_is_told_at_once(storage: Storage) -> None:
    flaky = Flaky(storage, "refused")
    with pytest.raises(StorageError, match="nothing was stored"):
        write(flaky, CLAIM)
    assert flaky.writes == 1


def test_a_claim_that_was_stored_does_not_find_its_pool_full_of_itself(storage: Storage) -> None:
    """Its answer was lost, and it was still being committed when the log was read; so it is written again."""
    flaky = Flaky(storage, "stored", "late", places={"step": PoolPlace("warehouse", 1)})
    write(flaky, CLAIM)

    assert flaky.writes == 2
    assert kinds(storage) == ["RUN_STARTED", "STEP_STARTED"]
    assert storage.events.places_taken("warehouse") == 1


def test_a_claim_that_was_lost_may_find_its_pool_full_meanwhile(storage: Storage) -> None:
    places = {key: PoolPlace("warehouse", 1) for key in ("step", "other")}
    other = evolve(CLAIM[0], step_key="other")
    storage.events.record("r", 1, [other], places)
    with pytest.raises(PoolFullError):
        write(Flaky(storage, "lost", places=places), CLAIM)

    assert kinds(storage) == ["RUN_STARTED", "STEP_STARTED"]


def test_who_was_overtaken_meanwhile_is_refused(storage: Storage) -> None:
    storage.events.record("r", 1, CLAIM)
    storage.events.record("r", 1, END)
    late = [event(StepOutput("other")), event(HookFailed("hook", ErrorInfo("E", "m")))]
    flaky = Flaky(storage, "lost")
    with pytest.raises(SupersededError, match="not under way any more"):
        write(flaky, late)
    assert len(kinds(storage)) == 4


def test_a_database_that_stays_away_is_not_waited_for_for_ever(storage: Storage) -> None:
    clock = VirtualClock()
    flaky = Flaky(storage, "lost", *["away"] * 1000)
    with pytest.raises(OutcomeUnknownError, match="nobody knows"):
        write(flaky, CLAIM, clock)
    assert PATIENCE_SECONDS <= clock.monotonic() < PATIENCE_SECONDS + 2
