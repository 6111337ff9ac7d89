"""A monitor with a launcher that says what a test tells it to."""

import threading
from collections.abc import Callable
from typing import Any, cast

from attrs import define, evolve, field

import mainspring as ms
from mainspring.daemon.monitor import Monitor
from mainspring.event import (
    Event,
    Fact,
    RunCanceling,
    RunFailed,
    RunQueued,
    RunStarted,
    RunStarting,
    RunSucceeded,
    StepStarted,
    StepSucceeded,
)
from mainspring.execute import find_run
from mainspring.execute.worker import own_identity
from mainspring.launch.launcher import HealthStatus
from mainspring.run import Run, RunStatus, WorkerIdentity
from mainspring.settings import MonitorSettings
from mainspring.testing import VirtualClock

PATIENCE_SECONDS = 60.0
SETTINGS = MonitorSettings(start_timeout_seconds=60.0, cancel_timeout_seconds=20.0)
ELSEWHERE = WorkerIdentity("elsewhere", "other/pid:[1]", 1, 1)


def own() -> WorkerIdentity:
    return own_identity(interruptible=True)


def dead() -> WorkerIdentity:
    return evolve(own(), start_time=own().start_time - 1)


@define(eq=False)
class Told(ms.RunLauncher):
    """Says what a test says, and notes what it is asked."""

    health: HealthStatus = "RUNNING"
    healths: dict[str, HealthStatus] = field(factory=dict)
    checked: list[str] = field(factory=list)
    terminated: list[str] = field(factory=list)
    held_up: dict[str, threading.Event] = field(factory=dict)
    hangs: threading.Event = field(factory=threading.Event)
    then: Callable[[], None] = lambda: None

    def launch(self, launch: ms.Launch) -> None:
        raise AssertionError("a monitor launches nothing")

    def terminate(self, run: Run) -> bool:
        self.terminated.append(run.run_id)
        return True

    def check(self, run: Run) -> ms.WorkerHealth:
        self.checked.append(run.run_id)
        if run.run_id in self.held_up:
            self.hangs.set()
            self.held_up[run.run_id].wait(PATIENCE_SECONDS)
        self.then()
        return ms.WorkerHealth(self.healths.get(run.run_id, self.health), "so it was told")


@define(eq=False)
class Watch:
    """A monitor and the time it works in."""

    instance: ms.Instance
    launcher: Told
    settings: MonitorSettings = SETTINGS
    monitors: list[Monitor] = field(factory=list)

    @property
    def clock(self) -> VirtualClock:
        return cast("VirtualClock", self.instance.clock)

    def monitor(self) -> Monitor:
        if not self.monitors:
            self.monitors.append(Monitor(self.instance, self.launcher, self.settings))
        return self.monitors[0]

    def look(self, *, join: bool = True) -> None:
        """Look once, and do what the answers call for."""
        self.monitor().reconcile()
        if join:
            self.monitor().join()
        self.monitor().reconcile()

    def go_on(self, seconds: float, *, join: bool = True) -> None:
        """Look every second for some time."""
        for _ in range(int(seconds)):
            self.look(join=join)
            self.clock.advance(1.0)
        self.look(join=join)

    def restart(self) -> None:
        """Have another daemon take over."""
        self.monitor().join()
        self.monitor().close()
        self.monitors.clear()

    def run(self, run_id: str) -> Run:
        return find_run(self.instance, run_id)

    def status(self, run_id: str) -> RunStatus:
        return self.run(run_id).status

    def record(self, run_id: str, *facts: Fact, step: str | None = None) -> None:
        attempt = self.run(run_id).attempt
        events = [
            Event(
                run_id=run_id,
                run_attempt=attempt,
                fact=fact,
                timestamp=self.clock.time(),
                step_key=step,
                step_attempt=None if step is None else 1,
            )
            for fact in facts
        ]
        self.instance.storage.events.record(run_id, attempt, events)

    def steps(self, run_id: str) -> list[tuple[str, str]]:
        return [(each.step_key, each.status.value) for each in self.instance.storage.events.steps(run_id)]

    def given(
        self,
        status: RunStatus,
        run_id: str = "run-1",
        *,
        worker: WorkerIdentity = ELSEWHERE,
        is_launched: bool = True,
        **fields: Any,
    ) -> str:
        """Record a run that stands so, with one step at work if its worker is."""
        queued = Run(run_id=run_id, job_name="job", mode="dev", status=RunStatus.QUEUED, location="shop", **fields)
        event = Event(run_id=run_id, run_attempt=1, fact=RunQueued(), timestamp=self.clock.time())
        self.instance.storage.runs.create(queued, [event])
        if is_launched:
            self.record(run_id, RunStarting())
        if status is not RunStatus.STARTING:
            self.claim(run_id, worker)
            self.record(run_id, StepStarted(), step="fetch")
        if status is RunStatus.CANCELING:
            self.record(run_id, RunCanceling())
        if status is RunStatus.FAILURE:
            self.record(run_id, RunFailed("step 'fetch' failed"))
        return run_id

    def claim(self, run_id: str, worker: WorkerIdentity = ELSEWHERE, attempt: int = 1) -> None:
        started = Event(run_id=run_id, run_attempt=attempt, fact=RunStarted(), timestamp=self.clock.time())
        self.instance.storage.runs.claim(run_id, attempt, worker, [started])

    def succeed(self, run_id: str) -> None:
        self.record(run_id, StepSucceeded(), step="fetch")
        self.record(run_id, RunSucceeded())
