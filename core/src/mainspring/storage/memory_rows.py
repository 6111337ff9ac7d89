"""The rows that the stores in memory share, under one lock."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from attrs import evolve

from mainspring.event import AssetMaterialized, Event, RunQueued, RunStarting
from mainspring.event.effect import RUN_STATUS
from mainspring.run import Run, RunStatus, StepRecord
from mainspring.run.queue import places_of, startable
from mainspring.storage.admission import Admission
from mainspring.storage.memory_wakeups import MemoryWakeups
from mainspring.storage.wakeup import Topic

_ACTIVE = (RunStatus.STARTING, RunStatus.STARTED, RunStatus.CANCELING)


class RunRows(dict[str, Run]):
    """The runs by id, and those among them that are not settled: not over yet, or failed with attempts left.

    What looks for work looks at these alone, whatever has run before.
    """

    def __init__(self) -> None:
        super().__init__()
        self.unsettled: dict[str, Run] = {}

    def __setitem__(self, run_id: str, run: Run) -> None:
        super().__setitem__(run_id, run)
        if not run.status.is_final or (run.status is RunStatus.FAILURE and run.retries_left > 0):
            self.unsettled[run_id] = run
        else:
            self.unsettled.pop(run_id, None)

    def forget(self, run_id: str) -> None:
        """Forget a run."""
        self.pop(run_id, None)
        self.unsettled.pop(run_id, None)


class Rows:
    """All rows, under one lock: the memory's notion of a transaction."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.runs = RunRows()
        self.steps: dict[str, dict[tuple[str, int], StepRecord]] = {}
        self.events: dict[str, list[Event]] = {}
        self.assets: dict[str, list[Event]] = {}
        self.written: list[Event] = []
        self.run_facts: list[Event] = []
        self.last_event_id = 0
        self.wakeups = MemoryWakeups()

    def append(self, run_id: str, events: Sequence[Event]) -> None:
        log = self.events.setdefault(run_id, [])
        is_followed = False
        for event in events:
            self.last_event_id += 1
            stored = event.stored_as(self.last_event_id)
            log.append(stored)
            if type(event.fact) is AssetMaterialized:
                self.assets.setdefault(event.fact.asset, []).append(stored)
                self.written.append(stored)
                is_followed = True
            elif type(event.fact) in RUN_STATUS:
                self.run_facts.append(stored)
                is_followed = True
        if is_followed:
            self.wakeups.tell(Topic.RUNS)

    def waiting(self) -> list[Run]:
        """Return the runs that wait, in the order in which they leave the queue."""
        found = [run for run in self.runs.unsettled.values() if run.status is RunStatus.QUEUED]
        return sorted(found, key=lambda run: (-run.priority, run.run_id))

    def active(self) -> list[Run]:
        """Return the runs that are under way, the oldest first."""
        found = [run for run in self.runs.unsettled.values() if run.status in _ACTIVE]
        return sorted(found, key=lambda run: run.run_id)

    def queue(self, new: Sequence[Run]) -> None:
        """Put runs into the queue."""
        for run in new:
            self.runs[run.run_id] = run
            self.append(run.run_id, [_event(run, RunQueued(), run.created_at)])

    def admit(self, admission: Admission) -> tuple[Run, ...]:
        """Have runs leave the queue that may start."""
        places = places_of(self.active(), admission.rules, admission.room)
        started: list[Run] = []
        for run in startable(self.waiting(), places, admission.now, admission.without):
            begun = evolve(run, status=RunStatus.STARTING, reason=None)
            self.runs[run.run_id] = begun
            self.append(run.run_id, [_event(run, RunStarting(), admission.now)])
            started.append(begun)
        return tuple(started)


def behind(log: Sequence[Event], event_id: int) -> Iterator[Event]:
    """Yield what is behind an event in a log, which does not change meanwhile."""
    start = bisect_right(log, event_id, key=lambda each: each.event_id or 0)
    return (log[number] for number in range(start, len(log)))


def _event(run: Run, fact: RunQueued | RunStarting, at: float) -> Event:
    return Event(run_id=run.run_id, run_attempt=run.attempt, fact=fact, timestamp=at)
