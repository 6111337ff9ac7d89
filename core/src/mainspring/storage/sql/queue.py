"""Putting runs into the queue, and having those leave it that may start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from attrs import evolve
from sqlalchemy import Connection, bindparam, literal_column, or_, select

from mainspring.event import Event, RunQueued, RunStarting
from mainspring.run import Run, RunStatus
from mainspring.run.queue import places_of, startable
from mainspring.storage.admission import Admission
from mainspring.storage.sql.backend import Lock
from mainspring.storage.sql.database import Database
from mainspring.storage.sql.events import append_events
from mainspring.storage.sql.run_rows import from_row, tag_rows, to_row
from mainspring.storage.sql.statement import Statement
from mainspring.storage.sql.tables import IS_ACTIVE, IS_QUEUED, run_tags, runs

PAGE = 200
"""How many runs that wait are looked at at a time."""

_PAGES = 25
"""How many pages at most, where run after run is blocked."""

_ACTIVE = select(runs).where(IS_ACTIVE).order_by(runs.c.run_id)
_WAITING = select(runs).where(IS_QUEUED).order_by(runs.c.priority.desc(), runs.c.run_id).limit(PAGE)
_INSERT_RUN = Statement(runs.insert(), [each.name for each in runs.c])
_INSERT_TAG = Statement(run_tags.insert(), [each.name for each in run_tags.c])
_START = Statement(
    runs.update()
    .where(runs.c.run_id == bindparam("of_run"), runs.c.attempt == bindparam("of_attempt"), IS_QUEUED)
    .values(status=literal_column("'STARTING'"), reason=literal_column("NULL"))
)


class Queueing:
    """What one transaction puts into the queue and takes out of it; the events come last, in `finish`."""

    def __init__(self, database: Database, connection: Connection) -> None:
        self._database = database
        self._connection = connection
        self._events: list[Event] = []

    def queue(self, new: Sequence[Run]) -> None:
        """Put runs into the queue."""
        if not new:
            return
        _INSERT_RUN.run_many(self._connection, [to_row(run) for run in new])
        tags = [row for run in new for row in tag_rows(run)]
        if tags:
            _INSERT_TAG.run_many(self._connection, tags)
        self._events += [_event(run, RunQueued(), run.created_at) for run in new]

    def finish(self, admission: Admission | None) -> tuple[Run, ...]:
        """Have runs leave the queue that may start, store the events, and return those runs: STARTING."""
        started: list[Run] = []
        if admission is not None:
            self._database.lock(self._connection, Lock.QUEUE)
            chosen = [run for run in self._startable(admission) if self._start(run)]
            started = [evolve(run, status=RunStatus.STARTING, reason=None) for run in chosen]
            self._events += [_event(run, RunStarting(), admission.now) for run in started]
        append_events(self._database, self._connection, self._events)
        return tuple(started)

    def _start(self, run: Run) -> bool:
        """Have a run leave the queue; False where it was canceled just now."""
        return bool(_START.run(self._connection, {"of_run": run.run_id, "of_attempt": run.attempt}).rowcount == 1)

    def _startable(self, admission: Admission) -> list[Run]:
        active = [from_row(row) for row in self._connection.execute(_ACTIVE)]
        places = places_of(active, admission.rules, admission.room)
        chosen: list[Run] = []
        pages = self._pages()
        while not places.are_full and (page := next(pages, None)) is not None:
            chosen += startable(page, places, admission.now, admission.without)
        return chosen

    def _pages(self) -> Iterator[list[Run]]:
        statement = _WAITING
        for _ in range(_PAGES):
            page = [from_row(row) for row in self._connection.execute(statement)]
            yield page
            if len(page) < PAGE:
                return
            last = page[-1]
            behind = or_(
                runs.c.priority < last.priority,
                (runs.c.priority == last.priority) & (runs.c.run_id > last.run_id),
            )
            statement = _WAITING.where(behind)


def _event(run: Run, fact: Any, at: float) -> Event:
    return Event(run_id=run.run_id, run_attempt=run.attempt, fact=fact, timestamp=at)
