"""What retention does in databases: ticks go and nothing else with them, chunks are small, and no look-up grows with history."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select

from mainspring.event import RunStarted, StepSkipped
from mainspring.run import RunStatus
from mainspring.storage import Chunk, ExpiredRuns, ExpiredTicks, Storage, open_storage
from mainspring.storage.retention import CHUNK_EVENTS
from mainspring.storage.sql.database import Database
from mainspring.storage.sql.retention import SqlRetention
from mainspring.storage.sql.tables import asset_events, automations, events, run_keys, run_tags, steps, ticks
from mainspring.testing.contract.retention_store import DONE, EVER, delete_all
from mainspring.testing.contract.stored_runs import STATUS_FACTS, given_run, record, step_event
from mainspring.testing.contract.stored_runs import event as run_event

SKIPS = ExpiredTicks(before=EVER, kind="sensor", status="SKIPPED")
ALL_TICKS = ExpiredTicks(before=EVER)


@pytest.fixture
def storage(storage_url: str, tmp_path: Path) -> Iterator[Storage]:
    with closing(open_storage(storage_url, tmp_path)) as storage:
        yield storage


@pytest.fixture
def database(storage_url: str, storage: Storage, tmp_path: Path) -> Iterator[Database]:
    """Give a connection to the storage's rows."""
    with closing(Database(storage_url, tmp_path)) as database:
        yield database


def given_automation(database: Database, name: str = "uploads", **changes: Any) -> None:
    row = {
        "location": "sales",
        "name": name,
        "kind": "sensor",
        "switch": "running",
        "version": 7,
        "mark": 1000.5,
        "cursor": "page 9",
        "failures": 0,
        "outbox": 0,
        "updated_at": 5.0,
    }
    with database.write(durable=False) as connection:
        connection.execute(automations.insert(), row | changes)


def given_tick(database: Database, tick_id: int, **changes: Any) -> None:
    row = {
        "tick_id": tick_id,
        "location": "sales",
        "automation": "uploads",
        "kind": "sensor",
        "status": "SKIPPED",
        "count": 3,
        "attempts": 1,
        "first_at": 10.0 * tick_id,
        "last_at": 10.0 * tick_id + 5,
        "requested": 0,
        "dropped": 0,
        "body": "{}",
    }
    with database.write(durable=False) as connection:
        connection.execute(ticks.insert(), row | changes)


def tick_ids(database: Database) -> list[int]:
    with database.read() as connection:
        return list(connection.execute(select(ticks.c.tick_id).order_by(ticks.c.tick_id)).scalars())


def rows_of(database: Database, table: Any) -> list[Any]:
    with database.read() as connection:
        return list(connection.execute(select(table)).all())


def delete_ticks(storage: Storage, expired: ExpiredTicks, limit: int = 200) -> list[int]:
    chunk = storage.retention.delete_ticks(expired, None, limit)
    gone = list(chunk.ids)
    while chunk.after is not None:
        chunk = storage.retention.delete_ticks(expired, chunk.after, limit)
        gone += chunk.ids
    return gone


def test_deleting_ticks_and_runs_forgets_neither_states_nor_run_keys(storage: Storage, database: Database) -> None:
    """Scars: D#14555 (purging ticks replayed them), D#7292 (deleting a run forgot its key)."""
    given_automation(database)
    given_automation(database, "nightly", kind="schedule", mark=1_699_999_999.0)
    with database.write(durable=False) as connection:
        key = {
            "location": "sales",
            "automation": "uploads",
            "job_name": "ingest",
            "digest": "d",
            "run_key": "key",
            "run_id": "run-1",
            "created_at": 1.0,
        }
        connection.execute(run_keys.insert(), key)
    given_tick(database, 1, status="REQUESTED")
    given_tick(database, 2, automation="nightly", kind="schedule", scheduled_time=20.0)
    given_run(storage, RunStatus.SUCCESS, location="sales", automation="uploads", tick_id=1, run_key="key")
    before = [rows_of(database, each) for each in (automations, run_keys)]

    assert delete_ticks(storage, ALL_TICKS) == [1, 2]
    assert delete_all(storage, DONE) == ["run-1"]
    assert [rows_of(database, each) for each in (automations, run_keys)] == before


