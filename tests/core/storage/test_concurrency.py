"""Many processes at one database: none loses a write, none sees a lock, and none overtakes who follows the log."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import accumulate
from pathlib import Path

import pytest

from mainspring.event import Event, RunQueued
from mainspring.run import Run, RunStatus
from mainspring.storage import RunQuery, Storage, open_storage
from mainspring.storage.sql.database import Database
from mainspring.storage.sql.schema import SCHEMA_VERSION
from mainspring.storage.summary import summarize_storage

pytestmark = pytest.mark.integration


@contextmanager
def processes(code: str, url: str, number: int) -> Iterator[list[subprocess.Popen[str]]]:
    """Run code in processes of their own, which print a line when they are ready and go on when they read one."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, url, str(each)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for each in range(number)
    ]
    try:
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n", process.stderr and process.stderr.read()
        for process in started:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        yield started
    finally:
        for process in started:
            process.kill()
            process.communicate()


def finish(started: list[subprocess.Popen[str]]) -> None:
    """Wait until the processes have ended, all of them well."""
    complaints = [process.communicate(timeout=240)[1] for process in started]

    assert [process.returncode for process in started] == [0] * len(started), complaints


_OPENING = """
import sys
from pathlib import Path
from mainspring.storage import open_storage, sql

print("ready", flush=True)
sys.stdin.readline()
open_storage(sys.argv[1], Path()).close()
"""


@pytest.mark.slow
def test_processes_that_open_an_empty_database_at_once_do_not_clash(empty_storage_url: str) -> None:
    with processes(_OPENING, empty_storage_url, 8) as started:
        finish(started)

    assert summarize_storage(empty_storage_url, Path()).schema_version == SCHEMA_VERSION


_WRITING = """
import sys
from pathlib import Path
from mainspring.event import Event, RunStarted, RunSucceeded, StepStarted, StepSucceeded
from mainspring.run import Run, RunStatus
from mainspring.storage import open_storage

storage = open_storage(sys.argv[1], Path())
run_id = f"run-{sys.argv[2]}"
print("ready", flush=True)
sys.stdin.readline()

def event(fact, step=None):
    return Event(run_id=run_id, run_attempt=1, fact=fact, timestamp=1.0, step_key=step, step_attempt=step and 1)

run = Run(run_id=run_id, job_name="job", mode="dev", status=RunStatus.STARTED, tags={"team": "data"})
storage.runs.create(run, [event(RunStarted())])
for number in range(499):
    storage.events.record(run_id, 1, [event(StepStarted(), f"step-{number}")])
    storage.events.record(run_id, 1, [event(StepSucceeded(), f"step-{number}")])
storage.events.record(run_id, 1, [event(RunSucceeded())])
storage.close()
"""


@pytest.mark.slow
def test_sixteen_processes_write_a_thousand_events_each(storage_url: str) -> None:
    """Scar: D#2884. None is lost, and no process sees that the database is locked."""
    with processes(_WRITING, storage_url, 16) as started:
        finish(started)

    with closing(open_storage(storage_url, Path())) as storage:
        runs = storage.runs.find(RunQuery(statuses=(RunStatus.SUCCESS,)))
        assert len(runs) == 16
        for run in runs:
            ids = [each.event_id or 0 for each in storage.events.read(run.run_id)]
            assert len(ids) == 1000
            assert ids == sorted(ids)
            assert len(storage.events.steps(run.run_id)) == 499


_MATERIALIZING = """
import sys
from pathlib import Path
from mainspring.event import AssetMaterialized, Event, RunStarted, StepStarted, RunSucceeded
from mainspring.run import Run, RunStatus
from mainspring.storage import open_storage

storage = open_storage(sys.argv[1], Path())
run_id = f"run-{sys.argv[2]}"
print("ready", flush=True)
sys.stdin.readline()

def event(fact, step=None):
    return Event(run_id=run_id, run_attempt=1, fact=fact, timestamp=1.0, step_key=step, step_attempt=step and 1)

storage.runs.create(Run(run_id=run_id, job_name="job", mode="dev", status=RunStatus.STARTED), [event(RunStarted())])
storage.events.record(run_id, 1, [event(StepStarted(), "a")])
for number in range(100):
    storage.events.record(run_id, 1, [event(AssetMaterialized(f"asset-{number}"), "a") for _ in range(3)])
storage.events.record(run_id, 1, [event(RunSucceeded())])
storage.close()
"""


@pytest.mark.slow
def test_who_follows_positions_misses_none(storage_url: str) -> None:
    """Guarantee: who has read position n never meets a smaller one later, however the writers' commits fall."""
    statements = (
        "SELECT position FROM asset_events WHERE position > {} ORDER BY position",
        "SELECT event_id FROM events WHERE kind IN ('RUN_STARTED', 'RUN_SUCCESS') AND event_id > {} ORDER BY event_id",
    )
    followed: list[list[int]] = [[], []]
    database = Database(storage_url, Path())
    open_storage(storage_url, Path()).close()

    def follow() -> None:
        for statement, seen in zip(statements, followed, strict=True):
            with database.read() as connection:
                seen.extend(connection.exec_driver_sql(statement.format(seen[-1] if seen else 0)).scalars())

    with processes(_MATERIALIZING, storage_url, 6) as started:
        while any(process.poll() is None for process in started):
            follow()
        finish(started)
    follow()

    everything = [statement.format(0) for statement in statements]
    with database.read() as connection:
        assert followed == [list(connection.exec_driver_sql(each).scalars()) for each in everything]
    assert [len(each) for each in followed] == [6 * 300, 6 * 2]
    database.close()


