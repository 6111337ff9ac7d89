"""Recording: whatever is written in whatever order, rows and events agree, and nothing of a refused batch is stored."""

import itertools
import shutil
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from mainspring.errors import MainspringError, SupersededError, TransitionError
from mainspring.event import (
    AssetMaterialized,
    ErrorInfo,
    Event,
    Fact,
    HookFailed,
    InputLoaded,
    RunCanceled,
    RunCanceling,
    RunFailed,
    RunQueued,
    RunStarted,
    RunStarting,
    RunSucceeded,
    StepCanceled,
    StepFailed,
    StepOutput,
    StepRetried,
    StepSkipped,
    StepStarted,
    StepSucceeded,
    fold,
)
from mainspring.event.effect import STEP_BEGIN
from mainspring.run import Run, RunStatus
from mainspring.run.status import TRANSITIONS
from mainspring.storage import Storage, memory_storage, open_storage

RUN_ID = "run-1"
_ERROR = ErrorInfo("ValueError", "no")
RUN_FACTS: list[Fact] = [
    RunQueued(),
    RunStarting(),
    RunStarted(),
    RunSucceeded(),
    RunFailed("it failed"),
    RunCanceling(),
    RunCanceled("asked to"),
]
STEP_FACTS: list[Fact] = [
    StepStarted(),
    StepStarted(),
    StepStarted(),
    InputLoaded("x"),
    StepOutput("result"),
    AssetMaterialized("orders"),
    StepSucceeded(),
    StepSucceeded(),
    StepFailed(_ERROR),
    StepRetried(_ERROR),
    StepSkipped(),
    StepCanceled(),
    HookFailed("hook", _ERROR),
]


def make_event(fact: Fact, run_attempt: int, key: str | None = None, attempt: int | None = None) -> Event:
    return Event(run_id=RUN_ID, run_attempt=run_attempt, fact=fact, timestamp=1.5, step_key=key, step_attempt=attempt)


step_events = st.tuples(st.sampled_from(STEP_FACTS), st.sampled_from("ab"), st.integers(1, 3))
run_events = st.tuples(st.sampled_from(RUN_FACTS), st.none(), st.none())
batches = st.lists(step_events | step_events | step_events | run_events, min_size=1, max_size=5)


def snapshot(storage: Storage) -> tuple[Any, ...]:
    return (
        storage.runs.get(RUN_ID),
        storage.events.steps(RUN_ID),
        [event.fact for event in storage.events.read(RUN_ID)],
        storage.assets.keys(),
    )


class Recording(RuleBasedStateMachine):
    """Two stores are told the same, by workers of several attempts that know nothing of each other."""

    folder: Path
    number = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        name = f"{next(self.number)}.db"
        shutil.copy(self.folder / "empty.db", self.folder / name)
        self.database = open_storage(f"sqlite:///{name}", self.folder)
        self.stores = [memory_storage(), self.database]
        for store in self.stores:
            run = Run(run_id=RUN_ID, job_name="job", mode="dev", status=RunStatus.STARTED, created_at=1.0)
            store.runs.create(run, [make_event(RunStarted(), 1)])

    def teardown(self) -> None:
        self.database.close()

    @rule(attempt=st.sampled_from([1, 1, 1, 2, 3]), batch=batches)
    def write(self, attempt: int, batch: list[tuple[Fact, str | None, int | None]]) -> None:
        self.tell_both(
            lambda store: store.events.record(
                RUN_ID, attempt, [make_event(fact, attempt, key, number) for fact, key, number in batch]
            )
        )

    @rule(attempt=st.integers(0, 3))
    def begin_attempt(self, attempt: int) -> None:
        self.tell_both(
            lambda store: store.runs.begin_attempt(RUN_ID, attempt, None, [make_event(RunStarted(), attempt + 1)])
        )

    @rule(batch=batches, other=st.sampled_from(["run-2", "run-1"]))
    def smuggle(self, batch: list[tuple[Fact, str | None, int | None]], other: str) -> None:
        """Write events of another run, or of another attempt, among one's own."""
        run = self.database.runs.get(RUN_ID)
        assert run is not None
        foreign = Event(
            run_id=other,
            run_attempt=run.attempt + (other == RUN_ID),
            fact=StepStarted(),
            timestamp=1.0,
            step_key="c",
            step_attempt=1,
        )
        events = [make_event(fact, run.attempt, key, number) for fact, key, number in batch]
        for store in self.stores:
            before = snapshot(store)
            with pytest.raises((SupersededError, TransitionError)):
                store.events.record(RUN_ID, run.attempt, [*events, foreign])
            assert snapshot(store) == before

    def tell_both(self, act: Any) -> None:
        outcomes: list[type[Exception] | None] = []
        for store in self.stores:
            before = snapshot(store)
            try:
                act(store)
                outcomes.append(None)
            except (SupersededError, TransitionError) as error:
                outcomes.append(type(error))
                assert snapshot(store) == before
        assert outcomes[0] == outcomes[1]

    @invariant()
    def stores_agree(self) -> None:
        first, second = (snapshot(store) for store in self.stores)
        assert first == second

    @invariant()
    def rows_are_what_the_events_say(self) -> None:
        for store in self.stores:
            run, rows, _, _ = snapshot(store)
            events = store.events.read(RUN_ID)
            state = fold(events)
            assert (run.status, run.attempt, run.reason) == (state.status, state.attempt, state.reason)
            latest = {row.step_key: row.status for row in sorted(rows, key=lambda row: row.attempt)}
            assert latest == {key: state.steps[key] for key in latest}
            assert set(latest) == set(state.steps)
            claims = [(each.step_key, each.step_attempt) for each in events if type(each.fact) in STEP_BEGIN]
            assert len(claims) == len(set(claims))
            assert claims == [(row.step_key, row.attempt) for row in rows]

    @invariant()
    def outputs_belong_to_claimed_attempts(self) -> None:
        under_way: set[tuple[str | None, int | None]] = set()
        for event in self.database.events.read(RUN_ID):
            place = (event.step_key, event.step_attempt)
            match event.fact:
                case StepStarted():
                    under_way.add(place)
                case StepOutput() | AssetMaterialized() | InputLoaded():
                    assert place in under_way
                case _:
                    pass


