"""What every event log promises."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from mainspring.errors import MainspringError, SupersededError, TransitionError
from mainspring.event import (
    AssetMaterialized,
    ErrorInfo,
    Fact,
    HookFailed,
    InputLoaded,
    RunSucceeded,
    StepCanceled,
    StepFailed,
    StepOutput,
    StepRetried,
    StepSkipped,
    StepStarted,
    StepSucceeded,
)
from mainspring.run import RunStatus
from mainspring.run.status import TRANSITIONS
from mainspring.storage import Storage
from mainspring.testing.contract.stored_runs import STATUS_FACTS, event, given_run, record, step_event

_METADATA: dict[str, Any] = {"rows": 3, "share": 0.5, "name": "Grüße 🔑", "nested": {"a": [None, True]}}
_ERROR = ErrorInfo("ValueError", "no\nway", "Traceback…", ErrorInfo("KeyError", "'x'"), _METADATA)
_STEP_FACTS: list[Fact] = [
    InputLoaded("rows", _METADATA),
    StepOutput("result", "key", "list", "warehouse", _METADATA),
    StepOutput("parts", is_empty=True),
    AssetMaterialized("warehouse/orders", "2026-01-01", "result", _METADATA),
    HookFailed("tell_slack", _ERROR),
]
_ENDS: list[Fact] = [StepSucceeded(), StepFailed(_ERROR), StepRetried(_ERROR, 1.5), StepCanceled()]


class EventLogContract:
    """The part of `StorageContract` about events and steps."""

    @pytest.mark.parametrize("end", _ENDS, ids=lambda fact: fact.kind)
    def test_facts_come_back_as_they_were_stored(self, storage: Storage, end: Fact) -> None:
        given_run(storage)
        events = [step_event(fact) for fact in (StepStarted(), *_STEP_FACTS, end)]
        record(storage, events)

        found = storage.events.read("run-1", step_key="clean")
        assert [each.fact for each in found] == [each.fact for each in events]
        assert [each.timestamp for each in found] == [each.timestamp for each in events]
        assert {(each.run_id, each.run_attempt, each.step_attempt) for each in found} == {("run-1", 1, 1)}

    def test_events_are_read_in_order_with_growing_ids(self, storage: Storage) -> None:
        given_run(storage)
        given_run(storage, run_id="run-2")
        for key in ("b", "a"):
            record(storage, [step_event(StepStarted(), key, run_id="run-2")], run_id="run-2")
            record(storage, [step_event(StepStarted(), key), step_event(StepSucceeded(), key)])
        events = storage.events.read("run-1")
        ids = [each.event_id or 0 for each in events]

        assert [(each.kind, each.step_key) for each in events] == [
            ("RUN_QUEUED", None),
            ("RUN_STARTED", None),
            ("STEP_STARTED", "b"),
            ("STEP_SUCCESS", "b"),
            ("STEP_STARTED", "a"),
            ("STEP_SUCCESS", "a"),
        ]
        assert ids == sorted(set(ids))
        assert not set(ids) & {each.event_id for each in storage.events.read("run-2")}
        assert storage.events.read("run-1", after=ids[2]) == events[3:]
        assert storage.events.read("run-1", after=ids[-1]) == []
        assert storage.events.read("run-1", limit=2) == events[:2]
        assert storage.events.read("run-1", step_key="a") == events[4:]
        assert storage.events.read("run-1", kinds=["STEP_STARTED", "RUN_STARTED"]) == [events[1], events[2], events[4]]
        assert storage.events.read("run-1", after=ids[2], kinds=["STEP_STARTED"], limit=1) == [events[4]]
        assert storage.events.read("run-3") == []

    def test_steps_are_listed_in_the_order_of_their_claims(self, storage: Storage) -> None:
        given_run(storage)
        for fact, key, attempt in (
            (StepStarted(), "b", 1),
            (StepRetried(_ERROR), "b", 1),
            (StepStarted(), "a", 1),
            (StepStarted(), "b", 2),
            (StepSkipped(), "c", 1),
        ):
            record(storage, [step_event(fact, key, attempt)])

        assert [(row.step_key, row.attempt, row.status) for row in storage.events.steps("run-1")] == [
            ("b", 1, "RETRY"),
            ("a", 1, "STARTED"),
            ("b", 2, "STARTED"),
            ("c", 1, "SKIPPED"),
        ]

    def test_only_one_of_many_claims_an_attempt(self, storage: Storage) -> None:
        given_run(storage)
        outcomes: list[str] = []
        barrier = threading.Barrier(8)

        def claim() -> None:
            barrier.wait()
            try:
                record(storage, [step_event(StepStarted())])
                outcomes.append("claimed")
            except SupersededError:
                outcomes.append("refused")

        threads = [threading.Thread(target=claim) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(outcomes) == ["claimed", *["refused"] * 7]
        assert len(storage.events.read("run-1", kinds=["STEP_STARTED"])) == 1

    @pytest.mark.parametrize("end", _ENDS, ids=lambda fact: fact.kind)
    def test_an_attempt_ends_once_and_only_if_it_was_claimed(self, storage: Storage, end: Fact) -> None:
        given_run(storage)
        self.refuse(storage, [step_event(end)], SupersededError)
        record(storage, [step_event(StepStarted())])
        self.refuse(storage, [step_event(end, attempt=2)], SupersededError)
        record(storage, [step_event(end)])
        for again in _ENDS:
            self.refuse(storage, [step_event(again)], SupersededError)

    def test_a_batch_is_stored_whole_or_not_at_all(self, storage: Storage) -> None:
        given_run(storage)
        record(storage, [step_event(StepStarted(), "taken")])
        batch = [
            step_event(StepStarted(), "new"),
            step_event(AssetMaterialized("orders"), "new"),
            step_event(StepSucceeded(), "new"),
            step_event(StepStarted(), "taken"),
        ]
        self.refuse(storage, batch, SupersededError)
        self.refuse(storage, [*batch[:3], event(STATUS_FACTS[RunStatus.QUEUED])], TransitionError)
        assert storage.assets.keys() == []

        record(storage, batch[:3])
        assert storage.assets.keys() == ["orders"]

    def test_a_superseded_attempt_of_a_run_writes_nothing(self, storage: Storage) -> None:
        given_run(storage)
        for attempt in (0, 2):
            with pytest.raises(SupersededError, match="superseded"):
                storage.events.record("run-1", attempt, [event(RunSucceeded(), run_attempt=attempt)])
        with pytest.raises(SupersededError):
            storage.events.record("run-9", 1, [event(RunSucceeded(), run_id="run-9")])

        assert [each.kind for each in storage.events.read("run-1")] == ["RUN_QUEUED", "RUN_STARTED"]
        assert storage.events.read("run-9") == []

    @pytest.mark.parametrize("status", [each for each in RunStatus if each not in ("STARTED", "CANCELING")])
    def test_steps_write_only_while_their_run_works(self, storage: Storage, status: RunStatus) -> None:
        given_run(storage, status)
        self.refuse(storage, [step_event(StepStarted())], SupersededError)

    @pytest.mark.parametrize("new", RunStatus)
    @pytest.mark.parametrize("old", RunStatus)
    def test_the_transition_table_is_followed(self, storage: Storage, old: RunStatus, new: RunStatus) -> None:
        """What leads out of an end is a new attempt, and that is begun, not recorded."""
        given_run(storage, old)
        if new not in TRANSITIONS[old] or old.is_final:
            self.refuse(storage, [event(STATUS_FACTS[new])], TransitionError)
            return
        change = event(STATUS_FACTS[new])
        record(storage, [change])
        run = storage.runs.get("run-1")

        assert run is not None
        assert run.status is new
        assert run.reason == (getattr(change.fact, "reason", None) or None)
        assert run.ended_at == (change.timestamp if new.is_final else None)
        assert (run.started_at == change.timestamp) == (new is RunStatus.STARTED)
        assert storage.events.read("run-1")[-1].fact == change.fact

    def refuse(self, storage: Storage, events: list[Any], error: type[MainspringError]) -> None:
        """Check that a batch is refused, and that nothing of it is stored."""
        before = (storage.runs.get("run-1"), storage.events.steps("run-1"), storage.events.read("run-1"))
        with pytest.raises(error):
            record(storage, events)

        assert (storage.runs.get("run-1"), storage.events.steps("run-1"), storage.events.read("run-1")) == before
