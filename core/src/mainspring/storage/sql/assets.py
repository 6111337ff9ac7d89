"""The materializations of assets, in their order."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, func, select, union_all

from mainspring.event import Event
from mainspring.storage.sql.database import Database
from mainspring.storage.sql.event_rows import to_event
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

    def after(self, event_id: int, assets: Collection[str], limit: int) -> list[Event]:
        if not assets:
            return []
        # One statement, so that all assets are looked at in one state of the database.
        ids = union_all(*(_ids(asset, event_id, limit) for asset in sorted(set(assets)))).subquery()
        statement = select(events).join(ids, ids.c.event_id == events.c.event_id).order_by(ids.c.event_id).limit(limit)
        with self._database.read() as connection:
            return [to_event(row) for row in connection.execute(statement)]

    def written_after(self, event_id: int, limit: int) -> list[tuple[int, str]]:
        statement = (
            select(asset_events.c.event_id, asset_events.c.asset)
            .where(asset_events.c.position > _position_of(event_id))
            .order_by(asset_events.c.position)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [(row.event_id, row.asset) for row in connection.execute(statement)]

    def keys(self) -> list[str]:
        with self._database.read() as connection:
            return list(
                connection.execute(select(asset_events.c.asset).distinct().order_by(asset_events.c.asset)).scalars()
            )


def _ids(asset: str, event_id: int, limit: int) -> Select[tuple[int]]:
    of_asset = (
        select(asset_events.c.event_id)
        .where(asset_events.c.asset == asset, asset_events.c.position > _position_of(event_id))
        .order_by(asset_events.c.position)
        .limit(limit)
        .subquery()
    )
    return select(of_asset.c.event_id)


def _position_of(event_id: int) -> ColumnElement[int]:
    """Return the position of the last materialization up to an event: ids and positions grow together."""
    last = (
        select(asset_events.c.position)
        .where(asset_events.c.event_id <= event_id)
        .order_by(asset_events.c.event_id.desc())
        .limit(1)
    )
    return func.coalesce(last.scalar_subquery(), 0)
