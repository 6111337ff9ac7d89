"""The rows of leases and heartbeats."""

from __future__ import annotations

import json

from sqlalchemy import Connection, select

from mainspring.errors import SupersededError
from mainspring.storage.duty import Duty, Heartbeat, Lease
from mainspring.storage.sql.backend import Lock
from mainspring.storage.sql.database import Database
from mainspring.storage.sql.tables import heartbeats, leases


def check_duty(connection: Connection, duty: Duty | None) -> None:
    """Check that a lease is held by who thinks so, and keep it so to the commit.

    Raises:
        SupersededError: It is not.
    """
    if duty is None:
        return
    holder = connection.execute(
        select(leases.c.holder).where(leases.c.name == duty.name).with_for_update(read=True)
    ).scalar()
    if holder != duty.holder:
        raise SupersededError(f"lease {duty.name!r} was taken over by another daemon; nothing was written")


class SqlDuties:
    """Keeps leases and heartbeats in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def leases(self) -> list[Lease]:
        with self._database.read() as connection:
            rows = connection.execute(select(leases).order_by(leases.c.name))
            return [Lease(row.name, row.holder, row.version, row.body) for row in rows]

    def take_lease(self, lease: Lease, before: Lease | None) -> bool:
        row = {"holder": lease.holder, "version": lease.version, "body": lease.identity}
        with self._database.write(durable=True) as connection:
            if before is not None:
                as_read = (leases.c.name == before.name, leases.c.holder == before.holder)
                changed = connection.execute(leases.update().where(*as_read, leases.c.version == before.version), row)
                return changed.rowcount == 1
            self._database.lock(connection, Lock.AUTOMATIONS)
            if connection.execute(select(leases.c.name).where(leases.c.name == lease.name)).first() is not None:
                return False
            connection.execute(leases.insert(), {"name": lease.name, **row})
            return True

    def release_lease(self, name: str, holder: str) -> None:
        with self._database.write(durable=True) as connection:
            connection.execute(leases.delete().where(leases.c.name == name, leases.c.holder == holder))

    def beat(self, heartbeat: Heartbeat) -> None:
        row = {"version": heartbeat.version, "beat_at": heartbeat.beat_at, "body": json.dumps(heartbeat.body)}
        with self._database.write(durable=False) as connection:
            place = heartbeats.c.daemon_id == heartbeat.daemon_id
            if connection.execute(heartbeats.update().where(place), row).rowcount == 0:
                connection.execute(heartbeats.insert(), {"daemon_id": heartbeat.daemon_id, **row})

    def heartbeats(self) -> list[Heartbeat]:
        with self._database.read() as connection:
            rows = connection.execute(select(heartbeats).order_by(heartbeats.c.daemon_id))
            return [Heartbeat(row.daemon_id, row.version, row.beat_at, json.loads(row.body)) for row in rows]

    def forget_heartbeat(self, daemon_id: str) -> None:
        with self._database.write(durable=False) as connection:
            connection.execute(heartbeats.delete().where(heartbeats.c.daemon_id == daemon_id))
