"""What every store promises of runs that wait for a worker, and of the worker that claims one."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mainspring.errors import SupersededError, TransitionError
from mainspring.event import Fact, RunCanceled, RunFailed, RunQueued, RunStarted, RunStarting
from mainspring.run import RunStatus, WorkerIdentity
from mainspring.storage import Storage
from mainspring.testing.contract.stored_runs import event, given_run, record

WORKER = WorkerIdentity("host", "boot", 4711, 99, interruptible=True)

_WAITING = (RunStatus.QUEUED, RunStatus.STARTING)


class RunQueueContract:
    """The part of `StorageContract` about runs that wait."""

    @pytest.mark.parametrize("status", _WAITING)
    def test_a_worker_claims_a_run_that_waits(self, storage: Storage, status: RunStatus) -> None:
        given_run(storage, status, location="sales", priority=2)
        before = storage.events.read("run-1")
        started = event(RunStarted())
        storage.runs.claim("run-1", 1, WORKER, [started])
        run = storage.runs.get("run-1")

        assert run is not None
        assert (run.status, run.attempt, run.worker) == (RunStatus.STARTED, 1, WORKER)
        assert (run.started_at, run.ended_at, run.reason) == (started.timestamp, None, None)
        assert (run.location, run.priority) == ("sales", 2)
        assert [each.fact for each in storage.events.read("run-1")] == [*(each.fact for each in before), RunStarted()]
        assert storage.runs.queued(10) == []

    @pytest.mark.parametrize("status", [each for each in RunStatus if each not in _WAITING])
    def test_a_run_that_does_not_wait_is_not_claimed(self, storage: Storage, status: RunStatus) -> None:
        """Scars: D#16535, D#15325."""
        given_run(storage, status)
        before = (storage.runs.get("run-1"), storage.events.read("run-1"))
        with pytest.raises(SupersededError, match="nothing was written"):
            storage.runs.claim("run-1", 1, WORKER, [event(RunStarted())])

        assert (storage.runs.get("run-1"), storage.events.read("run-1")) == before

    @pytest.mark.parametrize("status", _WAITING)
    @pytest.mark.parametrize("attempt", [0, 2])
    def test_another_attempt_is_not_claimed(self, storage: Storage, status: RunStatus, attempt: int) -> None:
        given_run(storage, status)
        before = (storage.runs.get("run-1"), storage.events.read("run-1"))
        with pytest.raises(SupersededError, match="nothing was written"):
            storage.runs.claim("run-1", attempt, WORKER, [event(RunStarted(), run_attempt=attempt)])

        assert (storage.runs.get("run-1"), storage.events.read("run-1")) == before

    def test_an_attempt_that_another_one_follows_is_not_claimed(self, storage: Storage) -> None:
        """Scars: D#16535, D#15325."""
        given_run(storage, RunStatus.STARTING)
        record(storage, [event(RunFailed("no worker came up"))])
        storage.runs.begin_attempt("run-1", 1, None, [event(RunStarted(), run_attempt=2)])
        before = (storage.runs.get("run-1"), storage.events.read("run-1"))
        for attempt in (1, 2):
            with pytest.raises(SupersededError):
                storage.runs.claim("run-1", attempt, WORKER, [event(RunStarted(), run_attempt=attempt)])

        assert (storage.runs.get("run-1"), storage.events.read("run-1")) == before

    def test_a_run_that_is_gone_is_not_claimed(self, storage: Storage) -> None:
        with pytest.raises(SupersededError, match="gone"):
            storage.runs.claim("run-9", 1, WORKER, [event(RunStarted(), run_id="run-9")])

        assert storage.runs.get("run-9") is None
        assert storage.events.read("run-9") == []

    def test_one_of_many_workers_claims_a_run(self, storage: Storage) -> None:
        given_run(storage, RunStatus.STARTING)
        number = 8
        gate = threading.Barrier(number)

        def claim(pid: int) -> bool:
            gate.wait()
            try:
                storage.runs.claim("run-1", 1, WorkerIdentity("host", "boot", pid, 1), [event(RunStarted())])
            except SupersededError:
                return False
            return True

        with ThreadPoolExecutor(number) as pool:
            won = list(pool.map(claim, range(number)))
        run = storage.runs.get("run-1")

        assert won.count(True) == 1
        assert run is not None
        assert run.worker == WorkerIdentity("host", "boot", won.index(True), 1)
        assert [each.kind for each in storage.events.read("run-1")].count("RUN_STARTED") == 1

    def test_runs_that_wait_are_listed_by_priority_and_then_by_age(self, storage: Storage) -> None:
        for run_id, priority in (("c", 0), ("a", 0), ("d", 5), ("b", -1), ("e", 5)):
            given_run(storage, RunStatus.QUEUED, run_id, priority=priority, location=f"location of {run_id}")

        listed = storage.runs.queued(10)

        assert [each.run_id for each in listed] == ["d", "e", "a", "c", "b"]
        assert [each.location for each in listed] == [f"location of {each.run_id}" for each in listed]
        assert listed == [storage.runs.get(each.run_id) for each in listed]
        assert [each.run_id for each in storage.runs.queued(2)] == ["d", "e"]
        assert storage.runs.queued(0) == []

    def test_a_run_that_waits_can_be_given_another_priority(self, storage: Storage) -> None:
        """What has begun or is over keeps the one that it had."""
        for run_id in ("one", "two"):
            given_run(storage, RunStatus.QUEUED, run_id)
        given_run(storage, RunStatus.STARTING, "begun")

        assert storage.runs.set_priority("two", 5)
        assert [each.run_id for each in storage.runs.queued(10)] == ["two", "one"]
        assert storage.runs.set_priority("two", -5)
        assert [(each.run_id, each.priority) for each in storage.runs.queued(10)] == [("one", 0), ("two", -5)]
        assert not storage.runs.set_priority("begun", 5)
        assert not storage.runs.set_priority("gone", 5)
        assert [each.priority for each in storage.runs.active()] == [0]

    def test_runs_of_locations_can_be_left_out(self, storage: Storage) -> None:
        for run_id, location in (("a", "full"), ("b", "other"), ("c", None), ("d", "slow")):
            given_run(storage, RunStatus.QUEUED, run_id, location=location)

        assert [each.run_id for each in storage.runs.queued(10, {"full", "slow"})] == ["b", "c"]
        assert [each.run_id for each in storage.runs.queued(1, ["full"])] == ["b"]

    def test_only_queued_runs_wait_in_the_queue(self, storage: Storage) -> None:
        for status in RunStatus:
            given_run(storage, status, f"run {status}")

        assert [each.run_id for each in storage.runs.queued(10)] == ["run QUEUED"]

    def test_a_run_that_could_not_be_launched_goes_back_into_the_queue(self, storage: Storage) -> None:
        given_run(storage, RunStatus.QUEUED)
        facts: list[Fact] = [RunStarting(), RunQueued(), RunStarting(), RunQueued()]
        for fact in facts:
            record(storage, [event(fact)])
            waiting = isinstance(fact, RunQueued)
            assert len(storage.runs.queued(10)) == waiting
        run = storage.runs.get("run-1")

        assert run is not None
        assert (run.status, run.attempt, run.worker, run.started_at) == (RunStatus.QUEUED, 1, None, None)
        storage.runs.claim("run-1", 1, WORKER, [event(RunStarted())])

    @pytest.mark.parametrize("status", _WAITING)
    @pytest.mark.parametrize("fact", [RunFailed("no worker came up"), RunCanceled("no worker came up")], ids=repr)
    def test_a_run_can_end_before_a_worker_begins_it(self, storage: Storage, status: RunStatus, fact: Fact) -> None:
        given_run(storage, status)
        ending = event(fact)
        record(storage, [ending])
        run = storage.runs.get("run-1")

        assert run is not None
        assert run.status.is_final
        assert (run.reason, run.ended_at, run.started_at) == ("no worker came up", ending.timestamp, None)
        with pytest.raises(SupersededError):
            storage.runs.claim("run-1", 1, WORKER, [event(RunStarted())])
        with pytest.raises(TransitionError):
            record(storage, [event(RunQueued())])
        assert storage.runs.queued(10) == []
