"""Asking a run to end, and waiting for that while saying what it waits for."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from mainspring.cli.act import note_act
from mainspring.cli.complaint import note
from mainspring.cli.show import echo
from mainspring.errors import MainspringError
from mainspring.execute import cancel_run, settle_dead
from mainspring.execute.worker import liveness
from mainspring.run import RunStatus, StepStatus

if TYPE_CHECKING:
    from mainspring.instance import Instance
    from mainspring.run import Run

LOOK_SECONDS = 0.2
"""How often it is looked whether the run has ended."""


class NotEndedError(MainspringError):
    """A run that was asked to end has not done so in time."""


def cancel_and_tell(instance: Instance, run_id: str, wait_seconds: float | None) -> None:
    """Ask a run to end, wait for its end if that is asked for, and say how it stands.

    Raises:
        MainspringError: It is over already.
        NotEndedError: It has not ended in time.
    """
    run = cancel_run(instance, run_id)
    note_act(instance, "run cancel", f"run:{run.run_id}", job=run.job_name)
    if not run.status.is_final and wait_seconds is not None:
        run = _wait(instance, run, wait_seconds)
    if not run.status.is_final:
        echo(f"run {run.run_id} was asked to end; {_who(run)}")
        return
    reason = f": {run.reason}" if run.reason else ""
    echo(f"run {run.run_id} ended {run.status}{reason}")


def _wait(instance: Instance, run: Run, seconds: float) -> Run:
    clock = instance.clock
    give_up_at = clock.monotonic() + seconds
    told = ""
    while not run.status.is_final:
        waits_for = _waits_for(instance, run)
        if waits_for != told:
            note(f"waiting for {waits_for}")
            told = waits_for
        left = give_up_at - clock.monotonic()
        if left <= 0:
            raise NotEndedError(
                f"run {run.run_id} was asked to end and is still {run.status} after {seconds:g} s; {_who(run)}; look "
                f"again with `mainspring run show {run.run_id}`"
            )
        clock.wait(threading.Event(), min(left, LOOK_SECONDS))
        run = _look(instance, run)
    return run


def _look(instance: Instance, run: Run) -> Run:
    """Return a run as it stands now; the death of its worker is recorded."""
    found = instance.storage.runs.get(run.run_id)
    if found is None:
        raise MainspringError(f"run {run.run_id} has been deleted")
    if found.status is RunStatus.CANCELING and found.worker is not None and liveness(found.worker) == "dead":
        return settle_dead(instance, found)
    return found


def _waits_for(instance: Instance, run: Run) -> str:
    """Say what a run still does."""
    open_steps = [
        step.step_key
        for step in instance.storage.events.steps(run.run_id)
        if step.status is StepStatus.STARTED and step.run_attempt == run.attempt
    ]
    if not open_steps:
        return f"run {run.run_id} to end"
    more = f" and {len(open_steps) - 3} more" if len(open_steps) > 3 else ""
    return f"step {', '.join(open_steps[:3])}{more} to end"


def _who(run: Run) -> str:
    worker = run.worker
    if worker is None:
        return "nobody has begun it"
    name = f"process {worker.pid} on {worker.host}"
    if worker.interruptible and liveness(worker) == "alive":
        return f"{name} was interrupted and ends it"
    return f"{name} sees that between steps, within a second or two"
