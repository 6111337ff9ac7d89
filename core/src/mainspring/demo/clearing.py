"""Ending the runs of a demonstration that is over, so that nothing of it is left running."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from mainspring.errors import MainspringError
from mainspring.execute import cancel_run, settle_dead
from mainspring.execute.worker import liveness
from mainspring.launch.ending import end_worker
from mainspring.run import RunStatus
from mainspring.storage import RunQuery

if TYPE_CHECKING:
    from mainspring.instance import Instance
    from mainspring.run import Run

GRACE_SECONDS = 3.0
"""How long a run that is under way may take to end."""

LOOK_SECONDS = 0.1
"""How often it is looked whether it has."""


def end_runs(instance: Instance) -> None:
    """Have all runs end that wait or are under way, which no daemon looks after any more."""
    live = tuple(status for status in RunStatus if not status.is_final)
    ending = [_asked_to_end(instance, run) for run in instance.storage.runs.find(RunQuery(statuses=live, limit=1000))]
    clock = instance.clock
    until = clock.monotonic() + 2 * GRACE_SECONDS
    while ending and clock.monotonic() < until:
        clock.wait(threading.Event(), LOOK_SECONDS)
        ending = [run for run in ending if not _has_ended(instance, run.run_id)]


def _asked_to_end(instance: Instance, run: Run) -> Run:
    try:
        run = cancel_run(instance, run.run_id)
    except MainspringError:  # it is over already
        return run
    if run.worker is not None:
        end_worker(run.worker, GRACE_SECONDS)
    return run


def _has_ended(instance: Instance, run_id: str) -> bool:
    run = instance.storage.runs.get(run_id)
    if run is None or run.status.is_final:
        return True
    if run.worker is not None and liveness(run.worker) == "dead":
        return settle_dead(instance, run).status.is_final
    return False
