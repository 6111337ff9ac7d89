"""The places of pools: counting them reads the steps that are under way, not all that there ever were."""

from pathlib import Path
from typing import Any

from mainspring.storage.sql.database import Database
from mainspring.storage.sql.events import SqlEvents
from mainspring.storage.sql.schema import prepare_schema


def test_places_are_counted_by_the_index_of_steps_under_way(tmp_path: Path) -> None:
    database = Database("sqlite:///pools.db", tmp_path)
    prepare_schema(database, create=True)
    executed: list[str] = []
    with database.read() as connection:
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(executed.append)
    assert SqlEvents(database).places_taken("warehouse") == 0
    driver.set_trace_callback(None)
    (statement,) = executed
    explained = [row[-1] for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}")]
    database.close()

    assert explained[0] == "SEARCH steps USING INDEX steps_in_pool (pool=?)"
    assert all(each.startswith("SEARCH ") for each in explained)
