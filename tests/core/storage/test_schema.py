"""The schema: its migrations make what the tables say, and a version that does not fit is refused with the remedy."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from mainspring.errors import SchemaError, StorageError
from mainspring.event import Event, RunSucceeded
from mainspring.run import Run, RunStatus
from mainspring.storage import RunQuery, migrate_storage, open_storage
from mainspring.storage.sql.schema import SCHEMA_VERSION
from mainspring.storage.sql.tables import metadata

URL = "sqlite:///mainspring.db"
RUN = Run(run_id="run-1", job_name="job", mode="dev", status=RunStatus.STARTED)


def execute(folder: Path, *statements: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "mainspring.db")) as connection, connection:
        rows: list[tuple[object, ...]] = []
        for each in statements:
            rows = connection.execute(each).fetchall()
        return rows


def structure(folder: Path) -> set[tuple[object, ...]]:
    """Return what a database is made of: the columns of its tables, and its indexes."""
    tables = [str(name) for (name,) in execute(folder, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    columns = {(table, *column[1:]) for table in tables for column in execute(folder, f"PRAGMA table_info({table})")}
    indexes = {
        ("index", table, *map(str, index[1:4]), str(execute(folder, f"PRAGMA index_info('{index[1]}')")))
        for table in tables
        for index in execute(folder, f"PRAGMA index_list({table})")
    }
    return columns | indexes


def make_version(folder: Path, version: str) -> None:
    """Make a database as the release of a version left it."""
    config = Config()
    config.set_main_option("script_location", "mainspring.storage:migrations")
    engine = create_engine(f"sqlite:///{folder / 'mainspring.db'}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    engine.dispose()


def versions() -> list[str]:
    config = Config()
    config.set_main_option("script_location", "mainspring.storage:migrations")
    return sorted(each.revision for each in ScriptDirectory.from_config(config).walk_revisions())


def test_migrations_make_what_the_tables_say(tmp_path: Path) -> None:
    open_storage(URL, tmp_path).close()
    engine = create_engine(f"sqlite:///{tmp_path / 'mainspring.db'}")
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)
    engine.dispose()

    assert found == []


def test_the_newest_migration_is_the_version() -> None:
    assert versions() == [f"{number:04}" for number in range(1, SCHEMA_VERSION + 1)]


@pytest.mark.parametrize("version", versions()[:-1])
def test_an_old_database_is_refused_until_it_is_migrated(version: str, tmp_path: Path) -> None:
    """Scars: D#27876, D#25686. The rows stay, and the schema becomes what a fresh one is."""
    old, fresh = tmp_path / "old", tmp_path / "fresh"
    for folder in (old, fresh):
        folder.mkdir()
    open_storage(URL, fresh).close()
    make_version(old, version)
    execute(
        old,
        "INSERT INTO runs (run_id, job_name, mode, status, attempt, config, tags, priority, created_at) "
        "VALUES ('run-0', 'job', 'dev', 'STARTED', 1, '{}', '{}', 0, 1.5)",
    )
    with pytest.raises(SchemaError, match=r"older than the .* run `mainspring instance migrate`"):
        open_storage(URL, old)

    assert migrate_storage(URL, old) == (int(version), SCHEMA_VERSION)
    assert structure(old) == structure(fresh)
    with closing(open_storage(URL, old)) as storage:
        (run,) = storage.runs.find(RunQuery())
        assert (run.run_id, run.status, run.worker) == ("run-0", RunStatus.STARTED, None)


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    assert migrate_storage(URL, tmp_path) == (0, SCHEMA_VERSION)
    before = structure(tmp_path)
    assert migrate_storage(URL, tmp_path) == (SCHEMA_VERSION, SCHEMA_VERSION)
    assert structure(tmp_path) == before


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """Give the folder of a database that a later version has migrated."""
    open_storage(URL, tmp_path).close()
    execute(tmp_path, "UPDATE alembic_version SET version_num = '0999'", "ALTER TABLE runs ADD COLUMN colour TEXT")
    return tmp_path


@pytest.mark.parametrize("writer", [SCHEMA_VERSION, 1])
def test_a_newer_schema_that_admits_this_version_is_used(writer: int, newer: Path) -> None:
    execute(newer, f"UPDATE schema_info SET value = '{writer}' WHERE key = 'min_writer'")

    with closing(open_storage(URL, newer)) as storage:
        storage.runs.create(RUN, [])
        storage.events.record("run-1", 1, [Event(run_id="run-1", run_attempt=1, fact=RunSucceeded(), timestamp=2.0)])
        found = storage.runs.get("run-1")
        assert found is not None
        assert found.status is RunStatus.SUCCESS
    with pytest.raises(SchemaError, match=r"newer than the .* upgrade Mainspring"):
        migrate_storage(URL, newer)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE schema_info SET value = '998' WHERE key = 'min_writer'",
        "UPDATE schema_info SET value = 'red' WHERE key = 'min_writer'",
        "DELETE FROM schema_info",
        "UPDATE alembic_version SET version_num = 'ae1027a6acf'",
    ],
)
def test_a_newer_schema_that_does_not_is_refused(change: str, newer: Path) -> None:
    execute(newer, change)
    before = structure(newer)

    with pytest.raises(SchemaError, match="upgrade Mainspring"):
        open_storage(URL, newer)
    assert structure(newer) == before


@pytest.mark.parametrize("name", ["orders", "alembic_version", "schema_info", "runs"])
def test_another_programs_database_is_left_alone(name: str, tmp_path: Path) -> None:
    execute(tmp_path, f"CREATE TABLE {name} (x)")
    before = structure(tmp_path)

    attempts: list[Callable[[str, Path], object]] = [open_storage, migrate_storage]
    for attempt in attempts:
        with pytest.raises(SchemaError, match=rf"holds tables of something else .{name}.*name a database of its own"):
            attempt(URL, tmp_path)
    assert structure(tmp_path) == before


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    """The last table is there already, and of another shape."""
    execute(
        tmp_path,
        "CREATE TABLE alembic_version (version_num TEXT)",
        "CREATE TABLE schema_info (key TEXT, value TEXT)",
        "CREATE TABLE asset_events (x)",
    )
    before = structure(tmp_path)
    with pytest.raises(StorageError, match="already exists"):
        migrate_storage(URL, tmp_path)

    assert structure(tmp_path) == before


def test_an_empty_database_is_filled_only_where_that_is_wanted(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="does not exist; run `mainspring instance migrate`"):
        open_storage(URL, tmp_path, create=False)
    assert list(tmp_path.iterdir()) == []

    (tmp_path / "mainspring.db").touch()
    with pytest.raises(SchemaError, match="is empty; run `mainspring instance migrate`"):
        open_storage(URL, tmp_path, create=False)
    assert structure(tmp_path) == set()
