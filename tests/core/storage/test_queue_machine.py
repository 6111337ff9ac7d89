"""The queue and the statuses of runs as a state machine: whatever is done in whatever order, limits hold and books balance."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from mainspring.audit import examine
from mainspring.errors import SupersededError, TransitionError
from mainspring.event import (
    ErrorInfo,
    Event,
    Fact,
    RunCanceled,
    RunCanceling,
    RunFailed,
    RunQueued,
    RunStarted,
    RunSucceeded,
    StepStarted,
    StepSucceeded,
)
from mainspring.run import RunStatus, WorkerIdentity
from mainspring.run.queue import QueueRules, TagLimit
from mainspring.storage import Admission, Storage, memory_storage, open_storage
from mainspring.testing.contract.stored_runs import new_run

WORKER = WorkerIdentity("host", "boot", 1, 1)
LIMIT = 3
TEAM_LIMIT = 1
RULES = QueueRules(max_concurrent_runs=LIMIT, limits=(TagLimit("team", TEAM_LIMIT, "data"),))
ACTIVE = (RunStatus.STARTING, RunStatus.STARTED, RunStatus.CANCELING)


class QueueMachine(RuleBasedStateMachine):
    """Daemons, workers and people, each of whom may come too late."""

    runs = Bundle("runs")

    def __init__(self) -> None:
        super().__init__()
        self.storage: Storage = memory_storage()
        self.now = 0.0
        self.made = 0
        self.folder: tempfile.TemporaryDirectory[str] | None = None
        self.begun: set[tuple[str, int]] = set()

    @initialize(on_disk=st.booleans())
    def open(self, on_disk: bool) -> None:
        if on_disk:
            self.folder = tempfile.TemporaryDirectory()
            self.storage = open_storage("sqlite:///mainspring.db", Path(self.folder.name))

    def teardown(self) -> None:
        self.storage.close()
        if self.folder is not None:
            self.folder.cleanup()

    @rule(target=runs, of_team=st.booleans(), priority=st.integers(-1, 1))
    def ask(self, of_team: bool, priority: int) -> str:
        """Ask for a run."""
        self.made += 1
        run_id = f"run-{self.made:04}"
        run = new_run(
            run_id,
            location="sales",
            tags={"team": "data"} if of_team else {},
            priority=priority,
            created_at=self.tick(),
        )
        self.storage.runs.create(run, [self.event(run_id, 1, RunQueued())])
        return run_id

    @rule()
    def admit(self) -> None:
        """Have runs leave the queue."""
        started = self.storage.runs.admit(Admission(rules=RULES, now=self.tick()))

        assert all(run.status is RunStatus.STARTING for run in started)

    @rule(run_id=runs, attempt=st.integers(1, 3))
    def claim(self, run_id: str, attempt: int) -> None:
        """Have a worker come for an attempt, which may be another's or over.

        One whose run was put back meanwhile is let in by storage, though others may have taken its place: that is left out.
        """
        found = self.storage.runs.get(run_id)
        if found is None or found.status is RunStatus.QUEUED:
            return
        try:
            self.storage.runs.claim(run_id, attempt, WORKER, [self.event(run_id, attempt, RunStarted())])
        except (SupersededError, TransitionError):
            return
        assert (run_id, attempt) not in self.begun
        self.begun.add((run_id, attempt))

    @rule(
        run_id=runs,
        attempt=st.integers(1, 3),
        fact=st.sampled_from(
            [
                RunSucceeded(),
                RunFailed("it failed", ErrorInfo("E", "it failed")),
                RunCanceling(),
                RunCanceled(),
                RunQueued("again"),
            ]
        ),
    )
    def write(self, run_id: str, attempt: int, fact: Fact) -> None:
        """Have somebody write what may not be so."""
        with suppress(SupersededError, TransitionError):
            self.storage.events.record(run_id, attempt, [self.event(run_id, attempt, fact)])

    @rule(run_id=runs, attempt=st.integers(1, 3), ends=st.booleans())
    def work(self, run_id: str, attempt: int, ends: bool) -> None:
        """Have a worker claim its step, and perhaps end it."""
        facts: list[Fact] = [StepStarted(), *([StepSucceeded()] if ends else [])]
        events = [self.event(run_id, attempt, each, step=True) for each in facts]
        with suppress(SupersededError, TransitionError):
            self.storage.events.record(run_id, attempt, events)

    @rule(run_id=runs, attempt=st.integers(1, 2))
    def try_again(self, run_id: str, attempt: int) -> None:
        """Have the next attempt wait in the queue, if it may."""
        with suppress(SupersededError, TransitionError):
            self.storage.runs.queue_attempt(run_id, attempt, None, [self.event(run_id, attempt + 1, RunQueued())])

    @rule(run_id=consumes(runs))
    def forget(self, run_id: str) -> None:
        """Say no more of a run."""

    @invariant()
    def limits_hold(self) -> None:
        active = [run for run in self.storage.runs.active() if run.status in ACTIVE]

        assert len(active) <= LIMIT
        assert sum(run.tags.get("team") == "data" for run in active) <= TEAM_LIMIT

    @invariant()
    def books_balance(self) -> None:
        assert examine(self.storage).findings == ()

    def tick(self) -> float:
        """Let a second pass."""
        self.now += 1.0
        return self.now

    def event(self, run_id: str, attempt: int, fact: Fact, *, step: bool = False) -> Event:
        """Return what somebody writes."""
        given: dict[str, Any] = {"step_key": "clean", "step_attempt": attempt} if step else {}
        return Event(run_id=run_id, run_attempt=attempt, fact=fact, timestamp=self.tick(), **given)


QueueMachine.TestCase.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestQueueMachine = QueueMachine.TestCase
