"""The rows of automations and of their ticks."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import and_, select

from mainspring.storage.admission import Admission, Batch
from mainspring.storage.automation import AutomationState, Decision, RunKey, Tick, TickQuery
from mainspring.storage.duty import Duty
from mainspring.storage.sql import ledger
from mainspring.storage.sql.automation_rows import from_row, to_row, to_tick
from mainspring.storage.sql.backend import Lock
from mainspring.storage.sql.commit import apply
from mainspring.storage.sql.database import Database
from mainspring.storage.sql.duties import check_duty
from mainspring.storage.sql.outbox import take_chunk
from mainspring.storage.sql.queue import Queueing
from mainspring.storage.sql.tables import automations, definitions, outbox, run_keys, runs, ticks

_STATE = [each for each in automations.c if each.name != "cursor"]
_KEYS_A_QUERY = 500


class SqlAutomations:
    """Keeps automations in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def states(self, location: str | None = None) -> list[AutomationState]:
        statement = select(*_STATE).order_by(automations.c.location, automations.c.name)
        if location is not None:
            statement = statement.where(automations.c.location == location)
        with self._database.read() as connection:
            return [from_row(row) for row in connection.execute(statement)]

    def get(self, location: str, name: str) -> AutomationState | None:
        statement = select(*_STATE).where(automations.c.location == location, automations.c.name == name)
        with self._database.read() as connection:
            row = connection.execute(statement).first()
        return None if row is None else from_row(row)

    def cursors(self, location: str, names: Collection[str]) -> dict[str, str | None]:
        wanted = list(names)
        found: dict[str, str | None] = {}
        with self._database.read() as connection:
            for start in range(0, len(wanted), _KEYS_A_QUERY):
                some = wanted[start : start + _KEYS_A_QUERY]
                statement = select(automations.c.name, automations.c.cursor).where(
                    automations.c.location == location, automations.c.name.in_(some)
                )
                found.update((row.name, row.cursor) for row in connection.execute(statement))
        return found

    def follower_cursors(self) -> list[str | None]:
        is_offered = and_(
            definitions.c.location == automations.c.location,
            definitions.c.kind == "sensor",
            definitions.c.name == automations.c.name,
        )
        statement = select(automations.c.cursor).join(definitions, is_offered).where(automations.c.timing.is_not(None))
        with self._database.read() as connection:
            return list(connection.execute(statement).scalars())

    def introduce(self, states: Sequence[AutomationState]) -> None:
        with self._database.write(durable=True) as connection:
            self._database.lock(connection, Lock.AUTOMATIONS)
            for location in {state.location for state in states}:
                statement = select(automations.c.name).where(automations.c.location == location)
                known = set(connection.execute(statement).scalars())
                new = [to_row(each) for each in states if each.location == location and each.name not in known]
                if new:
                    connection.execute(automations.insert(), new)

    def adopt(self, location: str, old: str, new: str, at: float) -> bool:
        with self._database.write(durable=True) as connection:
            self._database.lock(connection, Lock.AUTOMATIONS)
            statement = select(automations.c.name).where(
                automations.c.location == location, automations.c.name.in_([old, new])
            )
            if connection.execute(statement).scalars().all() != [old]:
                return False
            renamed = {"name": new, "version": automations.c.version + 1, "updated_at": at}
            old_place = (automations.c.location == location, automations.c.name == old)
            connection.execute(automations.update().where(*old_place).values(renamed))
            for table in (ticks, outbox, run_keys, runs):
                named = (table.c.location == location, table.c.automation == old)
                connection.execute(table.update().where(*named), {"automation": new})
        return True

    def commit(
        self, decisions: Sequence[Decision], admission: Admission | None = None, duty: Duty | None = None
    ) -> Batch:
        with self._database.write(durable=True) as connection:
            check_duty(connection, duty)
            queueing = Queueing(self._database, connection)
            committed = tuple(apply(connection, queueing, self._database, each) for each in decisions)
            started = queueing.finish(admission)
        return Batch(committed, started)

    def expand(self, location: str, admission: Admission | None = None, duty: Duty | None = None) -> Batch | None:
        with self._database.write(durable=True) as connection:
            check_duty(connection, duty)
            queueing = Queueing(self._database, connection)
            committed = take_chunk(connection, queueing, self._database, location)
            if committed is None:
                return None
            started = queueing.finish(admission)
        return Batch((committed,), started)

    def known_keys(self, location: str, name: str, keys: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        with self._database.read() as connection:
            return ledger.known(connection, self._database, location, name, keys)

    def keys(self, location: str, name: str, run_key: str | None = None, limit: int = 100) -> list[RunKey]:
        with self._database.read() as connection:
            return ledger.listed(connection, location, name, run_key, limit)

    def clear_keys(self, location: str, name: str, run_key: str, job_name: str | None = None) -> int:
        with self._database.write(durable=True) as connection:
            return ledger.clear(connection, location, name, run_key, job_name)

    def ticks(self, query: TickQuery) -> list[Tick]:
        statement = (
            select(ticks)
            .where(ticks.c.location == query.location, ticks.c.automation == query.automation)
            .order_by(ticks.c.tick_id.desc())
            .limit(query.limit)
        )
        if query.statuses:
            statement = statement.where(ticks.c.status.in_(query.statuses))
        if query.before is not None:
            statement = statement.where(ticks.c.tick_id < query.before)
        with self._database.read() as connection:
            return [to_tick(row) for row in connection.execute(statement)]

    def ticks_by_id(self, tick_ids: Collection[int]) -> dict[int, Tick]:
        wanted = list(tick_ids)
        found: dict[int, Tick] = {}
        with self._database.read() as connection:
            for start in range(0, len(wanted), _KEYS_A_QUERY):
                statement = select(ticks).where(ticks.c.tick_id.in_(wanted[start : start + _KEYS_A_QUERY]))
                found.update((row.tick_id, to_tick(row)) for row in connection.execute(statement))
        return found