def test_runs_with_many_events_go_a_few_at_a_time(storage: Storage) -> None:
    numbers = {"run-1": 10, "run-2": CHUNK_EVENTS + 50, "run-3": CHUNK_EVENTS - 10, "run-4": 10}
    for run_id, number in numbers.items():
        given_run(storage, run_id=run_id)
        skips = [step_event(StepSkipped(), f"step_{each}", run_id=run_id) for each in range(number)]
        record(storage, [*skips, run_event(STATUS_FACTS[RunStatus.SUCCESS], run_id=run_id)], run_id=run_id)
    chunks = [storage.retention.delete_runs(DONE)]
    while chunks[-1].after is not None:
        chunks.append(storage.retention.delete_runs(DONE, chunks[-1].after))

    assert [each.ids for each in chunks] == [("run-1",), ("run-2",), ("run-3",), ("run-4",)]


def test_several_may_delete_at_once(storage_url: str, storage: Storage, tmp_path: Path) -> None:
    names = [f"run-{number:02}" for number in range(40)]
    for each in names:
        given_run(storage, RunStatus.SUCCESS, each)
    stores = [open_storage(storage_url, tmp_path) for _ in range(4)]
    with ThreadPoolExecutor(len(stores)) as threads:
        found = list(threads.map(lambda store: delete_all(store, DONE, 3), stores))
    for store in stores:
        store.close()
    gone = [run_id for each in found for run_id in each] + delete_all(storage, DONE)

    assert sorted(gone) == names  # each was deleted, and by one of them


class Interrupted(SqlRetention):
    """Has something happen between the look and the deletion."""

    def __init__(self, database: Database, between: Callable[[], None]) -> None:
        super().__init__(database)
        self._between = between

    def expired_runs(self, expired: ExpiredRuns, after: str | None = None, limit: int = 200) -> Chunk[str]:
        chunk = super().expired_runs(expired, after, limit)
        self._between()
        return chunk

    def expired_ticks(self, expired: ExpiredTicks, after: int | None = None, limit: int = 200) -> Chunk[int]:
        chunk = super().expired_ticks(expired, after, limit)
        self._between()
        return chunk


def test_a_run_that_is_retried_just_then_stays(storage: Storage, database: Database) -> None:
    for run_id in ("run-1", "run-2"):
        given_run(storage, RunStatus.FAILURE, run_id)

    def retry() -> None:
        storage.runs.begin_attempt("run-2", 1, None, [run_event(RunStarted(), run_id="run-2", run_attempt=2)])

    found = Interrupted(database, retry).delete_runs(ExpiredRuns(status=RunStatus.FAILURE, before=EVER))

    assert found.ids == ("run-1",)
    assert storage.runs.get("run-2") is not None


def test_a_tick_that_is_changed_just_then_stays(storage: Storage, database: Database) -> None:
    for number in (1, 2):
        given_tick(database, number)

    def count_up() -> None:
        with database.write(durable=False) as connection:
            connection.execute(ticks.update().where(ticks.c.tick_id == 2).values(count=4, last_at=999.0))

    found = Interrupted(database, count_up).delete_ticks(ExpiredTicks(before=500.0))

    assert found.ids == (1,)
    assert tick_ids(database) == [2]


def test_what_may_go_is_found_by_indexes_and_not_sorted(tmp_path: Path) -> None:
    with closing(open_storage("sqlite:///mainspring.db", tmp_path)) as storage:
        given_run(storage, RunStatus.FAILURE)
    database = Database("sqlite:///mainspring.db", tmp_path)
    given_tick(database, 1)
    retention = SqlRetention(database)
    executed: list[tuple[str, Any]] = []
    with database.read() as connection:
        event.listen(connection.engine, "before_cursor_execute", lambda *args: executed.append((args[2], args[3])))
    retention.delete_runs(ExpiredRuns(status=RunStatus.FAILURE, before=EVER))
    retention.delete_ticks(SKIPS)
    retention.delete_ticks(ALL_TICKS)
    with database.read() as connection:
        plans = {
            row[-1]
            for statement, parameters in list(executed)
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
        }
    database.close()

    assert [each for each in plans if each.startswith("SCAN") or "ORDER BY" in each] == []
    assert "SEARCH runs USING INDEX runs_by_status (status=? AND run_id>?)" in plans
    assert "SEARCH ticks USING INDEX ticks_by_status (kind=? AND status=? AND tick_id>?)" in plans
    assert "SEARCH asset_events USING INDEX asset_events_by_event (event_id=?)" in plans
    assert any("asset_events_by_partition (asset=? AND partition_key=? AND position>?)" in each for each in plans)


def test_nothing_that_belongs_to_a_run_is_left(storage: Storage, database: Database) -> None:
    given_run(storage, tags={"a": "b"})
    record(storage, [step_event(StepSkipped()), run_event(STATUS_FACTS[RunStatus.SUCCESS])])

    assert delete_all(storage, DONE) == ["run-1"]
    with database.read() as connection:
        left = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (run_tags, steps, events, asset_events)
        }
    assert set(left.values()) == {0}
