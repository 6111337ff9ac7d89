"""What every store promises of the deletion of ticks that are too old."""

from __future__ import annotations

from typing import Any

import pytest

from mainspring.storage import ExpiredTicks, Storage, TickQuery, TickStatus
from mainspring.testing.contract.automation_store import asked, commit, decided, introduced, tick_of

EVER = 4_000_000_000.0
"""A time after all that the suite records."""

ALL = ExpiredTicks(before=EVER)


def given_tick(storage: Storage, name: str, at: float, status: TickStatus = TickStatus.SKIPPED, **changes: Any) -> int:
    """Record a tick of a sensor, and return its id; the sensor is made known if it is not."""
    state = storage.automations.get("sales", name) or introduced(storage, name)
    tick = tick_of(state, status, scheduled_time=None, first_at=at, last_at=at, **changes)
    committed = commit(storage, decided(state, tick=tick))
    assert committed.tick is not None
    assert committed.tick.tick_id is not None
    return committed.tick.tick_id


def left(storage: Storage, name: str) -> list[int | None]:
    """Return the ticks that are left of an automation, the oldest first."""
    found = storage.automations.ticks(TickQuery(location="sales", automation=name))
    return [tick.tick_id for tick in reversed(found)]


def delete_ticks(storage: Storage, expired: ExpiredTicks, limit: int = 200) -> list[int]:
    """Delete all ticks that may go, chunk by chunk, and return their ids."""
    chunk = storage.retention.delete_ticks(expired, None, limit)
    gone = list(chunk.ids)
    while chunk.after is not None:
        chunk = storage.retention.delete_ticks(expired, chunk.after, limit)
        gone += chunk.ids
    return gone


class TickRetentionContract:
    """The part of the storage contract that is about deleting ticks."""

    @pytest.mark.parametrize("limit", [1, 2, 200])
    def test_ticks_go_that_were_last_changed_before(self, storage: Storage, limit: int) -> None:
        ids = [given_tick(storage, "uploads", 10.0 * number) for number in range(1, 6)]
        expired = ExpiredTicks(before=35.0)

        assert storage.retention.expired_ticks(expired, None, 200).ids == tuple(ids[:3])
        assert delete_ticks(storage, expired, limit) == ids[:3]
        assert left(storage, "uploads") == ids[3:]

    def test_ticks_go_by_kind_and_status(self, storage: Storage) -> None:
        failed = given_tick(storage, "uploads", 1.0, TickStatus.FAILED)
        skipped = given_tick(storage, "uploads", 2.0)
        of_sensor = given_tick(storage, "uploads", 3.0, kind="sensor")
        last = given_tick(storage, "uploads", 4.0)

        assert delete_ticks(storage, ExpiredTicks(before=EVER, kind="sensor", status="SKIPPED")) == [of_sensor]
        assert delete_ticks(storage, ExpiredTicks(before=EVER, status="SKIPPED")) == [skipped]
        assert delete_ticks(storage, ALL) == [failed]
        assert left(storage, "uploads") == [last]

    def test_the_last_tick_of_an_automation_stays(self, storage: Storage) -> None:
        """It may have failed, to be tried again, or be counted up."""
        old, last, other = (given_tick(storage, name, 1.0) for name in ("uploads", "uploads", "mail"))

        assert delete_ticks(storage, ALL) == [old]
        assert (left(storage, "uploads"), left(storage, "mail")) == ([last], [other])

    def test_a_tick_whose_runs_are_still_to_be_queued_stays(self, storage: Storage) -> None:
        state = introduced(storage)
        commit(storage, decided(state, *(asked() for _ in range(300))))
        (waiting,) = left(storage, "nightly")
        given_tick(storage, "nightly", 5.0)
        assert delete_ticks(storage, ALL) == []
        while storage.automations.expand("sales") is not None:
            pass

        assert delete_ticks(storage, ALL) == [waiting]

    def test_what_is_deleted_is_neither_run_again_nor_asked_for_again(self, storage: Storage) -> None:
        """Scars: D#14555, D#7292."""
        state = commit(storage, decided(introduced(storage), asked("january"))).state
        assert state is not None
        given_tick(storage, "nightly", 5.0)
        before = storage.automations.get("sales", "nightly")
        delete_ticks(storage, ALL)

        assert storage.automations.get("sales", "nightly") == before
        assert storage.automations.known_keys("sales", "nightly", [("ingest", "january")]) == {("ingest", "january")}
