"""The runs' rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, or_, select
from sqlalchemy.exc import IntegrityError

from mainspring.event import Event
from mainspring.run import Run, WorkerIdentity
from mainspring.storage.admission import Admission
from mainspring.storage.port import RunQuery
from mainspring.storage.rows import check_new, claimed, new_attempt, queued_attempt
from mainspring.storage.sql.database import Database
from mainspring.storage.sql.events import append_events
from mainspring.storage.sql.queue import Queueing
from mainspring.storage.sql.run_rows import findable, from_row, from_values, tag_rows, to_row, worker_to_text
from mainspring.storage.sql.statement import Statement
from mainspring.storage.sql.tables import IS_ACTIVE, IS_OF_LIVE_TICK, IS_QUEUED, IS_TO_RETRY, run_tags, runs

_BY_ID = select(runs).where(runs.c.run_id == bindparam("id"))
_FIND = Statement(_BY_ID)
_FIND_LOCKED = Statement(_BY_ID.with_for_update(key_share=True))
_CLAIM = Statement(
    runs.update()
    .where(runs.c.run_id == bindparam("of_run"), runs.c.attempt == bindparam("of_attempt"))
    .values({name: bindparam(name) for name in ("status", "started_at", "ended_at", "reason", "worker")})
)


class SqlRuns:
    """Keeps the runs' rows in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, run: Run, events: Sequence[Event]) -> None:
        check_new(run, exists=False)
        with self._database.write(durable=True) as connection:
            try:
                connection.execute(runs.insert(), to_row(run))
            except IntegrityError:
                check_new(run, exists=True)
                raise
            if run.tags:
                connection.execute(run_tags.insert(), tag_rows(run))
            append_events(self._database, connection, events)

    def begin_attempt(self, run_id: str, attempt: int, worker: WorkerIdentity | None, events: Sequence[Event]) -> None:
        with self._database.write(durable=True) as connection:
            run = _find_run(connection, run_id, locked=True)
            changes = new_attempt(run_id, run, attempt, worker, events[0].timestamp)
            changes["worker"] = worker_to_text(worker)
            connection.execute(runs.update().where(runs.c.run_id == run_id, runs.c.attempt == attempt), changes)
            append_events(self._database, connection, events)

    def claim(self, run_id: str, attempt: int, worker: WorkerIdentity, events: Sequence[Event]) -> None:
        with self._database.write(durable=True) as connection:
            run = _find_run(connection, run_id, locked=True)
            changes = claimed(run_id, run, attempt, worker, events[0].timestamp)
            changes |= {"worker": worker_to_text(worker), "status": changes["status"].value}
            _CLAIM.run(connection, {**changes, "of_run": run_id, "of_attempt": attempt})
            append_events(self._database, connection, events)

    def queued(self, limit: int, without: Collection[str] = ()) -> list[Run]:
        statement = select(runs).where(IS_QUEUED).order_by(runs.c.priority.desc(), runs.c.run_id).limit(limit)
        if without:
            statement = statement.where(or_(runs.c.location.is_(None), runs.c.location.not_in(without)))
        with self._database.read() as connection:
            return [from_row(row) for row in connection.execute(statement)]

    def admit(self, admission: Admission) -> list[Run]:
        with self._database.write(durable=True) as connection:
            return list(Queueing(self._database, connection).finish(admission))

    def set_priority(self, run_id: str, priority: int) -> bool:
        with self._database.write(durable=True) as connection:
            changed = connection.execute(
                runs.update().where(runs.c.run_id == run_id, IS_QUEUED), {"priority": priority}
            )
            return changed.rowcount == 1

    def live_of(self, location: str, automation: str) -> list[Run]:
        statement = (
            select(runs)
            .where(IS_OF_LIVE_TICK, runs.c.location == location, runs.c.automation == automation)
            .order_by(runs.c.run_id)
        )
        with self._database.read() as connection:
            return [from_row(row) for row in connection.execute(statement)]

    def oldest_queued(self) -> float | None:
        statement = select(runs.c.created_at).where(runs.c.status == "QUEUED").order_by(runs.c.run_id).limit(1)
        with self._database.read() as connection:
            found: float | None = connection.execute(statement).scalar()
        return found

    def active(self, limit: int | None = None, after: str | None = None) -> list[Run]:
        statement = select(runs).where(IS_ACTIVE).order_by(runs.c.run_id).limit(limit)
        if after is not None:
            statement = statement.where(runs.c.run_id > after)
        with self._database.read() as connection:
            return [from_row(row) for row in connection.execute(statement)]

    def to_retry(self, limit: int) -> list[Run]:
        statement = select(runs).where(IS_TO_RETRY).order_by(runs.c.run_id).limit(limit)
        with self._database.read() as connection:
            return [from_row(row) for row in connection.execute(statement)]

    def queue_attempt(self, run_id: str, attempt: int, not_before: float | None, events: Sequence[Event]) -> None:
        with self._database.write(durable=True) as connection:
            run = _find_run(connection, run_id, locked=True)
            changes = queued_attempt(run_id, run, attempt, not_before, events)
            connection.execute(runs.update().where(runs.c.run_id == run_id, runs.c.attempt == attempt), changes)
            append_events(self._database, connection, events)

    def get(self, run_id: str) -> Run | None:
        with self._database.read() as connection:
            return _find_run(connection, run_id)

    def find(self, query: RunQuery) -> list[Run]:
        statement, by = _bearing(query.tags)
        statement = statement.order_by(by.desc()).limit(query.limit)
        if query.job_name is not None:
            statement = statement.where(runs.c.job_name == query.job_name)
        if query.mode is not None:
            statement = statement.where(runs.c.mode == query.mode)
        if query.location is not None:
            statement = statement.where(runs.c.location == query.location)
        if query.automation is not None:
            statement = statement.where(runs.c.automation == query.automation)
        if query.statuses:
            statement = statement.where(runs.c.status.in_(query.statuses))
        if query.prefix is not None:
            if not (query.prefix.isascii() and query.prefix.isprintable()):
                return []
            after = f"{query.prefix[:-1]}{chr(ord(query.prefix[-1]) + 1)}" if query.prefix else None
            statement = statement.where(by >= query.prefix)
            statement = statement if after is None else statement.where(by < after)
        if query.before is not None:
            statement = statement.where(by < query.before)
        with self._database.read() as connection:
            return [from_row(row) for row in connection.execute(statement)]


def _bearing(tags: Mapping[str, str]) -> tuple[Select[Any], ColumnElement[str]]:
    """Return a query for the runs that bear all of these tags, and the column of their ids that they are sorted by.

    It goes along the last tag's index, which holds its runs in order, so that a page costs the same whether few runs
    bear it or all do. A set of all its runs, which `IN` makes of them, is dear where many do.
    """
    statement, by = select(runs), runs.c.run_id
    for number, (key, value) in enumerate(tags.items()):
        tag = run_tags.alias(f"tag_{number}")
        statement = statement.join(tag, tag.c.run_id == by)
        statement = statement.where(tag.c.key == findable(key), tag.c.value == findable(value))
        by = tag.c.run_id
    return statement, by


def _find_run(connection: Connection, run_id: str, *, locked: bool = False) -> Run | None:
    row = (_FIND_LOCKED if locked else _FIND).run(connection, {"id": run_id}).fetchone()
    return None if row is None else from_values(row)
