"""What followers read of runs: the changes of their statuses, over all runs, in their order."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Select, func, select, union_all

from mainspring.event.effect import RUN_STATUS
from mainspring.storage.run_fact import RunFact
from mainspring.storage.sql.event_rows import to_event
from mainspring.storage.sql.tables import IS_ABOUT_RUN, asset_events, events, runs

KINDS = tuple(fact.kind for fact in RUN_STATUS)  # type: ignore[attr-defined]
"""The kinds of facts that change a run's status."""


def run_facts_after(connection: Connection, event_id: int, kinds: Sequence[str], limit: int) -> list[RunFact]:
    """Return the run facts of some kinds behind an event.

    One statement looks at one state of the database. With one for each kind, a fact could be committed before its kind is
    looked at and another one behind it before theirs: whoever goes on behind that one would miss the first.
    """
    if not kinds:
        return []
    ids = union_all(*(_ids(kind, event_id, limit) for kind in dict.fromkeys(kinds))).subquery()
    statement = (
        select(events, runs.c.job_name, runs.c.location, runs.c.automation)
        .join(ids, ids.c.event_id == events.c.event_id)
        .join(runs, runs.c.run_id == events.c.run_id)
        .order_by(ids.c.event_id)
        .limit(limit)
    )
    found = connection.execute(statement)
    return [RunFact(to_event(row), row.job_name, row.location, row.automation) for row in found]


def last_followed(connection: Connection) -> int:
    """Return the id of the last fact that others follow; 0 for none."""
    lasts = [_last(kind) for kind in KINDS]
    written = select(asset_events.c.event_id).order_by(asset_events.c.position.desc()).limit(1).subquery()
    ids = union_all(*lasts, select(written.c.event_id)).subquery()
    return connection.execute(select(func.max(ids.c.event_id))).scalar() or 0


def _ids(kind: str, event_id: int, limit: int) -> Select[tuple[int]]:
    of_kind = (
        select(events.c.event_id)
        .where(IS_ABOUT_RUN, events.c.kind == kind, events.c.event_id > event_id)
        .order_by(events.c.event_id)
        .limit(limit)
        .subquery()
    )
    return select(of_kind.c.event_id)


def _last(kind: str) -> Select[tuple[int]]:
    of_kind = (
        select(events.c.event_id)
        .where(IS_ABOUT_RUN, events.c.kind == kind)
        .order_by(events.c.event_id.desc())
        .limit(1)
        .subquery()
    )
    return select(of_kind.c.event_id)
