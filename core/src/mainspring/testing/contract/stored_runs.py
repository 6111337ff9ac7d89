"""Runs and events as the storage suites make them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any

from mainspring.event import (
    Event,
    Fact,
    RunCanceled,
    RunCanceling,
    RunFailed,
    RunQueued,
    RunStarted,
    RunStarting,
    RunSucceeded,
)
from mainspring.run import NO_PLACES, PoolPlace, Run, RunStatus
from mainspring.storage import Storage

STATUS_FACTS: dict[RunStatus, Fact] = {
    RunStatus.QUEUED: RunQueued(),
    RunStatus.STARTING: RunStarting(),
    RunStatus.STARTED: RunStarted(),
    RunStatus.SUCCESS: RunSucceeded(),
    RunStatus.FAILURE: RunFailed("it failed"),
    RunStatus.CANCELING: RunCanceling(),
    RunStatus.CANCELED: RunCanceled("it was asked to end"),
}
"""The fact that leads to each status."""

PATHS: dict[RunStatus, tuple[RunStatus, ...]] = {
    RunStatus.QUEUED: (),
    RunStatus.STARTING: (RunStatus.STARTING,),
    RunStatus.STARTED: (RunStatus.STARTED,),
    RunStatus.SUCCESS: (RunStatus.STARTED, RunStatus.SUCCESS),
    RunStatus.FAILURE: (RunStatus.STARTED, RunStatus.FAILURE),
    RunStatus.CANCELING: (RunStatus.STARTED, RunStatus.CANCELING),
    RunStatus.CANCELED: (RunStatus.CANCELED,),
}
"""How a queued run comes to each status."""

_TIMES = count(1_700_000_000)


def new_run(run_id: str = "run-1", **changes: Any) -> Run:
    """Return a run that is not stored yet."""
    given = {"run_id": run_id, "job_name": "ingest", "mode": "prod", "status": RunStatus.QUEUED, **changes}
    return Run(**given)


def event(fact: Fact, *, run_id: str = "run-1", run_attempt: int = 1) -> Event:
    """Return an event about a run; each is a second later than the one before."""
    return Event(run_id=run_id, run_attempt=run_attempt, fact=fact, timestamp=float(next(_TIMES)))


def step_event(fact: Fact, step_key: str = "clean", attempt: int = 1, *, run_id: str = "run-1") -> Event:
    """Return an event about an attempt of a step; each is a second later than the one before."""
    return Event(
        run_id=run_id,
        run_attempt=1,
        fact=fact,
        timestamp=float(next(_TIMES)),
        step_key=step_key,
        step_attempt=attempt,
    )


def record(
    storage: Storage,
    facts: Iterable[Event],
    *,
    run_id: str = "run-1",
    places: Mapping[str, PoolPlace] = NO_PLACES,
) -> None:
    """Record events in one batch."""
    storage.events.record(run_id, 1, list(facts), places)


def given_run(storage: Storage, status: RunStatus = RunStatus.STARTED, run_id: str = "run-1", **changes: Any) -> None:
    """Store a run and bring it to a status."""
    storage.runs.create(new_run(run_id, **changes), [event(RunQueued(), run_id=run_id)])
    for each in PATHS[status]:
        record(storage, [event(STATUS_FACTS[each], run_id=run_id)], run_id=run_id)
