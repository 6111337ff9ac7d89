"""Inquiries: how the workers of runs do, asked off the daemon's loop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from attrs import frozen

from mainspring.daemon.errands import Errands
from mainspring.daemon.hands import Hands
from mainspring.execute.worker import liveness
from mainspring.launch import RunLauncher, WorkerHealth
from mainspring.run import Run

_LOGGER = logging.getLogger("mainspring.daemon")


@frozen
class Answer:
    """What was found out of the worker of an attempt.

    Attributes:
        run_id: The run.
        attempt: Its attempt.
        health: How the worker does.
        is_dead: Whether this host itself sees that the worker's process is gone.
    """

    run_id: str
    attempt: int
    health: WorkerHealth
    is_dead: bool

    @property
    def is_bad(self) -> bool:
        """Whether there is no worker any more."""
        return _is_gone(self.health)


class Inquiries:
    """Asks after workers, each once at a time.

    Args:
        launcher: What has started them.
        on_bad: Called when it was found out that one is gone.
        hands: Who asks; threads unless given.
    """

    def __init__(self, launcher: RunLauncher, on_bad: Callable[[], None], hands: Hands | None = None) -> None:
        self._launcher = launcher
        self._on_bad = on_bad
        self._errands = Errands("check", hands)
        self._answers: list[Answer] = []
        self._lock = threading.Lock()

    def ask(self, run: Run, *, is_launched: bool) -> None:
        """Begin to find out how the worker of a run does.

        Args:
            run: The run.
            is_launched: Whether a launcher has started it; else it is looked for by what is recorded of it.
        """
        key = (run.run_id, run.attempt)
        self._errands.send(key, run.location, lambda: self._find_out(run, is_launched=is_launched))

    def take(self) -> list[Answer]:
        """Return what was found out since this was last called."""
        with self._lock:
            answers, self._answers = self._answers, []
        return answers

    def join(self) -> None:
        """Wait for what is being found out."""
        self._errands.join()

    def close(self) -> None:
        """Ask no more."""
        self._errands.close(0.0)

    def _find_out(self, run: Run, *, is_launched: bool) -> None:
        try:
            health = self._launcher.check(run) if is_launched else health_of_process(run)
        except Exception as error:
            _LOGGER.exception("the launcher failed to tell of run %s", run.run_id)
            health = WorkerHealth("UNKNOWN", f"{type(error).__name__}: {error}")
        is_dead = _is_gone(health) and run.worker is not None and liveness(run.worker) == "dead"
        answer = Answer(run.run_id, run.attempt, health, is_dead)
        with self._lock:
            self._answers.append(answer)
        if answer.is_bad:
            self._on_bad()


def health_of_process(run: Run) -> WorkerHealth:
    """Return how a worker does that no launcher has started, as far as this host can tell."""
    if run.worker is None:
        return WorkerHealth("UNKNOWN", "it does not say which process carries it out")
    name = f"process {run.worker.pid} on {run.worker.host}"
    match liveness(run.worker):
        case "alive":
            return WorkerHealth("RUNNING")
        case "dead":
            return WorkerHealth("NOT_FOUND", f"{name} is gone")
        case "elsewhere":
            return WorkerHealth("UNKNOWN", f"{name} can be seen from there only")


def _is_gone(health: WorkerHealth) -> bool:
    return health.status not in ("RUNNING", "UNKNOWN")
