"""Counting what a database holds."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, func, select

from mainspring.storage.sql.database import Database
from mainspring.storage.sql.schema import SCHEMA_VERSION, find_version
from mainspring.storage.sql.tables import asset_events, events, runs
from mainspring.storage.summary import StorageSummary


def summarize_sql(url: str, folder: Path) -> StorageSummary:
    """Count what the database at a URL holds; a file that is not there is not made."""
    database = Database(url, folder)
    try:
        if not database.exists():
            return StorageSummary(database.description, None, SCHEMA_VERSION)
        with database.read() as connection:
            version = find_version(connection, database)
            if version != SCHEMA_VERSION:
                return StorageSummary(database.description, version, SCHEMA_VERSION)
            return _counted(connection, database.description)
    finally:
        database.close()


def _counted(connection: Connection, description: str) -> StorageSummary:
    by_status = connection.execute(select(runs.c.status, func.count()).group_by(runs.c.status).order_by(runs.c.status))
    return StorageSummary(
        description,
        SCHEMA_VERSION,
        SCHEMA_VERSION,
        {row[0]: row[1] for row in by_status},
        connection.execute(select(func.count()).select_from(events)).scalar_one(),
        connection.execute(select(func.count(asset_events.c.asset.distinct()))).scalar_one(),
    )
