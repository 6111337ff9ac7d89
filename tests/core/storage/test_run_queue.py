"""The queue's look-up: it reads the runs that wait, not all that there ever were."""

from pathlib import Path
from typing import Any

from sqlalchemy import event

from mainspring.event import Event, RunQueued, RunStarted
from mainspring.run import Run, RunStatus
from mainspring.storage.sql.database import Database
from mainspring.storage.sql.runs import SqlRuns
from mainspring.storage.sql.schema import prepare_schema


def test_the_queue_is_read_by_its_index_and_not_sorted_again(tmp_path: Path) -> None:
    database = Database("sqlite:///queue.db", tmp_path)
    prepare_schema(database, create=True)
    runs = SqlRuns(database)
    for number in range(20):
        waits = number >= 18
        run = Run(
            run_id=f"run-{number:02}",
            job_name="job",
            mode="dev",
            status=RunStatus.QUEUED if waits else RunStatus.STARTED,
            priority=number,
        )
        fact = RunQueued() if waits else RunStarted()
        runs.create(run, [Event(run_id=run.run_id, run_attempt=1, fact=fact, timestamp=1.0)])
    executed: list[tuple[str, Any]] = []

    with database.read() as connection:
        event.listen(
            connection.engine,
            "before_cursor_execute",
            lambda *args: executed.append((args[2], args[3])),
        )
    assert [run.run_id for run in runs.queued(5)] == ["run-19", "run-18"]
    ((statement, parameters),) = executed
    with database.read() as connection:
        explained = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    database.close()

    assert [row[-1] for row in explained] == ["SEARCH runs USING INDEX runs_queued (status=?)"]
