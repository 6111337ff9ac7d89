"""Ending a worker of this machine that is known by what is recorded of it alone."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress

from mainspring.execute.worker import liveness
from mainspring.location.front.descendants import end_session
from mainspring.run import WorkerIdentity


def end_worker(worker: WorkerIdentity, grace_seconds: float) -> bool:
    """Ask a worker to end, and end it with its session if it has not done so in time; return whether it was there.

    A thread sees to that. If this process ends before, the worker was asked and no more.

    Args:
        worker: The worker.
        grace_seconds: How long it may take to end.
    """
    if not _send(worker, signal.SIGTERM):
        return False
    timer = threading.Timer(min(grace_seconds, threading.TIMEOUT_MAX), _end_by_force, (worker,))
    timer.daemon = True
    timer.start()
    return True


def _end_by_force(worker: WorkerIdentity) -> None:
    if _send(worker, signal.SIGKILL):
        end_session(worker.pid)


def _send(worker: WorkerIdentity, number: signal.Signals) -> bool:
    """Send a worker a signal, if it lives; return whether it does."""
    if liveness(worker) != "alive":
        return False
    with suppress(ProcessLookupError, PermissionError):
        os.kill(worker.pid, number)
    return True
