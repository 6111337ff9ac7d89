"""The runs' rows."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

import attrs
from sqlalchemy import Connection, Row, or_, select
from sqlalchemy.exc import IntegrityError

from mainspring.errors import StorageError
from mainspring.event import Event
from mainspring.run import Run, RunPolicy, RunStatus, WorkerIdentity
from mainspring.run.policy import NO_POLICY
from mainspring.storage.port import RunQuery
from mainspring.storage.rows import check_new, claimed, new_attempt, queued_attempt
from mainspring.storage.sql.database import Database
from mainspring.storage.sql.events import append_events
from mainspring.storage.sql.tables import IS_ACTIVE, IS_QUEUED, IS_TO_RETRY, run_tags, runs

_FINDABLE_LIMIT = 300


class SqlRuns:
    """Keeps the runs' rows in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, run: Run, events: Sequence[Event]) -> None:
        check_new(run, exists=False)
        with self._database.write(durable=True) as connection:
            try:
                connection.execute(runs.insert(), _to_row(run))
            except IntegrityError:
                check_new(run, exists=True)
                raise
            if run.tags:
                tags = [
                    {"run_id": run.run_id, "key": _findable(key), "value": _findable(value)}
                    for key, value in run.tags.items()
                ]
                connection.execute(run_tags.insert(), tags)
            append_events(self._database, connection, events)

    def begin_attempt(self, run_id: str, attempt: int, worker: WorkerIdentity | None, events: Sequence[Event]) -> None:
        with self._database.write(durable=True) as connection:
            run = _find_run(connection, run_id, locked=True)
            changes = new_attempt(run_id, run, attempt, worker, events[0].timestamp)
            changes["worker"] = _worker_to_text(worker)
            connection.execute(runs.update().where(runs.c.run_id == run_id, runs.c.attempt == attempt), changes)
            append_events(self._database, connection, events)

    def claim(self, run_id: str, attempt: int, worker: WorkerIdentity, events: Sequence[Event]) -> None:
        with self._database.write(durable=True) as connection:
            run = _find_run(connection, run_id, locked=True)
            changes = claimed(run_id, run, attempt, worker, events[0].timestamp)
            changes["worker"] = _worker_to_text(worker)
            connection.execute(runs.update().where(runs.c.run_id == run_id, runs.c.attempt == attempt), changes)
            append_events(self._database, connection, events)

    def queued(self, limit: int, without: Collection[str] = ()) -> list[Run]:
        statement = select(runs).where(IS_QUEUED).order_by(runs.c.priority.desc(), runs.c.run_id).limit(limit)
        if without:
            statement = statement.where(or_(runs.c.location.is_(None), runs.c.location.not_in(without)))
        with self._database.read() as connection:
            return [_from_row(row) for row in connection.execute(statement)]

    def active(self, limit: int | None = None, after: str | None = None) -> list[Run]:
        statement = select(runs).where(IS_ACTIVE).order_by(runs.c.run_id).limit(limit)
        if after is not None:
            statement = statement.where(runs.c.run_id > after)
        with self._database.read() as connection:
            return [_from_row(row) for row in connection.execute(statement)]

    def to_retry(self, limit: int) -> list[Run]:
        statement = select(runs).where(IS_TO_RETRY).order_by(runs.c.run_id).limit(limit)
        with self._database.read() as connection:
            return [_from_row(row) for row in connection.execute(statement)]

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
        statement = select(runs).order_by(runs.c.run_id.desc()).limit(query.limit)
        if query.job_name is not None:
            statement = statement.where(runs.c.job_name == query.job_name)
        if query.mode is not None:
            statement = statement.where(runs.c.mode == query.mode)
        if query.statuses:
            statement = statement.where(runs.c.status.in_(query.statuses))
        if query.prefix is not None:
            if not (query.prefix.isascii() and query.prefix.isprintable()):
                return []
            after = f"{query.prefix[:-1]}{chr(ord(query.prefix[-1]) + 1)}" if query.prefix else None
            statement = statement.where(runs.c.run_id >= query.prefix)
            statement = statement if after is None else statement.where(runs.c.run_id < after)
        if query.before is not None:
            statement = statement.where(runs.c.run_id < query.before)
        for key, value in query.tags.items():
            bearing = select(run_tags.c.run_id).where(
                run_tags.c.key == _findable(key), run_tags.c.value == _findable(value)
            )
            statement = statement.where(runs.c.run_id.in_(bearing))
        with self._database.read() as connection:
            return [_from_row(row) for row in connection.execute(statement)]


def _find_run(connection: Connection, run_id: str, *, locked: bool = False) -> Run | None:
    statement = select(runs).where(runs.c.run_id == run_id)
    row = connection.execute(statement.with_for_update(key_share=True) if locked else statement).first()
    return None if row is None else _from_row(row)


def _to_row(run: Run) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "job_name": run.job_name,
        "mode": run.mode,
        "status": run.status,
        "attempt": run.attempt,
        "config": json.dumps(run.config),
        "tags": json.dumps(dict(run.tags)),
        "selection": None if run.selection is None else json.dumps(run.selection),
        "run_key": run.run_key,
        "scheduled_time": run.scheduled_time,
        "partition_key": run.partition_key,
        "parent_run_id": run.parent_run_id,
        "priority": run.priority,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "reason": run.reason,
        "worker": _worker_to_text(run.worker),
        "location": run.location,
        "automation": run.automation,
        "tick_id": run.tick_id,
        "policy": _policy_to_text(run.policy),
        "not_before": run.not_before,
        "retries_left": run.retries_left,
    }


def _from_row(row: Row[Any]) -> Run:
    try:
        return _read(row._asdict())
    except (ValueError, TypeError) as error:
        raise StorageError(
            f"the row of run {row.run_id} is damaged ({error}); restore the database from a backup, or delete that row"
        ) from error


def _read(fields: dict[str, Any]) -> Run:
    fields["status"] = RunStatus(fields["status"])
    fields["config"] = json.loads(fields["config"])
    fields["tags"] = json.loads(fields["tags"])
    if fields["selection"] is not None:
        fields["selection"] = tuple(json.loads(fields["selection"]))
    if fields["worker"] is not None:
        fields["worker"] = WorkerIdentity(**json.loads(fields["worker"]))
    fields["retries_left"] = fields["retries_left"] or 0
    fields["policy"] = NO_POLICY if fields["policy"] is None else RunPolicy(**json.loads(fields["policy"]))
    return Run(**fields)


def _policy_to_text(policy: RunPolicy) -> str | None:
    return None if policy == NO_POLICY else json.dumps(attrs.asdict(policy))


def _worker_to_text(worker: WorkerIdentity | None) -> str | None:
    return None if worker is None else json.dumps(attrs.asdict(worker))


def _findable(text: str) -> str:
    """Return what stands for a tag's key or value in the index, whose rows PostgreSQL limits to 2,704 bytes."""
    if len(text) <= _FINDABLE_LIMIT:
        return text
    import hashlib

    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{text[: _FINDABLE_LIMIT - len(digest)]}{digest}"
