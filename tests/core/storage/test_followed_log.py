"""What followers read: the rows that they are after, and not all that there ever were."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from mainspring.storage.sql.assets import SqlAssets
from mainspring.storage.sql.database import Database
from mainspring.storage.sql.events import SqlEvents
from mainspring.storage.sql.schema import prepare_schema


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database("sqlite:///followed.db", tmp_path)
    prepare_schema(database, create=True)
    yield database
    database.close()


def steps_of(database: Database, look: Callable[[], object]) -> list[str]:
    """Return how SQLite carries out the one query of a look-up, where it meets tables."""
    executed: list[tuple[str, Any]] = []
    with database.read() as connection:
        event.listen(connection.engine, "before_cursor_execute", lambda *args: executed.append((args[2], args[3])))
    look()
    ((statement, parameters),) = executed
    with database.read() as connection:
        explained = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    return [row[-1] for row in explained if row[-1].startswith(("SEARCH", "SCAN")) and "anon" not in row[-1]]


def test_materializations_are_found_by_their_asset_and_place(database: Database) -> None:
    found = steps_of(database, lambda: SqlAssets(database).after(5, ["orders", "bills"], 100))

    assert found.count("SEARCH asset_events USING INDEX asset_events_by_asset (asset=? AND position>?)") == 2
    assert found.count("SEARCH asset_events USING COVERING INDEX asset_events_by_event (event_id<?)") == 2
    assert [each for each in found if "events USING INTEGER PRIMARY KEY" in each] != []
    assert [each for each in found if each.startswith("SCAN")] == []


def test_what_was_written_is_found_by_its_place(database: Database) -> None:
    assert steps_of(database, lambda: SqlAssets(database).written_after(5, 100)) == [
        "SEARCH asset_events USING INTEGER PRIMARY KEY (rowid>?)",
        "SEARCH asset_events USING COVERING INDEX asset_events_by_event (event_id<?)",
    ]


def test_run_facts_are_found_by_their_kind_and_place(database: Database) -> None:
    found = steps_of(database, lambda: SqlEvents(database).run_facts_after(5, ["RUN_FAILURE", "RUN_SUCCESS"], 100))

    assert found.count("SEARCH events USING INDEX events_of_runs (kind=? AND event_id>?)") == 2
    assert [each for each in found if each.startswith("SCAN")] == []


def test_the_last_fact_is_found_without_reading_the_others(database: Database) -> None:
    found = steps_of(database, SqlEvents(database).last_followed)

    assert found.count("SEARCH events USING INDEX events_of_runs (kind=?)") == 7
    assert [each for each in found if each.startswith("SCAN")] == ["SCAN asset_events"]  # the last row of it