@pytest.mark.slow
def test_rows_and_events_agree_whatever_is_written(tmp_path: Path) -> None:
    open_storage("sqlite:///empty.db", tmp_path).close()
    Recording.folder = tmp_path
    run_state_machine_as_test(
        Recording,
        settings=settings(
            max_examples=20, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.fixture(params=["memory", "sqlite"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    if request.param == "memory":
        yield memory_storage()
        return
    with closing(open_storage("sqlite:///mainspring.db", tmp_path)) as made:
        yield made


OUTCOMES: dict[RunStatus, Fact] = {
    RunStatus.SUCCESS: RunSucceeded(),
    RunStatus.FAILURE: RunFailed("it failed"),
    RunStatus.CANCELING: RunCanceling(),
    RunStatus.CANCELED: RunCanceled("asked to"),
}


def test_the_first_of_two_outcomes_stands(storage: Storage) -> None:
    """Scar: D#3323. CANCELED then SUCCESS, and every other pair: the table decides."""
    for number, (first, second) in enumerate(itertools.product(OUTCOMES, repeat=2)):
        run_id = f"run-{number}"
        storage.runs.create(Run(run_id=run_id, job_name="j", mode="m", status=RunStatus.STARTED), [])

        def write(status: RunStatus, run_id: str = run_id) -> None:
            event = Event(run_id=run_id, run_attempt=1, fact=OUTCOMES[status], timestamp=1.0)
            storage.events.record(run_id, 1, [event])

        write(first)
        if second in TRANSITIONS[first]:
            write(second)
            expected = second
        else:
            with pytest.raises(TransitionError):
                write(second)
            expected = first
        run = storage.runs.get(run_id)
        assert run is not None
        assert run.status is expected


@pytest.mark.parametrize("end", [RunSucceeded(), RunFailed("no"), RunCanceled("asked to")], ids=lambda fact: fact.kind)
def test_one_of_two_racing_ends_wins(end: Fact, storage: Storage) -> None:
    """Scar: D#3323. Both at once, many times: one is stored, the other one refused."""
    for number in range(20):
        run_id = f"run-{number}"
        storage.runs.create(Run(run_id=run_id, job_name="j", mode="m", status=RunStatus.STARTED), [])
        barrier = threading.Barrier(2)
        refused: list[Fact] = []

        def write(
            fact: Fact, run_id: str = run_id, barrier: threading.Barrier = barrier, refused: list[Fact] = refused
        ) -> None:
            barrier.wait()
            try:
                storage.events.record(run_id, 1, [Event(run_id=run_id, run_attempt=1, fact=fact, timestamp=1.0)])
            except TransitionError:
                refused.append(fact)

        threads = [threading.Thread(target=write, args=(fact,)) for fact in (end, RunCanceled("raced"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        events = storage.events.read(run_id)
        assert len(events) == len(refused) == 1
        assert {events[0].fact, refused[0]} == {end, RunCanceled("raced")}


@pytest.mark.parametrize("end", [RunFailed("start timed out"), RunCanceled("asked to")], ids=lambda fact: fact.kind)
@pytest.mark.parametrize("late", [RunStarted(), RunQueued()], ids=lambda fact: fact.kind)
def test_a_late_worker_does_not_revive_its_attempt(end: Fact, late: Fact, storage: Storage) -> None:
    """Scars: D#16535, D#15325. What is over stays over, until somebody begins a new attempt."""
    storage.runs.create(Run(run_id=RUN_ID, job_name="j", mode="m", status=RunStatus.QUEUED), [])
    storage.events.record(RUN_ID, 1, [make_event(end, 1)])
    before = snapshot(storage)

    with pytest.raises(TransitionError, match="only a new attempt"):
        storage.events.record(RUN_ID, 1, [make_event(late, 1)])
    assert snapshot(storage) == before


def test_nothing_of_a_step_follows_the_end_of_its_run(storage: Storage) -> None:
    storage.runs.create(Run(run_id=RUN_ID, job_name="j", mode="m", status=RunStatus.STARTED), [])
    storage.events.record(RUN_ID, 1, [make_event(StepStarted(), 1, "a", 1)])
    before = snapshot(storage)

    for last in (StepSucceeded(), StepOutput("result"), HookFailed("hook", _ERROR)):
        with pytest.raises(SupersededError, match="take no more events"):
            storage.events.record(RUN_ID, 1, [make_event(RunCanceled("x"), 1), make_event(last, 1, "a", 1)])
    assert snapshot(storage) == before


@pytest.mark.parametrize("fact", [StepOutput("result"), AssetMaterialized("orders"), InputLoaded("x")], ids=repr)
def test_only_an_attempt_under_way_can_tell_of_values(fact: Fact, storage: Storage) -> None:
    """The pointer to a value is fenced as the claim is, so that no stale value takes a new one's place."""
    storage.runs.create(Run(run_id=RUN_ID, job_name="j", mode="m", status=RunStatus.STARTED), [])
    told = make_event(fact, 1, "a", 1)

    with pytest.raises(SupersededError, match="not under way"):
        storage.events.record(RUN_ID, 1, [told])
    storage.events.record(RUN_ID, 1, [make_event(StepStarted(), 1, "a", 1)])
    storage.events.record(RUN_ID, 1, [told])
    storage.events.record(RUN_ID, 1, [make_event(StepRetried(_ERROR), 1, "a", 1)])
    storage.events.record(RUN_ID, 1, [make_event(StepStarted(), 1, "a", 2)])
    with pytest.raises(SupersededError, match="not under way"):
        storage.events.record(RUN_ID, 1, [told])


def test_an_old_attempt_of_a_run_is_refused_once_there_is_a_new_one(storage: Storage) -> None:
    """A worker that comes back late finds its attempt superseded, and leaves no trace."""
    storage.runs.create(Run(run_id=RUN_ID, job_name="j", mode="m", status=RunStatus.STARTED), [])
    storage.events.record(RUN_ID, 1, [make_event(StepStarted(), 1, "a", 1)])
    storage.events.record(RUN_ID, 1, [make_event(RunFailed("the worker is gone"), 1)])
    storage.runs.begin_attempt(RUN_ID, 1, None, [make_event(RunStarted(), 2)])
    before = snapshot(storage)

    late: list[list[Event]] = [
        [make_event(StepOutput("result"), 1, "a", 1), make_event(StepSucceeded(), 1, "a", 1)],
        [make_event(StepStarted(), 1, "b", 1)],
        [make_event(RunSucceeded(), 1)],
    ]
    for batch in late:
        with pytest.raises(SupersededError, match="superseded by attempt 2"):
            storage.events.record(RUN_ID, 1, batch)
    with pytest.raises(SupersededError):
        storage.runs.begin_attempt(RUN_ID, 1, None, [make_event(RunStarted(), 2)])
    with pytest.raises(SupersededError, match="not under way"):
        storage.events.record(RUN_ID, 2, [make_event(StepSucceeded(), 2, "a", 1)])
    assert snapshot(storage) == before
    storage.events.record(RUN_ID, 2, [make_event(StepStarted(), 2, "a", 2)])


def test_one_of_many_begins_the_next_attempt(storage: Storage) -> None:
    storage.runs.create(Run(run_id=RUN_ID, job_name="j", mode="m", status=RunStatus.STARTED), [])
    storage.events.record(RUN_ID, 1, [make_event(RunFailed("no"), 1)])
    barrier = threading.Barrier(8)
    begun: list[int] = []

    def begin(number: int) -> None:
        barrier.wait()
        with suppress(MainspringError):
            storage.runs.begin_attempt(RUN_ID, 1, None, [make_event(RunStarted(), 2)])
            begun.append(number)

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(begun) == 1
    run = storage.runs.get(RUN_ID)
    assert run is not None
    assert (run.attempt, run.status) == (2, RunStatus.STARTED)
    assert [event.kind for event in storage.events.read(RUN_ID)] == ["RUN_FAILURE", "RUN_STARTED"]
