"""The event log, and the rows of steps and runs that change with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, and_, bindparam, literal_column, select

from mainspring.errors import StorageError
from mainspring.event import AssetMaterialized, Event, StepSkipped, StepStarted
from mainspring.event.effect import RUN_STATUS, STEP_BEGIN, STEP_END
from mainspring.run import NO_PLACES, PoolPlace, RunStatus, StepRecord, StepStatus
from mainspring.storage.rows import (
    attempts_to_check,
    check_in_charge,
    check_working,
    claim_refused,
    not_claimed,
    run_changes,
)
from mainspring.storage.run_fact import RunFact
from mainspring.storage.sql.backend import Lock
from mainspring.storage.sql.database import Database, integrity_error
from mainspring.storage.sql.event_rows import to_event, to_row
from mainspring.storage.sql.pools import check_place, places_taken
from mainspring.storage.sql.run_facts import last_followed, run_facts_after
from mainspring.storage.sql.statement import Statement
from mainspring.storage.sql.tables import asset_events, events, runs, steps
from mainspring.storage.wakeup import Topic

_FENCE = Statement(
    select(runs.c.status, runs.c.attempt).where(runs.c.run_id == bindparam("id")).with_for_update(key_share=True)
)
"""Locks the run's row, so that what it says holds until the commit (SQLite's writers are alone anyway)."""
_INSERT_STEP = Statement(steps.insert(), [each.name for each in steps.c])
_INSERT_EVENT = Statement(events.insert(), [each.name for each in events.c if each.name != "event_id"])
_IS_UNDER_WAY = (
    steps.c.run_id == bindparam("id"),
    steps.c.step_key == bindparam("key"),
    steps.c.attempt == bindparam("number"),
    steps.c.run_attempt == bindparam("by"),
    steps.c.status == literal_column(f"'{StepStatus.STARTED.value}'"),
)
_UNDER_WAY = Statement(select(steps.c.status).where(*_IS_UNDER_WAY))
_END_STEP = Statement(steps.update().where(*_IS_UNDER_WAY).values(status=bindparam("new"), ended_at=bindparam("at")))

_IS_AS_READ = (runs.c.run_id == bindparam("of_run"), runs.c.status == bindparam("as_read"))
_CHANGE_RUN: dict[tuple[str, ...], Statement] = {}
"""Statements that change a run's row, by the columns that they change."""


