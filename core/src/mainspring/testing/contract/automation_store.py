"""What every store promises of automations: decisions whole or not at all, each once, and run keys for ever."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
from attrs import evolve

from mainspring.errors import SupersededError
from mainspring.run import Run, RunStatus
from mainspring.run.queue import QueueRules
from mainspring.storage import (
    Admission,
    AutomationState,
    Committed,
    Decision,
    Duty,
    Lease,
    Storage,
    Tick,
    TickQuery,
    TickStatus,
)
from mainspring.testing.contract.stored_runs import new_run

NOW = 1_800_000_000.0
MANY = 620
"""More runs than two parts of the outbox hold."""

_ids = count(1)


def introduced(storage: Storage, name: str = "nightly", **changes: Any) -> AutomationState:
    """Store how an automation stands, and return it."""
    state = AutomationState(location="sales", name=name, kind="schedule", mark=NOW, **changes)
    storage.automations.introduce([state])
    return state


def asked(run_key: str | None = None, **changes: Any) -> Run:
    """Return a run that a tick asks for."""
    run_id = f"asked-{next(_ids):06}"
    return new_run(run_id, run_key=run_key, location="sales", automation="nightly", created_at=NOW, **changes)


def tick_of(state: AutomationState, status: TickStatus = TickStatus.REQUESTED, **changes: Any) -> Tick:
    """Return a tick of an automation."""
    given = {"kind": state.kind, "scheduled_time": NOW + 60, "first_at": NOW + 61, "last_at": NOW + 61, **changes}
    return Tick(location=state.location, automation=state.name, status=status, **given)


def decided(state: AutomationState, *runs: Run, tick: Tick | None = None, **changes: Any) -> Decision:
    """Return the decision of a tick."""
    return Decision(
        state=evolve(state, mark=NOW + 60), ticks=(tick_of(state) if tick is None else tick,), runs=runs, **changes
    )


def commit(storage: Storage, decision: Decision, admission: Admission | None = None) -> Committed:
    """Store one decision."""
    (committed,) = storage.automations.commit([decision], admission).committed
    return committed


def listed(storage: Storage, name: str = "nightly") -> list[Tick]:
    """Return the ticks of an automation."""
    return storage.automations.ticks(TickQuery(location="sales", automation=name))


def waiting(storage: Storage) -> list[str]:
    """Return the runs that wait."""
    return [run.run_id for run in storage.runs.queued(10_000)]


class AutomationStoreContract:
    """The part of `StorageContract` about automations."""

    def test_automations_are_kept_as_they_stand(self, storage: Storage) -> None:
        state = introduced(
            storage, timing="{}", backlog=((1.0, 2.0), (3.0, 4.5)), turn=("a", "b"), failures=2, not_before=5.0
        )
        introduced(storage, "aaa")
        storage.automations.introduce([evolve(state, failures=9)])

        assert storage.automations.get("sales", "nightly") == state
        assert storage.automations.get("sales", "other") is None
        assert [each.name for each in storage.automations.states()] == ["aaa", "nightly"]
        assert storage.automations.states("elsewhere") == []

    def test_a_decision_is_stored_whole(self, storage: Storage) -> None:
        state = introduced(storage)
        runs = [asked("january", tags={"team": "data"}), asked("february"), asked()]
        committed = commit(storage, decided(state, *runs, cursor="c", moves_cursor=True))
        (tick,) = listed(storage)

        assert committed.state == storage.automations.get("sales", "nightly")
        assert committed.state is not None
        assert (committed.state.version, committed.state.mark) == (1, NOW + 60)
        assert committed.state.last_tick_id == tick.tick_id
        assert committed.tick == tick
        assert (tick.requested, tick.dropped) == (3, 0)
        assert tick.detail["run_ids"] == [run.run_id for run in runs]
        assert waiting(storage) == [run.run_id for run in runs]
        assert storage.runs.get(runs[0].run_id) == evolve(runs[0], tick_id=tick.tick_id)
        assert [each.kind for each in storage.events.read(runs[0].run_id)] == ["RUN_QUEUED"]
        assert storage.automations.cursors("sales", ["nightly", "other"]) == {"nightly": "c"}
        assert [each.run_key for each in storage.automations.keys("sales", "nightly")] == ["february", "january"]
        assert [run.run_id for run in storage.runs.live_of("sales", "nightly")] == [run.run_id for run in runs]

    def test_a_decision_on_what_was_read_too_early_changes_nothing(self, storage: Storage) -> None:
        """Scars: D#33962, W#2773, W#4445."""
        state = introduced(storage)
        commit(storage, decided(state, asked("january")))
        late = decided(state, asked("february"), tick=tick_of(state, scheduled_time=NOW + 90), moves_cursor=True)

        assert commit(storage, late) == Committed(state=None)
        assert len(listed(storage)) == len(waiting(storage)) == 1
        assert len(storage.automations.keys("sales", "nightly")) == 1
        assert storage.automations.cursors("sales", ["nightly"]) == {"nightly": None}

    def test_a_decision_that_comes_too_late_does_not_hold_up_the_others(self, storage: Storage) -> None:
        first, second = introduced(storage), introduced(storage, "hourly")
        commit(storage, decided(first))
        batch = storage.automations.commit([decided(first, asked()), decided(second, asked())])

        assert [each.state is None for each in batch.committed] == [True, False]
        assert len(waiting(storage)) == 1

    def test_one_of_many_daemons_decides_a_time(self, storage: Storage) -> None:
        """Scars: D#33962, W#2773, W#4445."""
        state = introduced(storage)
        number = 6
        gate = threading.Barrier(number)

        def decide(_: int) -> bool:
            gate.wait()
            return commit(storage, decided(state, asked())).state is not None

        with ThreadPoolExecutor(number) as pool:
            won = list(pool.map(decide, range(number)))

        assert won.count(True) == len(listed(storage)) == len(waiting(storage)) == 1

    def test_a_time_is_decided_once_whatever_its_automation_says(self, storage: Storage) -> None:
        state = commit(storage, decided(introduced(storage), asked())).state
        assert state is not None
        again = commit(storage, decided(evolve(state, mark=NOW), asked()))

        assert again.state is not None
        assert again.runs == ()
        assert len(listed(storage)) == len(waiting(storage)) == 1

    def test_a_failed_tick_gives_way_to_the_next_attempt_and_tells_of_both(self, storage: Storage) -> None:
        """Scar: D#20380."""
        state = introduced(storage)
        failed = tick_of(state, TickStatus.FAILED, detail={"error": {"type": "ValueError"}})
        after = commit(storage, decided(state, tick=failed)).state
        assert after is not None
        later = commit(storage, decided(after, asked(), tick=tick_of(state, last_at=NOW + 70, first_at=NOW + 70)))
        (tick,) = listed(storage)

        assert later.tick == tick
        assert (tick.status, tick.attempts, tick.requested) == (TickStatus.REQUESTED, 2, 1)
        assert (tick.first_at, tick.last_at) == (NOW + 61, NOW + 70)
        assert tick.detail["failures"] == [{"at": NOW + 61, "error": {"type": "ValueError"}}]

    def test_the_same_once_more_is_counted(self, storage: Storage) -> None:
        """Scar: D#32070, the tick table growth."""
        state: AutomationState | None = introduced(storage)
        assert state is not None
        skipped = tick_of(state, TickStatus.SKIPPED, scheduled_time=None)
        committed = commit(storage, decided(state, tick=skipped))
        for at in (NOW + 70, NOW + 80):
            assert committed.state is not None
            assert committed.tick is not None
            again = evolve(skipped, tick_id=committed.tick.tick_id, last_at=at)
            committed = commit(storage, decided(committed.state, tick=again))
        (tick,) = listed(storage)

        assert (tick.count, tick.first_at, tick.last_at) == (3, NOW + 61, NOW + 80)

    def test_what_would_be_counted_with_a_record_that_is_gone_has_one_of_its_own(self, storage: Storage) -> None:
        state = introduced(storage)
        gone = tick_of(state, TickStatus.SKIPPED, scheduled_time=None, tick_id=4711)
        committed = commit(storage, decided(state, tick=gone))
        (tick,) = listed(storage)

        assert (tick.count, tick.status) == (1, TickStatus.SKIPPED)
        assert committed.state is not None
        assert committed.state.last_tick_id == tick.tick_id != 4711

    def test_a_run_key_gives_one_run_for_ever(self, storage: Storage) -> None:
        """Scars: D#26753, D#7292."""
        state = commit(storage, decided(introduced(storage), asked("a"), asked("b"))).state
        assert state is not None
        again = tick_of(state, scheduled_time=NOW + 120)
        asked_again = [asked("a"), asked("c"), asked("c"), asked("b", job_name="other")]
        committed = commit(storage, decided(state, *asked_again, tick=again))

        assert [run.run_id for run in committed.runs] == [asked_again[1].run_id, asked_again[3].run_id]
        assert committed.tick is not None
        assert (committed.tick.requested, committed.tick.dropped) == (2, 2)
        assert committed.tick.detail["dropped_run_keys"] == ["a", "c"]
        known = storage.automations.known_keys("sales", "nightly", [("ingest", "a"), ("other", "a"), ("other", "b")])
        assert known == {("ingest", "a"), ("other", "b")}
        assert storage.automations.known_keys("sales", "hourly", [("ingest", "a")]) == set()

    def test_a_run_key_can_be_cleared(self, storage: Storage) -> None:
        """Scar: D#7292."""
        state = commit(storage, decided(introduced(storage), asked("a"), asked("a", job_name="other"))).state
        assert state is not None

        assert storage.automations.clear_keys("sales", "nightly", "b") == 0
        assert storage.automations.clear_keys("sales", "nightly", "a", "other") == 1
        assert storage.automations.clear_keys("sales", "nightly", "a") == 1
        again = commit(storage, decided(state, asked("a"), tick=tick_of(state, scheduled_time=NOW + 120)))
        assert len(again.runs) == 1

    @pytest.mark.parametrize("run_key", ["x" * 100_000, "ключ 🔑", "a\nb'; --", " ", "%"])
    def test_run_keys_are_any_text(self, storage: Storage, run_key: str) -> None:
        commit(storage, decided(introduced(storage), asked(run_key)))

        assert storage.automations.known_keys("sales", "nightly", [("ingest", run_key), ("ingest", "y")]) == {
            ("ingest", run_key)
        }
        assert [each.run_key for each in storage.automations.keys("sales", "nightly", run_key)] == [run_key]

    @pytest.mark.parametrize("cursor", [None, "", "x" * 1_000_000])
    def test_cursors_come_back_as_they_were(self, storage: Storage, cursor: str | None) -> None:
        """Scar: D#8559."""
        state = introduced(storage)
        middle = commit(storage, decided(state, cursor="before", moves_cursor=True)).state
        assert middle is not None
        later = tick_of(state, scheduled_time=NOW + 120)
        after = commit(storage, decided(middle, tick=later, cursor=cursor, moves_cursor=True)).state
        assert after is not None
        assert storage.automations.cursors("sales", ["nightly"]) == {"nightly": cursor}
        commit(storage, decided(after, tick=tick_of(state, scheduled_time=NOW + 180), cursor="not meant"))
        assert storage.automations.cursors("sales", ["nightly"]) == {"nightly": cursor}

    def test_many_runs_are_queued_in_parts(self, storage: Storage) -> None:
        state = introduced(storage)
        runs = [asked(f"key {number}") for number in range(MANY)]
        committed = commit(storage, decided(state, *runs))
        assert committed.state is not None
        assert committed.state.outbox > 1
        assert waiting(storage) == []
        parts = [len(part.committed[0].runs) for part in iter(lambda: storage.automations.expand("sales"), None)]
        (tick,) = listed(storage)
        after = storage.automations.get("sales", "nightly")

        assert sum(parts) == len(waiting(storage)) == tick.requested == MANY
        assert len(parts) == committed.state.outbox
        assert after is not None
        assert after.outbox == 0
        assert len(tick.detail["run_ids"]) == 100
        assert (
            len(storage.automations.known_keys("sales", "nightly", [("ingest", f"key {n}") for n in range(MANY)]))
            == MANY
        )

    def test_parts_that_are_queued_at_a_time_are_queued_once(self, storage: Storage) -> None:
        commit(storage, decided(introduced(storage), *(asked() for _ in range(MANY))))

        def expand(_: int) -> int:
            batch = storage.automations.expand("sales")
            return 0 if batch is None else len(batch.committed[0].runs)

        with ThreadPoolExecutor(4) as pool:
            queued = sum(pool.map(expand, range(12)))

        assert queued == len(waiting(storage)) == MANY

    def test_what_may_start_at_once_does(self, storage: Storage) -> None:
        state = introduced(storage)
        runs = [asked(), asked(), asked()]
        admission = Admission(rules=QueueRules(max_concurrent_runs=2), now=NOW)
        batch = storage.automations.commit([decided(state, *runs)], admission)

        assert [run.run_id for run in batch.started] == [run.run_id for run in runs[:2]]
        assert {run.status for run in batch.started} == {RunStatus.STARTING}
        assert waiting(storage) == [runs[2].run_id]
        assert [storage.runs.get(run.run_id) for run in batch.started] == list(batch.started)
        kinds = [each.kind for each in storage.events.read(runs[0].run_id)]
        assert kinds == ["RUN_QUEUED", "RUN_STARTING"]
        assert storage.runs.active() == list(batch.started)
        assert storage.runs.admit(admission) == []

    def test_who_has_lost_its_duty_changes_nothing(self, storage: Storage) -> None:
        state = introduced(storage)
        storage.duties.take_lease(Lease("sales", "the other", 1), None)
        with pytest.raises(SupersededError, match="taken over"):
            storage.automations.commit([decided(state, asked())], duty=Duty("sales", "this one"))

        assert listed(storage) == []
        assert waiting(storage) == []
        done = storage.automations.commit([decided(state, asked())], duty=Duty("sales", "the other"))
        assert done.committed[0].state is not None

    def test_an_automation_takes_its_history_to_another_name(self, storage: Storage) -> None:
        commit(storage, decided(introduced(storage), asked("a"), cursor="c", moves_cursor=True))
        assert storage.automations.adopt("sales", "nightly", "daily", NOW)
        assert not storage.automations.adopt("sales", "nightly", "daily", NOW)
        introduced(storage)
        assert not storage.automations.adopt("sales", "nightly", "daily", NOW)

        assert [tick.automation for tick in listed(storage, "daily")] == ["daily"]
        assert storage.automations.cursors("sales", ["daily"]) == {"daily": "c"}
        assert storage.automations.known_keys("sales", "daily", [("ingest", "a")]) == {("ingest", "a")}
        assert [run.automation for run in storage.runs.live_of("sales", "daily")] == ["daily"]

    def test_ticks_are_listed_page_by_page(self, storage: Storage) -> None:
        state: AutomationState | None = introduced(storage)
        statuses: Sequence[TickStatus] = [TickStatus.MISSED, TickStatus.OVERLAP, TickStatus.SKIPPED]
        for number, status in enumerate(statuses):
            assert state is not None
            tick = tick_of(state, status, scheduled_time=NOW + number, reason=f"reason {number}", since=NOW, count=4)
            state = commit(storage, decided(state, tick=tick)).state
        found = listed(storage)

        assert [tick.status for tick in found] == list(reversed(statuses))
        assert (found[0].reason, found[0].since, found[0].count) == ("reason 2", NOW, 4)
        query = TickQuery(location="sales", automation="nightly", before=found[0].tick_id, limit=1)
        assert storage.automations.ticks(query) == found[1:2]
        query = TickQuery(location="sales", automation="nightly", statuses=(TickStatus.MISSED,))
        assert storage.automations.ticks(query) == found[2:]

    def test_ticks_are_found_by_their_ids(self, storage: Storage) -> None:
        """Those that are not there are left out."""
        states = [introduced(storage, name) for name in ("first", "second")]
        ids = [
            committed.tick.tick_id
            for state in states
            if (committed := commit(storage, decided(state, tick=tick_of(state)))).tick is not None
        ]
        known = [each for each in ids if each is not None]

        found = storage.automations.ticks_by_id([*known, 1_000_000])
        assert {tick_id: tick.automation for tick_id, tick in found.items()} == dict(
            zip(known, ("first", "second"), strict=True)
        )
        assert storage.automations.ticks_by_id([]) == {}
