"""The daemon's reconcilers on a virtual clock: real evaluations, real storage, and runs that take as long as a test says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, cast

from attrs import evolve

import mainspring as ms
from mainspring.daemon.tick.automations import Automations
from mainspring.daemon.tick.committing import Committer
from mainspring.daemon.tick.work import InHand
from mainspring.errors import LocationError
from mainspring.event import AssetMaterialized, Event, Fact, RunStarted, RunSucceeded, StepStarted
from mainspring.execute.capture import capture
from mainspring.io.memory import MemoryIOManager
from mainspring.location.client import LocationClient
from mainspring.location.evaluator import evaluate
from mainspring.location.snapshot import snapshot_hash, take_snapshot
from mainspring.log.memory import MemoryLogStore
from mainspring.run import Run, RunStatus, WorkerIdentity
from mainspring.run.queue import NO_LIMITS, QueueRules
from mainspring.storage import (
    Admission,
    Decision,
    DefinitionRecord,
    Duty,
    Lease,
    LocationRecord,
    LocationStatus,
    RunQuery,
    Storage,
    Tick,
    TickQuery,
)
from mainspring.testing import VirtualClock
from mainspring.testing.contract.stored_runs import given_run, record, step_event

LOCATION = "sales"
PATIENCE_SECONDS = 60.0
WORKER = WorkerIdentity("host", "boot", 1, 1)


class InThisProcess:
    """Stands for the client of a location whose code is loaded here."""

    def __init__(self, definitions: ms.Definitions) -> None:
        self.definitions = definitions
        self.is_down = False
        self.asked: list[Mapping[str, Any]] = []
        self.before: Callable[[Mapping[str, Any]], None] = lambda message: None

    def evaluate(self, batch: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """Evaluate a batch."""
        if self.is_down:
            raise LocationError(LOCATION, "the location is down")
        for message in batch:
            self.asked.append(message)
            self.before(message)
            with capture.installed():
                reply = evaluate(message, self.definitions)
            yield reply


class Deployed:
    """A deployment with one location."""

    def __init__(
        self,
        storage: Storage,
        *,
        rules: QueueRules = NO_LIMITS,
        crash_point: Callable[[str], None] = lambda name: None,
        daemon_id: str = "daemon-1",
        clock: VirtualClock | None = None,
    ) -> None:
        self.clock = VirtualClock() if clock is None else clock
        self.storage = storage
        self.instance = ms.Instance(
            storage=storage,
            logs=MemoryLogStore(),
            io_manager=MemoryIOManager(),
            clock=self.clock,
            crash_point=crash_point,
        )
        self.rules = rules
        self.client = InThisProcess(ms.Definitions())
        self.run_seconds: float | None = 0.0
        self.daemon_id = daemon_id
        self._ends: dict[str, float] = {}
        self._writers = count(1)
        self._replied = threading.Event()
        self.automations = self.start_daemon()

    def start_daemon(self) -> Automations:
        """Begin with nothing known, as a daemon does that has just started."""
        self.storage.duties.take_lease(Lease(LOCATION, self.daemon_id, 1), None)
        committer = Committer(
            self.instance, self._admission, lambda location: Duty(location, self.daemon_id), lambda location: None
        )
        in_hand = InHand(lambda location: cast("LocationClient", self.client), self._replied.set)
        self.automations = Automations(self.instance, committer, in_hand)
        return self.automations

    def offer(self, definitions: ms.Definitions) -> None:
        """Have the location load these definitions."""
        self.client.definitions = definitions
        entries = take_snapshot(definitions)
        records = [
            DefinitionRecord(location=LOCATION, kind=each.kind, name=each.name, hash=each.hash, body=each.body)
            for each in entries
        ]
        known = self.storage.locations.hashes(LOCATION)
        offered = {(each.kind, each.name): each.hash for each in entries}
        record = LocationRecord(
            name=LOCATION, status=LocationStatus.LOADED, snapshot=snapshot_hash(offered), updated_at=self.clock.time()
        )
        self.storage.locations.record(record, records, [place for place in known if place not in offered])
        self.automations.look_again()

    def look(self) -> None:
        """Do what is to be done now, until there is nothing left."""
        while True:
            self._replied.clear()
            self._launch(self.automations.reconcile([LOCATION]))
            self._launch(self.storage.runs.admit(self._admission()))
            self._end_runs()
            if self.automations.progress.evaluating:
                assert self._replied.wait(PATIENCE_SECONDS)
                continue
            next_at = self.automations.next_at(self.clock.time())
            if next_at is None or next_at > self.clock.time():
                return

    def advance(self, seconds: float) -> None:
        """Let time pass, looking whenever there is something to do."""
        until = self.clock.time() + seconds
        self.look()
        while True:
            times = [each for each in (self.automations.next_at(self.clock.time()), *self._ends.values()) if each]
            next_at = min([until, *times])
            self.clock.advance(max(next_at - self.clock.time(), 0.0))
            self.look()
            if next_at >= until:
                return

    def end(self, run: Run) -> None:
        """Have a run end well."""
        self._ends.pop(run.run_id, None)
        self.record(run, RunSucceeded())
        self.automations.runs_changed()

    def record(self, run: Run, fact: Fact) -> None:
        """Record a fact about a run."""
        event = Event(run_id=run.run_id, run_attempt=run.attempt, fact=fact, timestamp=self.clock.time())
        self.storage.events.record(run.run_id, run.attempt, [event])

    def write(self, *assets: str, run_id: str | None = None, tells: bool = True, **fact: Any) -> list[int]:
        """Have a run that no location knows of write assets, one after the other; return the events' ids."""
        run_id = run_id or f"writer-{next(self._writers):06}"
        given_run(self.storage, run_id=run_id)
        facts: list[Fact] = [StepStarted(), *(AssetMaterialized(each, **fact) for each in assets)]
        record(self.storage, [step_event(each, run_id=run_id) for each in facts], run_id=run_id)
        if tells:
            self.automations.runs_changed()
        return [each.event_id or 0 for each in self.storage.events.read(run_id, kinds=[AssetMaterialized.kind])]

    def cursor(self, name: str) -> str | None:
        """Return the cursor of a sensor."""
        return self.storage.automations.cursors(LOCATION, [name])[name]

    def switch(self, name: str, to: str) -> None:
        """Switch an automation."""
        state = self.storage.automations.get(LOCATION, name)
        assert state is not None
        self.storage.automations.commit([Decision(state=evolve(state, switch=to))])
        self.automations.look_again()

    def ticks(self, name: str) -> list[Tick]:
        """Return the ticks of an automation, the oldest first."""
        found = self.storage.automations.ticks(TickQuery(location=LOCATION, automation=name, limit=10_000))
        return list(reversed(found))

    def statuses(self, name: str) -> list[str]:
        """Return what came of the ticks of an automation."""
        return [tick.status.value for tick in self.ticks(name)]

    def runs(self, *statuses: RunStatus) -> list[Run]:
        """Return the runs, the oldest first."""
        return list(reversed(self.storage.runs.find(RunQuery(statuses=statuses, limit=100_000))))

    def _admission(self) -> Admission:
        return Admission(rules=self.rules, now=self.clock.time())

    def _launch(self, started: Sequence[Run]) -> None:
        for run in started:
            event = Event(run_id=run.run_id, run_attempt=1, fact=RunStarted(), timestamp=self.clock.time())
            self.storage.runs.claim(run.run_id, run.attempt, WORKER, [event])
            if self.run_seconds is not None:
                self._ends[run.run_id] = self.clock.time() + self.run_seconds

    def _end_runs(self) -> None:
        for run_id, at in list(self._ends.items()):
            run = self.storage.runs.get(run_id)
            if at <= self.clock.time() and run is not None:
                self.end(run)
