"""Two who change one run at the same time: one of them comes first, and the log tells the same as the row."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations_with_replacement, pairwise
from pathlib import Path

import pytest

from mainspring.errors import MainspringError
from mainspring.event import RunCanceled, RunCanceling, RunFailed, RunQueued, RunStarted, RunSucceeded, fold
from mainspring.run import RunStatus, WorkerIdentity
from mainspring.run.queue import NO_LIMITS
from mainspring.storage import Admission, Storage, memory_storage, open_storage
from mainspring.testing.contract.stored_runs import event, given_run, record

WORKER = WorkerIdentity("host", "boot", 4711, 99)

Act = Callable[[Storage, str], object]

ACTS: dict[str, Act] = {
    "admit": lambda storage, run_id: storage.runs.admit(Admission(rules=NO_LIMITS, now=1.0)),
    "claim": lambda storage, run_id: storage.runs.claim(run_id, 1, WORKER, [event(RunStarted(), run_id=run_id)]),
    "requeue": lambda storage, run_id: record(storage, [event(RunQueued("again"), run_id=run_id)], run_id=run_id),
    "cancel": lambda storage, run_id: record(storage, [event(RunCanceling(), run_id=run_id)], run_id=run_id),
    "end canceled": lambda storage, run_id: record(
        storage, [event(RunCanceled("by hand"), run_id=run_id)], run_id=run_id
    ),
    "succeed": lambda storage, run_id: record(storage, [event(RunSucceeded(), run_id=run_id)], run_id=run_id),
    "fail": lambda storage, run_id: record(storage, [event(RunFailed("it did"), run_id=run_id)], run_id=run_id),
    "next attempt": lambda storage, run_id: storage.runs.queue_attempt(
        run_id, 1, None, [event(RunQueued(), run_id=run_id, run_attempt=2)]
    ),
}


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.integration)])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    if request.param == "memory":
        yield memory_storage()
        return
    url = "sqlite:///mainspring.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    found = open_storage(url, tmp_path)
    yield found
    found.close()


def test_every_pair_of_changes_that_race(storage: Storage) -> None:
    """Scar: D#3323, CANCELED then SUCCESS; cancel racing dequeue."""
    statuses = [status for status in RunStatus if status is not RunStatus.SUCCESS]
    with ThreadPoolExecutor(2) as pool:
        for number, (one, other) in enumerate(combinations_with_replacement(ACTS, 2)):
            for status in statuses:
                run_id = f"{number:03}-{status}"
                given_run(storage, status, run_id, location="sales")
                gate = threading.Barrier(2)

                def act(name: str, run_id: str = run_id, gate: threading.Barrier = gate) -> bool:
                    gate.wait()
                    try:
                        ACTS[name](storage, run_id)
                    except MainspringError:
                        return False
                    return True

                list(pool.map(act, (one, other)))
                check(storage, run_id, f"{one} and {other} of a run that is {status}")


def check(storage: Storage, run_id: str, what: str) -> None:
    """Check that the row is what the events make of it, and that nothing has followed an end but a new attempt."""
    run = storage.runs.get(run_id)
    events = storage.events.read(run_id)
    assert run is not None
    assert fold(events).status == run.status, what
    final = {"RUN_SUCCESS", "RUN_FAILURE", "RUN_CANCELED"}
    for before, after in pairwise(events):
        assert before.kind not in final or after.run_attempt > before.run_attempt, what
