"""The queue's and the monitor's look-ups: they read the runs that they are after, not all that there ever were."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from mainspring.event import Event, RunQueued, RunStarted
from mainspring.run import Run, RunStatus
from mainspring.storage import RunQuery
from mainspring.storage.sql.database import Database
from mainspring.storage.sql.runs import SqlRuns
from mainspring.storage.sql.schema import prepare_schema


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database("sqlite:///queue.db", tmp_path)
    prepare_schema(database, create=True)
    yield database
    database.close()


def steps_of(database: Database, look: Callable[[], object]) -> list[str]:
    """Return how SQLite carries out the one query of a look-up."""
    executed: list[tuple[str, Any]] = []
    with database.read() as connection:
        event.listen(
            connection.engine,
            "before_cursor_execute",
            lambda *args: executed.append((args[2], args[3])),
        )
    look()
    ((statement, parameters),) = executed
    with database.read() as connection:
        explained = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    return [row[-1] for row in explained]


def test_the_queue_is_read_by_its_index_and_not_sorted_again(database: Database) -> None:
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

    assert [run.run_id for run in runs.queued(5)] == ["run-19", "run-18"]
    assert steps_of(database, lambda: runs.queued(5)) == ["SEARCH runs USING INDEX runs_queued (status=?)"]


@pytest.mark.parametrize(
    ("look", "index"),
    [
        (lambda runs: runs.active(5), "runs_active"),
        (lambda runs: runs.active(5, "run-1"), "runs_active"),
        (lambda runs: runs.to_retry(5), "runs_to_retry"),
        (lambda runs: runs.live_of("sales", "nightly"), "runs_of_automation"),
        (lambda runs: runs.find(RunQuery(automation="nightly")), "runs_by_automation"),
    ],
    ids=["active", "the next page", "to retry", "live", "of an automation"],
)
def test_runs_are_found_by_indexes_of_their_own(
    database: Database, look: Callable[[SqlRuns], object], index: str
) -> None:
    runs = SqlRuns(database)

    first, *_ = steps_of(database, lambda: look(runs))

    assert first.startswith(f"SEARCH runs USING INDEX {index} (")


@pytest.mark.parametrize("more", [{}, {"region": "eu"}])
@pytest.mark.parametrize("statuses", [(), (RunStatus.FAILURE,)])
def test_runs_with_a_tag_are_read_in_order_and_no_further_than_the_page(
    database: Database, more: dict[str, str], statuses: tuple[RunStatus, ...]
) -> None:
    """Scars: D#18811, D#18834, D#25659. A set of all runs that bear a tag, or a sort of them, takes longer the more there are."""
    query = RunQuery(tags={"team": "data", **more}, statuses=statuses, before="run-07")
    found = steps_of(database, lambda: SqlRuns(database).find(query))

    assert found[0] == f"SEARCH tag_{len(more)} USING COVERING INDEX run_tags_by_tag (key=? AND value=? AND run_id<?)"
    assert [each for each in found if not each.startswith("SEARCH ")] == []
