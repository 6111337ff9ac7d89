"""Deleting the rows that are too old, a chunk at a time.

What may go is found by reading, a page of rows by their ids, which sort by age: so the cost of a chunk grows neither with
what there is nor with what is kept. The transaction that follows only checks once more, and deletes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from mainspring.event import AssetMaterialized
from mainspring.run import RunStatus
from mainspring.storage.retention import CHUNK_EVENTS, CHUNK_ROWS, Chunk, ExpiredRuns, ExpiredTicks, has_expired
from mainspring.storage.sql.database import Database
from mainspring.storage.sql.tables import asset_events, automations, events, outbox, runs, ticks

_IS_LAST = exists().where(
    automations.c.location == ticks.c.location,
    automations.c.name == ticks.c.automation,
    automations.c.last_tick_id == ticks.c.tick_id,
)
_HAS_MORE_TO_QUEUE = exists().where(outbox.c.tick_id == ticks.c.tick_id)


class SqlRetention:
    """Deletes runs and ticks from a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def expired_runs(self, expired: ExpiredRuns, after: str | None = None, limit: int = CHUNK_ROWS) -> Chunk[str]:
        statement = (
            select(runs.c.run_id, runs.c.created_at, runs.c.ended_at, runs.c.retries_left)
            .where(runs.c.status == expired.status, runs.c.run_id > (after or ""))
            .order_by(runs.c.run_id)
            .limit(limit)
        )
        with self._database.read() as connection:
            page = connection.execute(statement).all()
            old = [row.run_id for row in page if has_expired(expired, row.ended_at, row.retries_left)]
            kept = _holders(connection, old)
            logs = _logs(connection, [each for each in old if each not in kept])
        # None that was made later can have ended before.
        is_last = len(page) < limit or page[-1].created_at >= expired.before
        return _cut([row.run_id for row in page], expired, logs, is_last=is_last)

    def delete_runs(self, expired: ExpiredRuns, after: str | None = None, limit: int = CHUNK_ROWS) -> Chunk[str]:
        chunk = self.expired_runs(expired, after, limit)
        if not chunk.ids:
            return chunk
        still = (
            select(runs.c.run_id)
            .where(runs.c.run_id.in_(chunk.ids), _is_over(expired))
            .order_by(runs.c.run_id)
            .with_for_update(skip_locked=True)
        )
        with self._database.write(durable=False) as connection:
            ids = connection.execute(still).scalars().all()
            connection.execute(runs.delete().where(runs.c.run_id.in_(ids)))
        return Chunk(tuple(ids), chunk.after)

    def expired_ticks(self, expired: ExpiredTicks, after: int | None = None, limit: int = CHUNK_ROWS) -> Chunk[int]:
        may_go = and_(~_IS_LAST, ~_HAS_MORE_TO_QUEUE).label("may_go")
        statement = (
            select(ticks.c.tick_id, ticks.c.first_at, ticks.c.last_at, may_go)
            .where(ticks.c.tick_id > (after or 0))
            .order_by(ticks.c.tick_id)
            .limit(limit)
        )
        if expired.kind is not None:
            statement = statement.where(ticks.c.kind == expired.kind)
        if expired.status is not None:
            statement = statement.where(ticks.c.status == expired.status)
        with self._database.read() as connection:
            page = connection.execute(statement).all()
        is_last = len(page) < limit or page[-1].first_at >= expired.before
        ids = [row.tick_id for row in page if row.last_at < expired.before and row.may_go]
        return Chunk(tuple(ids), None if is_last else page[-1].tick_id)

    def delete_ticks(self, expired: ExpiredTicks, after: int | None = None, limit: int = CHUNK_ROWS) -> Chunk[int]:
        chunk = self.expired_ticks(expired, after, limit)
        if not chunk.ids:
            return chunk
        still = (
            select(ticks.c.tick_id)
            .where(ticks.c.tick_id.in_(chunk.ids), ticks.c.last_at < expired.before, ~_IS_LAST, ~_HAS_MORE_TO_QUEUE)
            .order_by(ticks.c.tick_id)
            .with_for_update(skip_locked=True)
        )
        with self._database.write(durable=False) as connection:
            ids = connection.execute(still).scalars().all()
            connection.execute(ticks.delete().where(ticks.c.tick_id.in_(ids)))
        return Chunk(tuple(ids), chunk.after)


def _is_over(expired: ExpiredRuns) -> ColumnElement[bool]:
    """Return the condition that `has_expired` is in a database."""
    is_over = and_(runs.c.status == expired.status, runs.c.ended_at < expired.before)
    if expired.status is not RunStatus.FAILURE:
        return is_over
    return and_(is_over, or_(runs.c.retries_left.is_(None), runs.c.retries_left <= 0))


def _holders(connection: Connection, run_ids: Sequence[str]) -> set[str]:
    """Return those of some runs that wrote the newest materialization of an asset's partition in their mode."""
    later, later_events, later_runs = asset_events.alias(), events.alias(), runs.alias()

    def superseded(*partition: ColumnElement[bool]) -> ColumnElement[bool]:
        return (
            select(later.c.position)
            .join(later_events, later_events.c.event_id == later.c.event_id)
            .join(later_runs, later_runs.c.run_id == later_events.c.run_id)
            .where(
                later.c.asset == asset_events.c.asset,
                *partition,
                later.c.position > asset_events.c.position,
                later_runs.c.mode == runs.c.mode,
            )
            .correlate(asset_events, runs)
            .exists()
        )

    # Two questions rather than "the same or both none", for which PostgreSQL would not use the index.
    is_superseded = or_(
        superseded(later.c.partition_key == asset_events.c.partition_key),
        superseded(later.c.partition_key.is_(None), asset_events.c.partition_key.is_(None)),
    )
    statement = (
        select(runs.c.run_id)
        .distinct()
        .join(events, events.c.run_id == runs.c.run_id)
        .join(asset_events, asset_events.c.event_id == events.c.event_id)
        .where(runs.c.run_id.in_(run_ids), events.c.kind == AssetMaterialized.kind, ~is_superseded)
    )
    return set(connection.execute(statement).scalars()) if run_ids else set()


def _logs(connection: Connection, run_ids: Sequence[str]) -> Mapping[str, tuple[int, int]]:
    """Return how many events each of some runs has, and the id of its last one."""
    statement = (
        select(events.c.run_id, func.count(), func.max(events.c.event_id))
        .where(events.c.run_id.in_(run_ids))
        .group_by(events.c.run_id)
    )
    found = {run_id: (number, last) for run_id, number, last in connection.execute(statement)} if run_ids else {}
    return dict.fromkeys(run_ids, (0, 0)) | found


def _cut(
    page: Sequence[str], expired: ExpiredRuns, logs: Mapping[str, tuple[int, int]], *, is_last: bool
) -> Chunk[str]:
    """Return as many of a page's runs as may be deleted in one transaction: those that `logs` tells of."""
    ids: list[str] = []
    number = 0
    for index, run_id in enumerate(page):
        events_number, last_event = logs.get(run_id, (0, 0))
        if run_id not in logs or (expired.read_to is not None and last_event > expired.read_to):
            continue
        if ids and number + events_number > CHUNK_EVENTS:
            return Chunk(tuple(ids), page[index - 1])
        number += events_number
        ids.append(run_id)
    return Chunk(tuple(ids), None if is_last else page[-1])
