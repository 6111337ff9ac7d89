"""What every store of runs promises."""

from __future__ import annotations

from typing import Any

import pytest

from mainspring.errors import SupersededError, TransitionError
from mainspring.event import RunQueued, RunStarted, RunSucceeded
from mainspring.run import RunStatus, WorkerIdentity
from mainspring.storage import RunQuery, Storage
from mainspring.testing.contract.run_attempts import RunAttemptsContract
from mainspring.testing.contract.run_queue import RunQueueContract
from mainspring.testing.contract.stored_runs import event, given_run, new_run


class RunStoreContract(RunQueueContract, RunAttemptsContract):
    """The part of `StorageContract` about runs."""

    def test_a_run_comes_back_as_it_was_stored(self, storage: Storage) -> None:
        run = new_run(
            config={"ops": {"fetch": {"days": 7, "share": 0.5, "name": "Grüße 🔑", "nothing": None, "all": [True]}}},
            tags={"team": "data", "": "", "ключ": "x" * 10_000},
            selection=("*clean", "load+"),
            run_key="2026-01-01/orders.csv",
            scheduled_time=1_700_000_000.25,
            partition_key="2026-01-01",
            parent_run_id="run-0",
            location="sales",
            priority=-3,
            created_at=1_700_000_001.5,
        )
        storage.runs.create(run, [event(RunQueued())])

        assert storage.runs.get("run-1") == run
        assert storage.runs.find(RunQuery()) == [run]

    def test_an_unknown_run_is_none(self, storage: Storage) -> None:
        given_run(storage)

        assert storage.runs.get("run") is None
        assert storage.runs.get("") is None

    def test_a_run_is_created_once(self, storage: Storage) -> None:
        given_run(storage, job_name="first")
        before = storage.events.read("run-1")

        with pytest.raises(TransitionError):
            storage.runs.create(new_run(job_name="second"), [event(RunQueued())])

        found = storage.runs.get("run-1")
        assert found is not None
        assert found.job_name == "first"
        assert storage.events.read("run-1") == before

    @pytest.mark.parametrize("status", [each for each in RunStatus if each not in ("QUEUED", "STARTED")])
    def test_a_run_begins_queued_or_started(self, storage: Storage, status: RunStatus) -> None:
        with pytest.raises(TransitionError):
            storage.runs.create(new_run(status=status), [event(RunStarted())])

        assert storage.runs.get("run-1") is None
        assert storage.events.read("run-1") == []

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({}, ["c2", "c1", "b1", "a1"]),
            ({"job_name": "ingest"}, ["c2", "b1", "a1"]),
            ({"mode": "dev"}, ["c1", "b1"]),
            ({"statuses": (RunStatus.SUCCESS, RunStatus.FAILURE)}, ["c1", "a1"]),
            ({"automation": "nightly"}, ["c2", "b1"]),
            ({"location": "sales", "automation": "nightly"}, ["b1"]),
            ({"tags": {"team": "data"}}, ["c2", "a1"]),
            ({"tags": {"team": "data", "tier": "1"}}, ["c2"]),
            ({"tags": {"team": "tier"}}, []),
            ({"prefix": "c"}, ["c2", "c1"]),
            ({"prefix": "_1"}, []),
            ({"prefix": "%"}, []),
            ({"before": "c1"}, ["b1", "a1"]),
            ({"before": "b9"}, ["b1", "a1"]),
            ({"before": "c2", "limit": 2}, ["c1", "b1"]),
            ({"limit": 0}, []),
            ({"job_name": "ingest", "mode": "prod", "statuses": (RunStatus.QUEUED,), "tags": {"tier": "1"}}, ["c2"]),
            ({"job_name": "absent"}, []),
        ],
        ids=str,
    )
    def test_runs_are_found_by_what_they_are(
        self, storage: Storage, query: dict[str, Any], expected: list[str]
    ) -> None:
        given_run(storage, RunStatus.SUCCESS, "a1", tags={"team": "data"})
        sales = {"location": "sales", "automation": "nightly"}
        stock = {"location": "stock", "automation": "nightly"}
        given_run(storage, RunStatus.STARTED, "b1", mode="dev", tags={"team": "ops", "data": "team"}, **sales)
        given_run(storage, RunStatus.QUEUED, "c2", tags={"team": "data", "tier": "1"}, **stock)
        given_run(storage, RunStatus.FAILURE, "c1", job_name="report", mode="dev")

        assert [run.run_id for run in storage.runs.find(RunQuery(**query))] == expected

    def test_pages_hold_each_run_once(self, storage: Storage) -> None:
        names = [f"run-{number:02}" for number in range(10)]
        for name in names:
            given_run(storage, RunStatus.QUEUED, name)

        found: list[str] = []
        before = None
        while page := storage.runs.find(RunQuery(before=before, limit=3)):
            found += [run.run_id for run in page]
            before = found[-1]

        assert found == names[::-1]

    @pytest.mark.parametrize("status", [RunStatus.FAILURE, RunStatus.CANCELED])
    def test_a_new_attempt_follows_one_that_is_over_and_supersedes_it(
        self, storage: Storage, status: RunStatus
    ) -> None:
        given_run(storage, status)
        worker = WorkerIdentity("host", "boot", 4711, 99)
        started = event(RunStarted(), run_attempt=2)
        storage.runs.begin_attempt("run-1", 1, worker, [started])
        run = storage.runs.get("run-1")

        assert run is not None
        assert (run.attempt, run.status, run.worker) == (2, RunStatus.STARTED, worker)
        assert (run.started_at, run.ended_at, run.reason) == (started.timestamp, None, None)
        for attempt in (0, 1):
            with pytest.raises(SupersededError):
                storage.runs.begin_attempt("run-1", attempt, None, [event(RunStarted(), run_attempt=attempt + 1)])
            with pytest.raises(SupersededError):
                storage.events.record("run-1", attempt, [event(RunSucceeded(), run_attempt=attempt)])
        assert storage.runs.get("run-1") == run
        assert storage.events.read("run-1")[-1].run_attempt == 2

    @pytest.mark.parametrize("status", [each for each in RunStatus if each not in ("FAILURE", "CANCELED")])
    def test_an_attempt_that_is_not_over_is_not_followed(self, storage: Storage, status: RunStatus) -> None:
        given_run(storage, status)
        before = (storage.runs.get("run-1"), storage.events.read("run-1"))
        with pytest.raises(TransitionError):
            storage.runs.begin_attempt("run-1", 1, None, [event(RunStarted(), run_attempt=2)])
        with pytest.raises(SupersededError):
            storage.runs.begin_attempt("run-9", 1, None, [event(RunStarted(), run_id="run-9", run_attempt=2)])

        assert (storage.runs.get("run-1"), storage.events.read("run-1")) == before
