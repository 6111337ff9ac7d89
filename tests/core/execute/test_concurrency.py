"""Runs whose steps run at the same time in threads: the record stays true and in order."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial

import attrs
import pytest

import mainspring as ms
from mainspring.errors import StorageError
from mainspring.event import Event, fold
from mainspring.execute import RunOptions, execute_job
from mainspring.plan import Plan, Step
from mainspring.run import NO_PLACES, PoolPlace
from mainspring.storage import RunQuery, Storage
from mainspring.testing import ConcurrentExecutorContract, VirtualClock

WORKERS = 8


class ThreadExecutor(ms.Executor):
    """Runs up to eight steps at a time, each in a thread."""

    def execute(self, plan: Plan, run: ms.RunContext) -> Iterator[Event]:
        running: set[Future[list[Event]]] = set()
        with ThreadPoolExecutor(WORKERS) as pool:
            while True:
                while not run.cancelled and len(running) < WORKERS and (step := run.next_step()) is not None:
                    running.add(pool.submit(partial(self.perform, run, step)))
                if running:
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    for each in done:
                        yield from each.result()
                elif not run.wait_for_retry():
                    return

    def perform(self, run: ms.RunContext, step: Step) -> list[Event]:
        return list(run.execute_step(step))


class TestThreadExecutor(ConcurrentExecutorContract):
    @pytest.fixture
    def executor(self) -> ms.Executor:
        return ThreadExecutor()


@ms.op(out=ms.DynamicOut())
def numbers() -> dict[str, int]:
    return {f"n{number}": number for number in range(30)}


@ms.op(retry=ms.RetryPolicy(max_retries=2))
def flaky(context: ms.OpContext, x: int) -> int:
    context.log.info("attempt %s", context.attempt)
    if context.attempt <= x % 3:
        raise ValueError(context.attempt)
    return x


@ms.op
def inc(x: int) -> int:
    return x + 1


@ms.op
def total(xs: list[int]) -> int:
    return sum(xs)


@ms.job(modes=[ms.Mode("threads", executor=ThreadExecutor())])
def wide() -> None:
    total(numbers().map(flaky).map(inc).collect())


def test_no_step_is_recorded_before_what_it_needs(instance: ms.Instance) -> None:
    result = wide.execute(instance=instance)
    place = {(event.kind, event.step_key, event.step_attempt): n for n, event in enumerate(result.events)}

    assert result.output("total") == sum(range(1, 31))
    for number in range(30):
        key, attempts = f"[n{number}]", number % 3 + 1
        story = [place["STEP_SUCCESS", "numbers", 1]]
        for attempt in range(1, attempts):
            story += [
                place["STEP_STARTED", f"flaky{key}", attempt],
                place["STEP_RETRY", f"flaky{key}", attempt],
            ]
        story += [
            place["STEP_STARTED", f"flaky{key}", attempts],
            place["STEP_SUCCESS", f"flaky{key}", attempts],
            place["STEP_STARTED", f"inc{key}", 1],
            place["STEP_SUCCESS", f"inc{key}", 1],
            place["STEP_STARTED", "total", 1],
        ]
        assert story == sorted(story)
        assert result.logs(f"flaky{key}", "log").count("attempt") == 1


def test_rows_and_events_agree(instance: ms.Instance) -> None:
    result = wide.execute(instance=instance)
    rows = instance.storage.events.steps(result.run_id)

    assert {row.step_key: row.status for row in rows} == result.state.steps
    assert len(rows) == sum(result.state.attempts.values())
    assert fold(result.events).status == result.run.status


class Failing:
    """An event log whose disk is full from some write on."""

    def __init__(self, storage: Storage, writes: int) -> None:
        self._log = storage.events
        self.left = writes
        self.read = self._log.read
        self.steps = self._log.steps
        self.places_taken = self._log.places_taken
        self.run_facts_after = self._log.run_facts_after
        self.last_followed = self._log.last_followed

    def record(
        self, run_id: str, run_attempt: int, events: Sequence[Event], places: Mapping[str, PoolPlace] = NO_PLACES
    ) -> None:
        self.left -= 1
        if self.left < 0:
            raise StorageError("the disk is full")
        self._log.record(run_id, run_attempt, events, places)


@pytest.mark.parametrize("writes", [0, 1, 2, 5, 20])
@pytest.mark.parametrize("mode", ["threads", "one"])
def test_a_database_that_fails_ends_the_run_with_its_own_error(writes: int, mode: str) -> None:
    """Nothing runs on what could not be recorded, and the error is the database's."""
    job = attrs.evolve(wide, modes={**wide.modes, "one": ms.Mode("one")})
    whole = ms.Instance.ephemeral(clock=VirtualClock())
    storage = whole.storage
    log = Failing(storage, writes)
    instance = attrs.evolve(whole, storage=attrs.evolve(storage, events=log))

    with pytest.raises(StorageError, match="the disk is full"):
        execute_job(job, mode, RunOptions(), instance=instance)

    (run,) = storage.runs.find(RunQuery())
    assert run.status is ms.RunStatus.STARTED
    state = fold(storage.events.read(run.run_id))
    assert {row.step_key: row.status for row in storage.events.steps(run.run_id)} == state.steps