_CLAIMING = """
import os, sys
from pathlib import Path
from mainspring.errors import SupersededError
from mainspring.event import Event, RunStarted
from mainspring.run import WorkerIdentity
from mainspring.storage import open_storage

storage = open_storage(sys.argv[1], Path())
storage.runs.get("run-1")
print("ready", flush=True)
sys.stdin.readline()
started = Event(run_id="run-1", run_attempt=1, fact=RunStarted(), timestamp=2.0)
try:
    storage.runs.claim("run-1", 1, WorkerIdentity("host", "boot", os.getpid(), 1), [started])
except SupersededError:
    print("refused", flush=True)
else:
    print("claimed", flush=True)
storage.close()
"""


@pytest.mark.slow
def test_one_of_sixteen_processes_claims_a_run(storage_url: str) -> None:
    """Guarantee: one execution an attempt."""
    with closing(open_storage(storage_url, Path())) as storage:
        queued = Run(run_id="run-1", job_name="job", mode="dev", status=RunStatus.QUEUED)
        storage.runs.create(queued, [Event(run_id="run-1", run_attempt=1, fact=RunQueued(), timestamp=1.0)])
        with processes(_CLAIMING, storage_url, 16) as started:
            said = {process.pid: process.communicate(timeout=240) for process in started}
            codes = {process.returncode for process in started}
        run = storage.runs.get("run-1")

        assert codes == {0}, said
        (winner,) = [pid for pid, (out, _) in said.items() if out == "claimed\n"]
        assert [out for out, _ in said.values()].count("refused\n") == 15
        assert run is not None
        assert run.worker is not None
        assert run.worker.pid == winner
        assert [each.kind for each in storage.events.read("run-1")] == ["RUN_QUEUED", "RUN_STARTED"]


_TAKING_PLACES = """
import sys
from pathlib import Path
from mainspring.errors import PoolFullError
from mainspring.event import Event, RunStarted, RunSucceeded, StepStarted, StepSucceeded
from mainspring.run import PoolPlace, Run, RunStatus
from mainspring.storage import open_storage

storage = open_storage(sys.argv[1], Path())
run_id = f"run-{sys.argv[2]}"

def event(fact, step=None):
    return Event(run_id=run_id, run_attempt=1, fact=fact, timestamp=1.0, step_key=step, step_attempt=step and 1)

storage.runs.create(Run(run_id=run_id, job_name="job", mode="dev", status=RunStatus.STARTED), [event(RunStarted())])
print("ready", flush=True)
sys.stdin.readline()
for number in range(40):
    step = f"step-{number}"
    while True:
        try:
            storage.events.record(run_id, 1, [event(StepStarted(), step)], {step: PoolPlace("warehouse", 2)})
            break
        except PoolFullError:
            pass
    storage.events.record(run_id, 1, [event(StepSucceeded(), step)])
storage.events.record(run_id, 1, [event(RunSucceeded())])
storage.close()
"""


@pytest.mark.slow
def test_eight_processes_never_take_up_more_places_of_a_pool_than_there_are(storage_url: str) -> None:
    """A claim has a larger id than every end that it has seen, so the ids tell how many were under way at a time."""
    open_storage(storage_url, Path()).close()
    with processes(_TAKING_PLACES, storage_url, 8) as started:
        finish(started)

    with closing(open_storage(storage_url, Path())) as storage:
        kinds = {"STEP_STARTED": 1, "STEP_SUCCESS": -1}
        events = [event for number in range(8) for event in storage.events.read(f"run-{number}", kinds=list(kinds))]
        under_way = list(accumulate(kinds[each.kind] for each in sorted(events, key=lambda each: each.event_id or 0)))

        assert len(events) == 8 * 40 * 2
        assert max(under_way) == 2
        assert storage.events.places_taken("warehouse") == 0


_WRITING_ONCE = """
import sys
from pathlib import Path
from mainspring.run import Run, RunStatus
from mainspring.storage import open_storage

storage = open_storage(sys.argv[1], Path())
storage.runs.create(Run(run_id=sys.argv[2], job_name="job", mode="dev", status=RunStatus.STARTED), [])
storage.close()
"""


@pytest.mark.slow
def test_a_second_connection_of_a_process_takes_nothing_from_its_first(storage_url: str) -> None:
    """Other processes that come and go must not think that they were the last to have the database open."""

    def listed(storage: Storage) -> set[str]:
        return {run.run_id for run in storage.runs.find(RunQuery())}

    def write_elsewhere(run_id: str) -> None:
        subprocess.run([sys.executable, "-c", _WRITING_ONCE, storage_url, run_id], check=True)

    with closing(open_storage(storage_url, Path())) as first:
        assert listed(first) == set()
        with closing(open_storage(storage_url, Path())) as second:
            write_elsewhere("a")
            first.runs.create(Run(run_id="b", job_name="job", mode="dev", status=RunStatus.STARTED), [])
            write_elsewhere("c")

            assert listed(first) == listed(second) == {"a", "b", "c"}
    with closing(open_storage(storage_url, Path())) as afterwards:
        assert listed(afterwards) == {"a", "b", "c"}
