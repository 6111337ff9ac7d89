"""The materializations of assets, in their order."""

from __future__ import annotations

from sqlalchemy import select

from mainspring.event import Event
from mainspring.storage.sql.database import Database
from mainspring.storage.sql.events import to_event
from mainspring.storage.sql.tables import asset_events, events, runs


class SqlAssets:
    """Finds materializations in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def latest(self, asset: str, partition_key: str | None = None, mode: str | None = None) -> Event | None:
        statement = (
            select(events)
            .join(asset_events, asset_events.c.event_id == events.c.event_id)
            .where(asset_events.c.asset == asset)
            .order_by(asset_events.c.position.desc())
            .limit(1)
        )
        if partition_key is not None:
            statement = statement.where(asset_events.c.partition_key == partition_key)
        if mode is not None:
            statement = statement.join(runs, runs.c.run_id == events.c.run_id).where(runs.c.mode == mode)
        with self._database.read() as connection:
            row = connection.execute(statement).first()
        return None if row is None else to_event(row)

    def keys(self) -> list[str]:
        with self._database.read() as connection:
            return list(
                connection.execute(select(asset_events.c.asset).distinct().order_by(asset_events.c.asset)).scalars()
            )