class SqlEvents:
    """Keeps the event log in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(
        self, run_id: str, run_attempt: int, events: Sequence[Event], places: Mapping[str, PoolPlace] = NO_PLACES
    ) -> None:
        durable = any(event.step_key is None for event in events)
        with self._database.write(durable=durable) as connection:
            row = _FENCE.run(connection, {"id": run_id}).fetchone()
            found = None if row is None else (RunStatus(row[0]), int(row[1]))
            check_in_charge(run_id, found, run_attempt, list(events))
            assert found is not None  # noqa: S101 - checked just now
            status = found[0]
            for event in events:
                if event.step_key is None:
                    status = _change_run(connection, run_id, status, event)
                else:
                    check_working(run_id, status)
                    place = places.get(event.step_key) if type(event.fact) is StepStarted else None
                    _change_step(connection, event, place)
                    if place is not None:
                        check_place(self._database, connection, event.step_key, place)
            for step_key, attempt in attempts_to_check(run_id, events):
                _check_under_way(connection, run_id, run_attempt, step_key, attempt)
            append_events(self._database, connection, events)

    def read(
        self,
        run_id: str,
        *,
        after: int = 0,
        step_key: str | None = None,
        kinds: Sequence[str] = (),
        limit: int | None = None,
    ) -> list[Event]:
        statement = (
            select(events).where(events.c.run_id == run_id, events.c.event_id > after).order_by(events.c.event_id)
        )
        if step_key is not None:
            statement = statement.where(events.c.step_key == step_key)
        if kinds:
            statement = statement.where(events.c.kind.in_(kinds))
        if limit is not None:
            statement = statement.limit(limit)
        with self._database.read() as connection:
            return [to_event(row) for row in connection.execute(statement)]

    def steps(self, run_id: str) -> list[StepRecord]:
        claim = and_(
            events.c.run_id == steps.c.run_id,
            events.c.step_key == steps.c.step_key,
            events.c.step_attempt == steps.c.attempt,
            events.c.kind.in_([StepStarted.kind, StepSkipped.kind]),
        )
        statement = select(steps).join(events, claim).where(events.c.run_id == run_id).order_by(events.c.event_id)
        with self._database.read() as connection:
            return [_to_record(row) for row in connection.execute(statement)]

    def places_taken(self, pool: str) -> int:
        with self._database.read() as connection:
            return places_taken(connection, pool)

    def run_facts_after(self, event_id: int, kinds: Sequence[str], limit: int) -> list[RunFact]:
        with self._database.read() as connection:
            return run_facts_after(connection, event_id, kinds, limit)

    def last_followed(self) -> int:
        with self._database.read() as connection:
            return last_followed(connection)


def append_events(database: Database, connection: Connection, new: Sequence[Event]) -> None:
    """Insert events in order, last of all that a transaction does.

    Facts that others follow get their places, ids and positions, under a lock that is held to the commit: who has read one
    of them never meets one with a smaller place later.
    """
    if not new:
        return
    if any(_is_followed(event) for event in new):
        database.lock(connection, Lock.POSITIONS)
        database.changes(Topic.RUNS)
    if any(type(event.fact) is AssetMaterialized for event in new):
        _append_materializations(connection, new)
    else:
        _INSERT_EVENT.run_many(connection, [to_row(event) for event in new])


def _is_followed(event: Event) -> bool:
    kind = type(event.fact)
    return kind is AssetMaterialized or kind in RUN_STATUS


def _append_materializations(connection: Connection, new: Sequence[Event]) -> None:
    materialized: list[dict[str, Any]] = []
    for event in new:
        inserted = connection.execute(events.insert(), to_row(event))
        if isinstance(event.fact, AssetMaterialized):
            key = inserted.inserted_primary_key
            assert key is not None  # noqa: S101 - a single insert has one
            materialized.append(
                {"event_id": key[0], "asset": event.fact.asset, "partition_key": event.fact.partition_key}
            )
    connection.execute(asset_events.insert(), materialized)


def _change_run(connection: Connection, run_id: str, status: RunStatus, event: Event) -> RunStatus:
    changes = run_changes(run_id, status, event)
    if changes is None:
        return status
    columns = tuple(changes)
    if columns not in _CHANGE_RUN:
        values: dict[str, BindParameter[Any]] = {name: bindparam(name) for name in columns}
        _CHANGE_RUN[columns] = Statement(runs.update().where(*_IS_AS_READ).values(values))
    row = {**changes, "status": changes["status"].value, "of_run": run_id, "as_read": status.value}
    _CHANGE_RUN[columns].run(connection, row)
    return changes["status"]  # type: ignore[no-any-return]


def _change_step(connection: Connection, event: Event, place: PoolPlace | None) -> None:
    assert event.step_key is not None and event.step_attempt is not None  # noqa: S101, PT018 - a step's event has both
    kind = type(event.fact)
    if kind in STEP_BEGIN:
        row = {
            "run_id": event.run_id,
            "step_key": event.step_key,
            "attempt": event.step_attempt,
            "run_attempt": event.run_attempt,
            "status": STEP_BEGIN[kind].value,
            "started_at": event.timestamp,
            "ended_at": None,
            "pool": None if place is None else place.pool,
        }
        try:
            _INSERT_STEP.run(connection, row)
        except integrity_error(connection):
            raise claim_refused(event.run_id, event.step_key, event.step_attempt) from None
    elif kind in STEP_END:
        changes = {
            "id": event.run_id,
            "key": event.step_key,
            "number": event.step_attempt,
            "by": event.run_attempt,
            "new": STEP_END[kind].value,
            "at": event.timestamp,
        }
        if _END_STEP.run(connection, changes).rowcount != 1:
            raise not_claimed(event.run_id, event.step_key, event.step_attempt)


def _check_under_way(connection: Connection, run_id: str, run_attempt: int, step_key: str, attempt: int) -> None:
    row = {"id": run_id, "key": step_key, "number": attempt, "by": run_attempt}
    if _UNDER_WAY.run(connection, row).fetchone() is None:
        raise not_claimed(run_id, step_key, attempt)


def _to_record(row: Row[Any]) -> StepRecord:
    fields = row._asdict()
    try:
        fields["status"] = StepStatus(fields["status"])
    except ValueError as error:
        raise StorageError(
            f"the row of step {row.step_key!r} in run {row.run_id} is damaged ({error}); restore the database from a backup"
        ) from error
    return StepRecord(**fields)
