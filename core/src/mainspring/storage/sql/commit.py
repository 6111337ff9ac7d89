"""What a decision does to the rows of its automation, of its ticks, and of what they ask for."""

from __future__ import annotations

from typing import Any

from attrs import evolve
from sqlalchemy import Connection, bindparam, literal_column, select

from mainspring.run import Run
from mainspring.storage.automation import Committed, Decision, Tick, TickStatus, replaced, with_requests
from mainspring.storage.sql import ledger
from mainspring.storage.sql.automation_rows import tick_row, to_row, to_tick
from mainspring.storage.sql.database import Database
from mainspring.storage.sql.outbox import put_aside
from mainspring.storage.sql.queue import Queueing
from mainspring.storage.sql.statement import Statement
from mainspring.storage.sql.tables import automations, ticks

DIRECT_LIMIT = 50
"""How many runs a decision queues by itself; more of them go through the outbox."""

_IS_AS_READ = (
    automations.c.location == bindparam("of_location"),
    automations.c.name == bindparam("of_name"),
    automations.c.version == bindparam("as_read"),
)
_CHANGED = [each.name for each in automations.c if each.name not in ("location", "name", "kind", "cursor")]
_CHANGE = Statement(automations.update().where(*_IS_AS_READ).values({name: bindparam(name) for name in _CHANGED}))
_CHANGE_AND_MOVE = Statement(
    automations.update().where(*_IS_AS_READ).values({name: bindparam(name) for name in [*_CHANGED, "cursor"]})
)
_IS_THIS = (automations.c.location == bindparam("of_location"), automations.c.name == bindparam("of_name"))
_POINT = Statement(
    automations.update()
    .where(*_IS_THIS)
    .values(last_tick_id=bindparam("last_tick_id"), turn=bindparam("turn"), outbox=bindparam("outbox"))
)
_AT_THIS_TIME = select(ticks).where(
    ticks.c.location == bindparam("of_location"),
    ticks.c.automation == bindparam("of_name"),
    ticks.c.scheduled_time == bindparam("at"),
)
_TICK_COLUMNS = [each.name for each in ticks.c if each.name != "tick_id"]
_INSERT_TICK = Statement(ticks.insert().returning(ticks.c.tick_id), _TICK_COLUMNS)
_COUNT_TICK = Statement(
    ticks.update()
    .where(ticks.c.tick_id == bindparam("of_tick"))
    .values(count=ticks.c["count"] + literal_column("1"), last_at=bindparam("last_at"))
)


def apply(connection: Connection, queueing: Queueing, database: Database, decision: Decision) -> Committed:
    """Store a decision, unless somebody else has changed its automation meanwhile."""
    state = evolve(decision.state, version=decision.state.version + 1)
    of_this = {"of_location": state.location, "of_name": state.name}
    row = {**to_row(state), **of_this, "as_read": decision.state.version, "cursor": decision.cursor}
    change = _CHANGE_AND_MOVE if decision.moves_cursor else _CHANGE
    if change.run(connection, row).rowcount != 1:
        return Committed(state=None)
    tick: Tick | None = None
    is_new = True
    for each in decision.ticks:
        tick, is_new = _record(connection, each)
    if tick is None:
        return Committed(state=state)
    runs: tuple[Run, ...] = ()
    chunks = 0
    if is_new and decision.runs:
        asked = [evolve(run, tick_id=tick.tick_id) for run in decision.runs]
        if len(asked) > DIRECT_LIMIT:
            chunks = put_aside(connection, tick, asked)
        else:
            runs, repeated = ledger.enter(connection, database, tick, asked)
            queueing.queue(runs)
            tick = with_requests(tick, runs, repeated)
        _update(connection, tick)
    waits_for = tuple(run.run_id for run in runs) if tick.detail.get("caught_up") else state.turn
    state = evolve(state, last_tick_id=tick.tick_id, turn=waits_for, outbox=state.outbox + chunks)
    if decision.ticks[-1].tick_id != tick.tick_id:
        _POINT.run(connection, {**to_row(state), **of_this})
    return Committed(state=state, tick=tick, runs=runs)


def _record(connection: Connection, tick: Tick) -> tuple[Tick, bool]:
    """Record a tick, and return it as it stands and whether it is news: not of a time that was decided before."""
    if tick.tick_id is not None:
        if _COUNT_TICK.run(connection, {"of_tick": tick.tick_id, "last_at": tick.last_at}).rowcount == 1:
            return tick, True
        tick = evolve(tick, tick_id=None)  # the one before was too old to be kept
    if tick.scheduled_time is not None:
        place = {"of_location": tick.location, "of_name": tick.automation, "at": tick.scheduled_time}
        before = connection.execute(_AT_THIS_TIME, place).first()
        if before is not None:
            return _record_again(connection, to_tick(before), tick)
    (tick_id,) = _INSERT_TICK.run(connection, tick_row(tick)).fetchone()
    return evolve(tick, tick_id=tick_id), True


def _record_again(connection: Connection, before: Tick, tick: Tick) -> tuple[Tick, bool]:
    if before.status is not TickStatus.FAILED:
        return before, False
    changed = replaced(before, tick)
    _update(connection, changed)
    return changed, True


def _update(connection: Connection, tick: Tick) -> None:
    row: dict[str, Any] = tick_row(tick)
    connection.execute(ticks.update().where(ticks.c.tick_id == row.pop("tick_id")), row)
