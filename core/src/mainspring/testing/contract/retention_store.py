"""What every store promises of the deletion of runs that are too old."""

from __future__ import annotations

import pytest
from attrs import evolve

from mainspring.event import AssetMaterialized, Fact, RunFailed, RunStarted, StepStarted, StepSucceeded
from mainspring.run import RunStatus
from mainspring.storage import AuditEntry, AuditQuery, ExpiredRuns, RunQuery, Storage
from mainspring.testing.contract.stored_runs import STATUS_FACTS, event, given_run, record, step_event

EVER = 4_000_000_000.0
"""A time after all that the suite records."""

DONE = ExpiredRuns(status=RunStatus.SUCCESS, before=EVER)

_FINAL = [each for each in RunStatus if each.is_final]


def delete_all(storage: Storage, expired: ExpiredRuns, limit: int = 200) -> list[str]:
    """Delete all runs that may go, chunk by chunk, and return their ids."""
    chunk = storage.retention.delete_runs(expired, None, limit)
    gone = list(chunk.ids)
    while chunk.after is not None:
        chunk = storage.retention.delete_runs(expired, chunk.after, limit)
        gone += chunk.ids
    return gone


class RetentionStoreContract:
    """The part of the storage contract that is about deleting runs."""

    @pytest.mark.parametrize("status", _FINAL)
    def test_runs_go_that_ended_so_and_before(self, storage: Storage, status: RunStatus) -> None:
        for each in RunStatus:
            given_run(storage, each, f"run {each}", tags={"team": "data"})
        gone = f"run {status}"
        ended_at = self.ended_at(storage, gone)

        assert delete_all(storage, ExpiredRuns(status=status, before=ended_at)) == []
        assert delete_all(storage, ExpiredRuns(status=status, before=ended_at + 0.5)) == [gone]
        assert {run.status for run in storage.runs.find(RunQuery())} == set(RunStatus) - {status}
        assert storage.runs.get(gone) is None
        assert storage.events.read(gone) == []
        assert len(storage.runs.find(RunQuery(tags={"team": "data"}))) == len(RunStatus) - 1

    @pytest.mark.parametrize("status", [each for each in RunStatus if not each.is_final])
    def test_runs_that_are_not_over_never_expire(self, status: RunStatus) -> None:
        with pytest.raises(ValueError, match="never expire"):
            ExpiredRuns(status=status, before=EVER)

    def test_a_run_goes_with_its_steps_and_leaves_the_others_theirs(self, storage: Storage) -> None:
        for run_id in ("run-1", "run-2"):
            given_run(storage, run_id=run_id)
            facts: list[Fact] = [StepStarted(), StepSucceeded()]
            record(storage, [step_event(each, run_id=run_id) for each in facts], run_id=run_id)
        record(storage, [event(RunFailed("it failed"))])
        before = storage.events.read("run-2")

        assert delete_all(storage, ExpiredRuns(status=RunStatus.FAILURE, before=EVER)) == ["run-1"]
        assert storage.events.steps("run-1") == []
        assert storage.events.read("run-2") == before
        assert len(storage.events.steps("run-2")) == 1

    def test_a_run_that_is_to_be_tried_again_stays(self, storage: Storage) -> None:
        given_run(storage, RunStatus.FAILURE, "run-1", retries_left=1)
        given_run(storage, RunStatus.FAILURE, "run-2", retries_left=0)
        given_run(storage, RunStatus.CANCELED, "run-3", retries_left=1)  # a person ended it

        assert delete_all(storage, ExpiredRuns(status=RunStatus.FAILURE, before=EVER)) == ["run-2"]
        assert delete_all(storage, ExpiredRuns(status=RunStatus.CANCELED, before=EVER)) == ["run-3"]

    def test_a_run_that_a_later_attempt_has_taken_up_stays(self, storage: Storage) -> None:
        given_run(storage, RunStatus.FAILURE)
        storage.runs.begin_attempt("run-1", 1, None, [event(RunStarted(), run_attempt=2)])

        assert delete_all(storage, ExpiredRuns(status=RunStatus.FAILURE, before=EVER)) == []

    def test_the_newest_materialization_of_each_partition_in_each_mode_stays(self, storage: Storage) -> None:
        self.wrote(storage, "run-1", AssetMaterialized("orders", "january"))
        self.wrote(storage, "run-2", AssetMaterialized("orders", "january"), AssetMaterialized("orders", "may"))
        self.wrote(storage, "run-3", AssetMaterialized("orders"))
        self.wrote(storage, "run-4", AssetMaterialized("orders"))
        self.wrote(storage, "run-5", AssetMaterialized("orders"), mode="dev")
        self.wrote(storage, "run-6", AssetMaterialized("orders", "january"))
        self.wrote(storage, "run-7", AssetMaterialized("bills", "may"))
        questions: list[tuple[str, str | None, str | None]] = [
            ("orders", None, None),
            ("orders", None, "dev"),
            ("orders", None, "prod"),
        ]
        questions += [("orders", each, mode) for each in ("january", "may") for mode in (None, "prod")]
        before = [storage.assets.latest(*each) for each in questions]

        assert delete_all(storage, DONE) == ["run-1", "run-3"]
        assert [storage.assets.latest(*each) for each in questions] == before
        assert storage.assets.keys() == ["bills", "orders"]
        assert delete_all(storage, DONE) == []

    def test_an_asset_is_written_on_after_its_old_runs_have_gone(self, storage: Storage) -> None:
        for number in range(3):
            self.wrote(storage, f"run-{number}", AssetMaterialized("orders", metadata={"rows": number}))
            gone = delete_all(storage, DONE)
            latest = storage.assets.latest("orders")

            assert gone == ([f"run-{number - 1}"] if number else [])
            assert latest is not None
            assert latest.run_id == f"run-{number}"

    def test_facts_that_a_follower_has_not_read_stay(self, storage: Storage) -> None:
        """Retention never passes an active cursor."""
        for number in (1, 2, 3):
            given_run(storage, RunStatus.SUCCESS, f"run-{number}")
        read_to = storage.events.read("run-2")[-1].event_id
        assert read_to is not None

        assert delete_all(storage, evolve(DONE, read_to=0)) == []
        assert delete_all(storage, evolve(DONE, read_to=read_to - 1)) == ["run-1"]
        assert delete_all(storage, evolve(DONE, read_to=read_to)) == ["run-2"]

    def test_places_of_facts_are_not_given_again(self, storage: Storage) -> None:
        given_run(storage, RunStatus.SUCCESS, "run-1")
        last = storage.events.read("run-1")[-1].event_id
        delete_all(storage, DONE)
        given_run(storage, RunStatus.QUEUED, "run-2")

        assert last is not None
        assert all((each.event_id or 0) > last for each in storage.events.read("run-2"))

    def test_a_chunk_looks_at_so_many_runs_and_says_where_the_next_begins(self, storage: Storage) -> None:
        for number in range(7):
            self.wrote(storage, f"run-{number}", AssetMaterialized("kept" if number == 3 else "orders"))
        looked = [storage.retention.expired_runs(DONE, None, 2)]
        while looked[-1].after is not None:
            looked.append(storage.retention.expired_runs(DONE, looked[-1].after, 2))

        assert len(storage.runs.find(RunQuery())) == 7  # looking deletes nothing
        assert all(len(each.ids) <= 2 for each in looked)
        assert [run_id for each in looked for run_id in each.ids] == ["run-0", "run-1", "run-2", "run-4", "run-5"]
        assert delete_all(storage, DONE, 2) == ["run-0", "run-1", "run-2", "run-4", "run-5"]
        assert delete_all(storage, DONE, 2) == []

    def test_a_run_can_be_deleted_though_another_executes_it_again(self, storage: Storage) -> None:
        given_run(storage, RunStatus.SUCCESS, "run-1")
        given_run(storage, RunStatus.STARTED, "run-2", parent_run_id="run-1")

        assert delete_all(storage, DONE) == ["run-1"]
        child = storage.runs.get("run-2")
        assert child is not None
        assert child.parent_run_id == "run-1"

    def test_the_audit_log_stays(self, storage: Storage) -> None:
        given_run(storage, RunStatus.CANCELED)
        storage.audit.record(AuditEntry(at=1.0, who="ann@host", action="run cancel", subject="run:run-1"))

        assert delete_all(storage, ExpiredRuns(status=RunStatus.CANCELED, before=EVER)) == ["run-1"]
        assert len(storage.audit.find(AuditQuery(subject="run:run-1"))) == 1

    def ended_at(self, storage: Storage, run_id: str) -> float:
        """Return when a run ended."""
        run = storage.runs.get(run_id)
        assert run is not None
        assert run.ended_at is not None
        return run.ended_at

    def wrote(self, storage: Storage, run_id: str, *facts: AssetMaterialized, mode: str = "prod") -> None:
        """Have a run write assets and succeed."""
        given_run(storage, RunStatus.STARTED, run_id, mode=mode)
        written: list[Fact] = [StepStarted(), *facts, StepSucceeded()]
        record(storage, [step_event(each, run_id=run_id) for each in written], run_id=run_id)
        record(storage, [event(STATUS_FACTS[RunStatus.SUCCESS], run_id=run_id)], run_id=run_id)
