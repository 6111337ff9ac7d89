"""What every store promises those who follow its facts: all of them, in order, and none behind their back."""

from __future__ import annotations

import threading
from itertools import pairwise

import pytest
from attrs import evolve

from mainspring.event import AssetMaterialized, Fact, RunFailed, RunSucceeded, StepStarted
from mainspring.run import RunStatus
from mainspring.storage import (
    AutomationState,
    Decision,
    DefinitionRecord,
    ExpiredRuns,
    LocationRecord,
    LocationStatus,
    Storage,
)
from mainspring.testing.contract.stored_runs import PATHS, STATUS_FACTS, event, given_run, record, step_event

_KINDS = [fact.kind for fact in STATUS_FACTS.values()]
_WRITERS = 6
_EACH = 8


class FollowedLogContract:
    """The part of the storage contract that is about followers."""

    def test_materializations_are_read_from_an_event_on(self, storage: Storage) -> None:
        self.written_by(storage, "run-1", "orders", "bills", "orders")
        self.written_by(storage, "run-2", "stock", "orders")
        ids = [event_id for event_id, _ in storage.assets.written_after(0, 100)]
        read = storage.assets.after(0, ["orders"], 100)

        assert [asset for _, asset in storage.assets.written_after(0, 100)] == [
            "orders", "bills", "orders", "stock", "orders",
        ]  # fmt: skip
        assert ids == sorted(set(ids))
        assert [each.event_id for each in read] == [ids[0], ids[2], ids[4]]
        assert read[2] in storage.events.read("run-2")
        assert storage.assets.after(ids[0], ["orders"], 1) == [read[1]]
        assert storage.assets.after(ids[1], ["orders"], 100) == read[1:]
        both = storage.assets.after(ids[0], ["orders", "bills", "never"], 2)
        assert [each.event_id for each in both] == ids[1:3]
        assert storage.assets.after(0, ["order"], 100) == storage.assets.after(0, [], 100) == []
        assert storage.assets.after(ids[4], ["orders"], 100) == []
        assert [each[0] for each in storage.assets.written_after(ids[2], 1)] == [ids[3]]

    def test_run_facts_are_read_from_an_event_on(self, storage: Storage) -> None:
        given_run(storage, RunStatus.SUCCESS, "run-1", location="sales", automation="nightly")
        self.written_by(storage, "run-2", "orders")
        record(storage, [event(RunFailed("it failed"), run_id="run-2")], run_id="run-2")
        found = storage.events.run_facts_after(0, _KINDS, 100)
        failures = storage.events.run_facts_after(0, ["RUN_FAILURE"], 100)

        assert [(each.event.run_id, each.event.kind) for each in found] == [
            *[("run-1", f"RUN_{each}") for each in ("QUEUED", "STARTED", "SUCCESS")],
            *[("run-2", f"RUN_{each}") for each in ("QUEUED", "STARTED", "FAILURE")],
        ]
        assert [(each.job_name, each.location, each.automation) for each in found[2:4]] == [
            ("ingest", "sales", "nightly"),
            ("ingest", None, None),
        ]
        assert [each.event for each in failures] == storage.events.read("run-2", kinds=["RUN_FAILURE"])
        after = found[2].event.event_id or 0
        assert storage.events.run_facts_after(after, _KINDS, 2) == found[3:5]
        assert storage.events.run_facts_after(after, ["RUN_SUCCESS"], 100) == []
        assert storage.events.run_facts_after(0, ["RUN_FAILURE", "RUN_SUCCESS"], 1) == found[2:3]
        assert storage.events.run_facts_after(0, [], 100) == []

    def test_followers_begin_behind_the_last_fact(self, storage: Storage) -> None:
        assert storage.events.last_followed() == 0
        self.written_by(storage, "run-1", "orders")
        written = storage.events.last_followed()
        record(storage, [step_event(StepStarted(), "later")])

        assert storage.events.last_followed() == written == storage.assets.written_after(0, 10)[-1][0]
        record(storage, [event(RunSucceeded())])
        assert storage.events.last_followed() == storage.events.read("run-1")[-1].event_id

    def test_who_has_read_one_never_meets_an_earlier_one(self, storage: Storage) -> None:
        """Many write at a time while one follows: it sees each fact once, and each id behind the one before."""
        for number in range(_WRITERS):
            given_run(storage, RunStatus.STARTED, f"run-{number}")
        position = storage.events.last_followed()
        done = threading.Event()
        writers = [
            threading.Thread(target=self.write_on, args=(storage, f"run-{number}")) for number in range(_WRITERS)
        ]
        seen: list[int] = []

        def follow() -> None:
            after = position
            while True:
                is_last = done.is_set()
                page = storage.assets.after(after, ["even", "odd"], 5)
                seen.extend(each.event_id or 0 for each in page)
                after = seen[-1] if seen else after
                if is_last and not page:
                    return

        follower = threading.Thread(target=follow)
        follower.start()
        for each in writers:
            each.start()
        for each in writers:
            each.join()
        done.set()
        follower.join()

        assert all(one < other for one, other in pairwise(seen))
        assert len(seen) == _WRITERS * _EACH

    def write_on(self, storage: Storage, run_id: str) -> None:
        """Write assets, each in a transaction of its own."""
        record(storage, [step_event(StepStarted(), run_id=run_id)], run_id=run_id)
        for number in range(_EACH):
            fact = AssetMaterialized("odd" if number % 2 else "even")
            record(storage, [step_event(fact, run_id=run_id)], run_id=run_id)

    def test_what_was_deleted_is_passed_over(self, storage: Storage) -> None:
        for number in range(3):
            self.written_by(storage, f"run-{number}", "orders")
            record(storage, [event(RunSucceeded(), run_id=f"run-{number}")], run_id=f"run-{number}")
        written = storage.assets.written_after(0, 10)
        storage.retention.delete_runs(ExpiredRuns(status=RunStatus.SUCCESS, before=4_000_000_000.0))

        assert storage.assets.written_after(0, 10) == storage.assets.written_after(written[0][0], 10) == written[2:]
        assert [each.event_id for each in storage.assets.after(written[1][0], ["orders"], 10)] == [written[2][0]]
        assert {each.event.run_id for each in storage.events.run_facts_after(0, _KINDS, 100)} == {"run-2"}

    def test_cursors_count_of_sensors_that_follow_and_are_offered(self, storage: Storage) -> None:
        states = [
            AutomationState(location="sales", name="follower", kind="sensor", timing="{}"),
            AutomationState(location="sales", name="gone", kind="sensor", timing="{}"),
            AutomationState(location="sales", name="looker", kind="sensor"),
            AutomationState(location="sales", name="nightly", kind="schedule", timing="{}"),
        ]
        offered = [
            DefinitionRecord(location="sales", kind=each.kind, name=each.name, hash="h", body="{}")
            for each in states
            if each.name != "gone"
        ]
        location = LocationRecord(name="sales", status=LocationStatus.LOADED, snapshot="s", updated_at=1.0)
        storage.automations.introduce(states)
        storage.locations.record(location, offered)
        storage.automations.commit(
            [Decision(state=evolve(each, mark=1.0), cursor=each.name, moves_cursor=True) for each in states]
        )

        assert storage.automations.follower_cursors() == ["follower"]
        storage.locations.forget("sales")
        assert storage.automations.follower_cursors() == []

    @pytest.mark.parametrize("status", RunStatus)
    def test_each_change_of_a_status_is_a_fact_that_is_followed(self, storage: Storage, status: RunStatus) -> None:
        given_run(storage, status)
        path = [RunStatus.QUEUED, *PATHS[status]]

        assert [each.event.kind for each in storage.events.run_facts_after(0, _KINDS, 100)] == [
            STATUS_FACTS[each].kind for each in path
        ]

    def written_by(self, storage: Storage, run_id: str, *assets: str) -> None:
        """Have a run write assets."""
        given_run(storage, run_id=run_id)
        written: list[Fact] = [StepStarted(), *(AssetMaterialized(each) for each in assets)]
        record(storage, [step_event(each, run_id=run_id) for each in written], run_id=run_id)
