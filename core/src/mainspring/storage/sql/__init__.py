"""The store in a database: SQLAlchemy Core over SQLite and PostgreSQL; `backend` is all that these do differently.

The only package that knows SQLAlchemy and Alembic.
"""

from __future__ import annotations

from pathlib import Path

from mainspring.errors import AbsentSchemaError
from mainspring.storage.port import Storage
from mainspring.storage.sql.assets import SqlAssets
from mainspring.storage.sql.audit import SqlAudit
from mainspring.storage.sql.automations import SqlAutomations
from mainspring.storage.sql.database import Database
from mainspring.storage.sql.duties import SqlDuties
from mainspring.storage.sql.events import SqlEvents
from mainspring.storage.sql.locations import SqlLocations
from mainspring.storage.sql.retention import SqlRetention
from mainspring.storage.sql.runs import SqlRuns
from mainspring.storage.sql.schema import migrate, prepare_schema
from mainspring.storage.sql.tables import metadata

__all__ = ["migrate_sql", "scratch_sql", "sql_storage"]


def sql_storage(url: str, folder: Path, *, create: bool = True) -> Storage:
    """Open the database at a URL and check that its schema goes with this version."""
    database = Database(url, folder)
    if not create and not database.exists():
        raise AbsentSchemaError(
            f"storage {database.description} does not exist; run `mainspring instance migrate` to make it"
        )
    try:
        prepare_schema(database, create=create)
    except BaseException:
        database.close()
        raise
    return _storage(database)


def _storage(database: Database) -> Storage:
    return Storage(
        SqlRuns(database),
        SqlEvents(database),
        SqlAssets(database),
        SqlLocations(database),
        SqlAutomations(database),
        SqlDuties(database),
        database,
        SqlAudit(database),
        SqlRetention(database),
        database.close,
        database.description,
    )


def scratch_sql(folder: Path) -> Storage:
    """Make the tables in a new SQLite file, without their migrations."""
    database = Database("sqlite:///scratch.db", folder)
    with database.write(durable=False) as connection:
        metadata.create_all(connection)
    return _storage(database)


def migrate_sql(url: str, folder: Path) -> tuple[int, int]:
    """Bring a database's schema to this version, and return the versions before and after."""
    database = Database(url, folder)
    try:
        return migrate(database)
    finally:
        database.close()
