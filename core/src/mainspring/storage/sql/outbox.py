"""The outbox: runs that a tick has asked for, kept until they are queued in parts, so that no transaction takes long."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Connection, select

from mainspring.run import Run
from mainspring.storage.automation import Committed, Tick, with_requests
from mainspring.storage.sql import ledger
from mainspring.storage.sql.automation_rows import from_row, tick_row, to_tick
from mainspring.storage.sql.database import Database
from mainspring.storage.sql.queue import Queueing
from mainspring.storage.sql.run_rows import from_fields, to_row
from mainspring.storage.sql.tables import automations, outbox, ticks

CHUNK = 250
"""How many runs are queued in one transaction."""

_STATE = [each for each in automations.c if each.name != "cursor"]


def put_aside(connection: Connection, tick: Tick, asked: Sequence[Run]) -> int:
    """Keep what a tick asks for, and return in how many parts."""
    parts = [asked[start : start + CHUNK] for start in range(0, len(asked), CHUNK)]
    rows = [
        {
            "tick_id": tick.tick_id,
            "chunk": number,
            "location": tick.location,
            "automation": tick.automation,
            "body": json.dumps([to_row(run) for run in part]),
        }
        for number, part in enumerate(parts)
    ]
    connection.execute(outbox.insert(), rows)
    return len(rows)


def take_chunk(connection: Connection, queueing: Queueing, database: Database, location: str) -> Committed | None:
    """Queue the oldest part of what ticks of a location have asked for; None where nothing is left."""
    oldest = (
        select(outbox)
        .where(outbox.c.location == location)
        .order_by(outbox.c.tick_id, outbox.c.chunk)
        .limit(1)
        .with_for_update()
    )
    row = connection.execute(oldest).first()
    if row is None:
        return None
    found = connection.execute(select(ticks).where(ticks.c.tick_id == row.tick_id)).one()
    tick = to_tick(found)
    runs, repeated = ledger.enter(connection, database, tick, [from_fields(each) for each in json.loads(row.body)])
    queueing.queue(runs)
    connection.execute(outbox.delete().where(outbox.c.tick_id == row.tick_id, outbox.c.chunk == row.chunk))
    tick = with_requests(tick, runs, repeated)
    values = tick_row(tick)
    connection.execute(ticks.update().where(ticks.c.tick_id == values.pop("tick_id")), values)
    place = (automations.c.location == row.location, automations.c.name == row.automation)
    changed = {"outbox": automations.c.outbox - 1, "version": automations.c.version + 1}
    connection.execute(automations.update().where(*place).values(changed))
    state = from_row(connection.execute(select(*_STATE).where(*place)).one())
    return Committed(state=state, tick=tick, runs=runs)
