"""Ending runs from outside, and telling of those whose worker is dead."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from mainspring.errors import MainspringError, SupersededError, TransitionError
from mainspring.event import Event, Fact, RunCanceled, RunCanceling
from mainspring.execute.end_attempt import end_attempt, failure
from mainspring.execute.recall import find_run
from mainspring.execute.recorder import Recorder
from mainspring.execute.worker import liveness
from mainspring.run import Run, RunStatus

if TYPE_CHECKING:
    from mainspring.instance import Instance

WORKER_DIED = "WorkerDied"
"""What the failure of a run is called whose worker is gone."""

_UNDER_WAY = (RunStatus.STARTED, RunStatus.CANCELING)


def cancel_run(instance: Instance, run_id: str) -> Run:
    """Ask a run to end and return it as it then stands: CANCELED at once where nobody carries it out, else CANCELING.

    A worker on this host that can be interrupted is; any other one sees the request within a second or two, between
    steps.

    Raises:
        UnknownNameError: There is no such run.
        MainspringError: It is over already.
    """
    run = _ask(instance, find_run(instance, run_id))
    if run.status.is_final or run.worker is None:
        return run
    match liveness(run.worker):
        case "dead":
            settle_dead(instance, run)
        case "alive" if run.worker.interruptible:
            with suppress(ProcessLookupError, PermissionError):  # it has just ended, or looks the request up itself
                os.kill(run.worker.pid, signal.SIGTERM)
        case _:
            pass
    return find_run(instance, run_id)


def settle_dead(instance: Instance, run: Run) -> Run:
    """Record that a run's worker has died, if it has, and return the run as it then stands.

    Raises:
        MainspringError: The worker lives, or is on another host, so that nobody here can tell.
    """
    if run.status not in _UNDER_WAY:
        return run
    worker = run.worker
    if worker is None:
        raise MainspringError(f"run {run.run_id} is {run.status} and does not say which process carries it out")
    name = f"process {worker.pid} on {worker.host}"
    match liveness(worker):
        case "alive":
            raise MainspringError(f"run {run.run_id} is still carried out by {name}; cancel it first")
        case "elsewhere":
            raise MainspringError(
                f"run {run.run_id} is carried out by {name}; only there can be told whether that process lives"
            )
        case "dead":
            pass
    said = f"{name} died while it carried out the run"
    canceling = run.status is RunStatus.CANCELING
    end_attempt(instance, run, RunCanceled(said) if canceling else failure(WORKER_DIED, said))
    return find_run(instance, run.run_id)


def _ask(instance: Instance, run: Run) -> Run:
    """Record that a run is to end, and return it as it then stands."""
    while not run.status.is_final:
        if run.status is RunStatus.CANCELING:
            return run
        fact: Fact = RunCanceling() if run.status in _UNDER_WAY else RunCanceled("canceled before it started")
        try:
            _write(instance, run, [fact])
        except (TransitionError, SupersededError):
            run = find_run(instance, run.run_id)  # it went on in the meantime
        else:
            return find_run(instance, run.run_id)
    raise MainspringError(f"run {run.run_id} is over already: {run.status}")


def _write(instance: Instance, run: Run, facts: list[Fact]) -> None:
    recorder = _recorder(instance, run)
    events: list[Event] = [recorder.event(fact) for fact in facts]
    instance.crash_point("cancel.ask")
    recorder.write(events)
    instance.crash_point("cancel.asked")


def _recorder(instance: Instance, run: Run) -> Recorder:
    return Recorder(
        instance.storage.events, instance.clock, run.run_id, run.attempt, instance.observers, instance.crash_point
    )
