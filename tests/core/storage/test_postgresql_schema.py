"""The schema on PostgreSQL: what the migrations make is what the tables say, from every version on."""

from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from mainspring.errors import SchemaError, StorageError
from mainspring.run import Run, RunStatus
from mainspring.storage import RunQuery, migrate_storage, open_storage
from mainspring.storage.sql.database import Database
from mainspring.storage.sql.schema import SCHEMA_VERSION
from mainspring.storage.sql.tables import metadata

pytestmark = pytest.mark.integration

RUN = Run(run_id="run-1", job_name="job", mode="dev", status=RunStatus.STARTED)
COLUMNS = """
SELECT table_name, column_name, data_type, is_nullable, collation_name FROM information_schema.columns
WHERE table_schema = 'public'
"""
INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"


def execute(url: str, *statements: str) -> None:
    with closing(Database(url, Path())) as database, database.write(durable=True) as connection:
        for each in statements:
            connection.exec_driver_sql(each)


def structure(url: str) -> set[tuple[object, ...]]:
    """Return what a database is made of."""
    with closing(Database(url, Path())) as database, database.read() as connection:
        return {tuple(row) for query in (COLUMNS, INDEXES) for row in connection.exec_driver_sql(query)}


def make_version(url: str, version: str) -> None:
    """Make a database as the release of a version left it."""
    config = Config()
    config.set_main_option("script_location", "mainspring.storage:migrations")
    with closing(Database(url, Path())) as database, database.write(durable=True) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)


def test_migrations_make_what_the_tables_say(postgres_url: str) -> None:
    with closing(Database(postgres_url, Path())) as database, database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})

        assert compare_metadata(context, metadata) == []


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
def test_an_old_database_is_refused_until_it_is_migrated(
    version: int, empty_postgres_url: str, postgres_url: str
) -> None:
    """Scars: D#27876, D#25686. The rows stay, and the schema becomes what a fresh one is."""
    make_version(empty_postgres_url, f"{version:04}")
    execute(
        empty_postgres_url,
        "INSERT INTO runs (run_id, job_name, mode, status, attempt, config, tags, priority, created_at) "
        "VALUES ('run-0', 'job', 'dev', 'STARTED', 1, '{}', '{}', 0, 1.5)",
    )
    with pytest.raises(SchemaError, match=r"older than the .* run `mainspring instance migrate`"):
        open_storage(empty_postgres_url, Path())

    assert migrate_storage(empty_postgres_url, Path()) == (version, SCHEMA_VERSION)
    assert structure(empty_postgres_url) == structure(postgres_url)
    with closing(open_storage(empty_postgres_url, Path())) as storage:
        assert [run.run_id for run in storage.runs.find(RunQuery())] == ["run-0"]


@pytest.mark.parametrize("writer", [SCHEMA_VERSION, 1])
def test_a_newer_schema_that_admits_this_version_is_used(writer: int, empty_postgres_url: str) -> None:
    open_storage(empty_postgres_url, Path()).close()
    execute(
        empty_postgres_url,
        "UPDATE alembic_version SET version_num = '0999'",
        "ALTER TABLE runs ADD COLUMN colour TEXT",
        f"UPDATE schema_info SET value = '{writer}' WHERE key = 'min_writer'",
    )

    with closing(open_storage(empty_postgres_url, Path())) as storage:
        storage.runs.create(RUN, [])
        assert storage.runs.get("run-1") == RUN


def test_a_newer_schema_that_does_not_is_refused(empty_postgres_url: str) -> None:
    """Scars: D#27876, D#25686. Old code says what to do, and changes nothing."""
    open_storage(empty_postgres_url, Path()).close()
    execute(
        empty_postgres_url,
        "UPDATE alembic_version SET version_num = '0999'",
        "UPDATE schema_info SET value = '998' WHERE key = 'min_writer'",
    )

    for attempt in (open_storage, migrate_storage):
        with pytest.raises(SchemaError, match="upgrade Mainspring"):
            attempt(empty_postgres_url, Path())


def test_a_migration_that_fails_leaves_nothing_behind(empty_postgres_url: str) -> None:
    """The tables come with the last of the migrations, or not at all."""
    execute(empty_postgres_url, "CREATE SEQUENCE asset_events_by_partition")

    with pytest.raises(StorageError, match="asset_events_by_partition"):
        migrate_storage(empty_postgres_url, Path())
    assert structure(empty_postgres_url) == set()


def test_another_programs_database_is_left_alone(empty_postgres_url: str) -> None:
    execute(empty_postgres_url, "CREATE TABLE orders (x int)")
    before = structure(empty_postgres_url)

    with pytest.raises(SchemaError, match=r"holds tables of something else .orders"):
        open_storage(empty_postgres_url, Path())
    assert structure(empty_postgres_url) == before


def test_two_instances_share_a_database_in_schemas_of_their_own(empty_postgres_url: str) -> None:
    execute(empty_postgres_url, "CREATE SCHEMA one", "CREATE SCHEMA two")
    one, two = (f"{empty_postgres_url}&options=-csearch_path={name}" for name in ("one", "two"))

    with closing(open_storage(one, Path())) as storage:
        storage.runs.create(RUN, [])
    with closing(open_storage(two, Path())) as storage:
        assert storage.runs.get("run-1") is None
    assert structure(empty_postgres_url) == set()
