"""What every store promises of runs that are watched, and of the attempts that follow in the queue."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mainspring.errors import MainspringError, SupersededError, TransitionError
from mainspring.event import RunFailed, RunQueued, RunStarted, fold
from mainspring.run import RunPolicy, RunStatus, WorkerIdentity
from mainspring.storage import Storage
from mainspring.testing.contract.stored_runs import event, given_run, record

_ACTIVE = (RunStatus.STARTING, RunStatus.STARTED, RunStatus.CANCELING)
_FOLLOWED = (RunStatus.FAILURE, RunStatus.CANCELED)


class RunAttemptsContract:
    """The part of `StorageContract` about live runs and their next attempts."""

    def test_live_runs_are_listed_by_id_in_pages(self, storage: Storage) -> None:
        for status in RunStatus:
            for number in (2, 1):
                given_run(storage, status, f"{number} {status}")
        expected = sorted(f"{number} {status}" for number in (1, 2) for status in _ACTIVE)

        found: list[str] = []
        after = None
        while page := storage.runs.active(4, after):
            found += [run.run_id for run in page]
            after = found[-1]
            assert page == [storage.runs.get(run.run_id) for run in page]

        assert found == expected
        assert [run.run_id for run in storage.runs.active()] == expected
        assert storage.runs.active(0) == []

    def test_failed_runs_with_attempts_left_are_to_be_retried(self, storage: Storage) -> None:
        for status in RunStatus:
            given_run(storage, status, f"{status} b", retries_left=1)
            given_run(storage, status, f"{status} a", retries_left=2, policy=RunPolicy(max_retries=3))
            given_run(storage, status, f"{status} none")

        found = storage.runs.to_retry(10)

        assert [run.run_id for run in found] == ["FAILURE a", "FAILURE b"]
        assert found == [storage.runs.get(run.run_id) for run in found]
        assert storage.runs.to_retry(1) == found[:1]

    @pytest.mark.parametrize("status", _FOLLOWED)
    @pytest.mark.parametrize(("left", "then"), [(2, 1), (1, 0), (0, 0)])
    def test_the_next_attempt_waits_in_the_queue(
        self, storage: Storage, status: RunStatus, left: int, then: int
    ) -> None:
        """Scars: D#16535, D#15325."""
        given_run(storage, status, retries_left=left, location="sales", priority=3)
        storage.runs.queue_attempt("run-1", 1, 1_800_000_000.5, [event(RunQueued("again"), run_attempt=2)])
        run = storage.runs.get("run-1")

        assert run is not None
        assert (run.status, run.attempt, run.retries_left) == (RunStatus.QUEUED, 2, then)
        assert (run.worker, run.started_at, run.ended_at) == (None, None, None)
        assert (run.not_before, run.location, run.priority) == (1_800_000_000.5, "sales", 3)
        assert storage.runs.queued(10) == [run]
        assert storage.runs.to_retry(10) == []
        state = fold(storage.events.read("run-1"))
        assert (state.status, state.attempt, state.reason) == (run.status, run.attempt, run.reason)
        with pytest.raises(SupersededError):
            storage.runs.claim("run-1", 1, WorkerIdentity("host", "boot", 1, 1), [event(RunStarted())])
        with pytest.raises(SupersededError):
            record(storage, [event(RunFailed("late"))])

    @pytest.mark.parametrize("status", [each for each in RunStatus if each not in _FOLLOWED])
    def test_no_attempt_is_queued_behind_one_that_is_not_over_or_has_succeeded(
        self, storage: Storage, status: RunStatus
    ) -> None:
        """Scars: D#22565, D#33604."""
        given_run(storage, status, retries_left=1)
        before = (storage.runs.get("run-1"), storage.events.read("run-1"))
        with pytest.raises(TransitionError):
            storage.runs.queue_attempt("run-1", 1, None, [event(RunQueued(), run_attempt=2)])

        assert (storage.runs.get("run-1"), storage.events.read("run-1")) == before

    @pytest.mark.parametrize(("run_id", "attempt"), [("run-1", 0), ("run-1", 2), ("run-9", 1)])
    def test_no_attempt_is_queued_behind_one_that_is_not_there(
        self, storage: Storage, run_id: str, attempt: int
    ) -> None:
        given_run(storage, RunStatus.FAILURE, retries_left=1)
        before = (storage.runs.get("run-1"), storage.events.read("run-1"))
        queued = event(RunQueued(), run_id=run_id, run_attempt=attempt + 1)
        with pytest.raises(SupersededError):
            storage.runs.queue_attempt(run_id, attempt, None, [queued])

        assert (storage.runs.get("run-1"), storage.events.read("run-1")) == before
        assert storage.events.read("run-9") == []

    def test_one_of_many_queues_the_next_attempt(self, storage: Storage) -> None:
        given_run(storage, RunStatus.FAILURE, retries_left=5)
        number = 6
        gate = threading.Barrier(number)

        def queue(_: int) -> bool:
            gate.wait()
            try:
                storage.runs.queue_attempt("run-1", 1, None, [event(RunQueued(), run_attempt=2)])
            except MainspringError:
                return False
            return True

        with ThreadPoolExecutor(number) as pool:
            won = list(pool.map(queue, range(number)))
        run = storage.runs.get("run-1")

        assert won.count(True) == 1
        assert run is not None
        assert (run.attempt, run.retries_left) == (2, 4)
