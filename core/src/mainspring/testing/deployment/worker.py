"""What carries out one attempt of a run: as the worker of a location does, or as if it had."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from attrs import define, evolve, frozen

from mainspring.clock import Clock
from mainspring.definition.definitions import Definitions
from mainspring.errors import MainspringError, SupersededError, TransitionError
from mainspring.event import Event, Fact, RunCanceled, RunStarted, RunSucceeded
from mainspring.execute.launched import LaunchedRun, prepare_launched
from mainspring.run import Run, WorkerIdentity

if TYPE_CHECKING:
    from mainspring.instance import Instance


class Worker(Protocol):
    """Has claimed an attempt of a run, and carries it out when it is told to."""

    def carry_out(self) -> None:
        """Carry the attempt out, or find that somebody has ended it."""

    def cancel(self) -> None:
        """End the attempt as a worker does that gets a SIGTERM."""


@define(eq=False)
class _WorkersTime(Clock):
    """The deployment's time, and what the worker has waited for itself: that holds up nobody else."""

    of_deployment: Clock
    waited_seconds: float = 0.0

    def time(self) -> float:
        return self.of_deployment.time() + self.waited_seconds

    def monotonic(self) -> float:
        return self.of_deployment.monotonic() + self.waited_seconds

    def wait(self, signal: threading.Event, timeout_seconds: float) -> bool:
        if not signal.is_set():
            self.waited_seconds += timeout_seconds
        return signal.is_set()


@frozen(eq=False)
class _Executing:
    launched: LaunchedRun
    started: Event

    def carry_out(self) -> None:
        with suppress(SupersededError, TransitionError):
            self.launched.carry_out(self.started)

    def cancel(self) -> None:
        self.launched.context.cancel()
        self.carry_out()


@frozen(eq=False)
class _Stub:
    run: Run
    instance: Instance

    def carry_out(self) -> None:
        self._record(RunSucceeded())

    def cancel(self) -> None:
        self._record(RunCanceled("it was asked to end"))

    def _record(self, fact: Fact) -> None:
        event = _event(self.run, fact, self.instance)
        with suppress(SupersededError, TransitionError):
            self.instance.storage.events.record(self.run.run_id, self.run.attempt, [event])


def executing(run: Run, definitions: Definitions, instance: Instance, identity: WorkerIdentity) -> Worker | None:
    """Claim an attempt that is to execute its ops; None where that is refused, which is recorded.

    Args:
        run: The run as it was launched.
        definitions: Where its job is.
        instance: Where it is recorded.
        identity: This process.
    """
    own = evolve(instance, clock=_WorkersTime(instance.clock))
    try:
        launched = prepare_launched(definitions, run.run_id, run.attempt, own, identity)
        return _Executing(launched, launched.claim())
    except MainspringError:  # the run has failed for that, or is somebody else's by now
        return None


def stub(run: Run, instance: Instance, identity: WorkerIdentity) -> Worker | None:
    """Claim an attempt that is to succeed with nothing executed; None where somebody has ended it.

    Args:
        run: The run as it was launched.
        instance: Where it is recorded.
        identity: This process.
    """
    started = _event(run, RunStarted(), instance)
    try:
        instance.storage.runs.claim(run.run_id, run.attempt, identity, [started])
    except SupersededError:
        return None
    return _Stub(run, instance)


def _event(run: Run, fact: Fact, instance: Instance) -> Event:
    return Event(run_id=run.run_id, run_attempt=run.attempt, fact=fact, timestamp=instance.clock.time())
