"""The schema's version: created where there is none, and refused where it does not go with this code."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, select, text

from mainspring.errors import AbsentSchemaError, SchemaError, shorten
from mainspring.storage.sql.backend import Lock
from mainspring.storage.sql.database import Database
from mainspring.storage.sql.tables import schema_info

SCHEMA_VERSION = 6
"""The version that this code writes: the number of the newest migration."""


def prepare_schema(database: Database, *, create: bool) -> None:
    """Check the schema, creating it in an empty database.

    Raises:
        SchemaError: It is too old, too new for this code to write to, or not ours.
    """
    with database.read() as connection:
        found = find_version(connection, database)
    if found is None:
        if not create:
            raise AbsentSchemaError(
                f"storage {database.description} is empty; run `mainspring instance migrate` to fill it"
            )
        migrate(database)
        return
    if found < SCHEMA_VERSION:
        raise SchemaError(
            f"storage {database.description} has schema version {found}, older than the {SCHEMA_VERSION} of this "
            "Mainspring; back it up and run `mainspring instance migrate`"
        )
    if found > SCHEMA_VERSION:
        with database.read() as connection:
            _check_may_write(connection, database, found)


def migrate(database: Database) -> tuple[int, int]:
    """Bring the schema to this code's version, in one transaction, and return the versions before and after.

    Raises:
        SchemaError: It is newer than this code.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "mainspring.storage:migrations")
    with database.write(durable=True) as connection:
        database.lock(connection, Lock.SCHEMA)
        found = find_version(connection, database) or 0
        if found > SCHEMA_VERSION:
            raise SchemaError(
                f"storage {database.description} has schema version {found}, newer than the {SCHEMA_VERSION} of this "
                "Mainspring; upgrade Mainspring"
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return found, SCHEMA_VERSION


def find_version(connection: Connection, database: Database) -> int | None:
    """Return the version of a database's schema; None where it has no tables.

    Raises:
        SchemaError: Its tables are not ours.
    """
    tables = set(inspect(connection).get_table_names())
    if not tables:
        return None
    if not {"alembic_version", "schema_info"} <= tables:
        raise SchemaError(
            f"storage {database.description} holds tables of something else ({', '.join(sorted(tables)[:3])}…); "
            "name a database of its own for Mainspring"
        )
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return _number(found or "0", database)


def _check_may_write(connection: Connection, database: Database, found: int) -> None:
    row = connection.execute(select(schema_info.c.value).where(schema_info.c.key == "min_writer")).scalar()
    if row is None or _number(row, database) > SCHEMA_VERSION:
        raise SchemaError(
            f"storage {database.description} has schema version {found}, to which code of version {SCHEMA_VERSION} may "
            "not write; upgrade Mainspring"
        )


def _number(version: str, database: Database) -> int:
    """Read a schema's version; one that is no number was written by code that this one knows nothing of."""
    if not version.isdecimal():
        raise SchemaError(
            f"storage {database.description} has schema version {shorten(version)!r}, which this Mainspring does not know; "
            "upgrade Mainspring, or name a database of its own for it"
        )
    return int(version)
