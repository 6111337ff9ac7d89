"""A home with one code location, as the suite of run launchers needs it."""

from __future__ import annotations

import errno
import json
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from attrs import frozen

import mainspring as ms
from mainspring.clock import SystemClock
from mainspring.event import Event, RunStarting
from mainspring.execute import RunOptions, find_run
from mainspring.execute.launched import queue_run
from mainspring.execute.worker import liveness
from mainspring.launch import worker_command
from mainspring.run import Run
from mainspring.storage import RunQuery
from mainspring.testing.contract import launched_jobs as jobs

PATIENCE_SECONDS = 60.0
"""How long is waited for what must come; nothing is judged by it."""

LOCATION = "jobs"
"""The name of the location."""

_GLANCE_SECONDS = 0.02


@frozen(eq=False)
class LaunchDeployment:
    """A home, the code location of its settings, and runs of its jobs.

    Attributes:
        home: Its folder; all that runs show of themselves stands there too.
        instance: The home's instance.
    """

    home: Path
    instance: ms.Instance

    def queue(self, job: ms.Job, note: str = "") -> Run:
        """Queue a run of one of the suite's jobs."""
        (node,) = job.nodes
        config = {"ops": {node: {"folder": str(self.home), "note": note}}}
        run = queue_run(job, None, RunOptions(config=config), instance=self.instance, location=LOCATION)
        self.instance.close()
        return run

    def launch_of(self, run: Run) -> ms.Launch:
        """Record that a run is about to be launched, as the daemon does, and return what its launcher gets."""
        starting = Event(run_id=run.run_id, run_attempt=1, fact=RunStarting(), timestamp=self.instance.clock.time())
        self.instance.storage.events.record(run.run_id, 1, [starting])
        found = self.read(run)
        return ms.Launch(found, worker_command(self.home, found))

    def read(self, run: Run) -> Run:
        """Return a run as it now stands."""
        found = find_run(self.instance, run.run_id)
        self.instance.close()
        return found

    def count(self, run: Run, what: str = jobs.EXECUTED) -> int:
        """Return how often the run's op has noted something."""
        with suppress(FileNotFoundError):
            return (self.home / jobs.WITNESS).read_text().count(f"{run.run_id} {what}\n")
        return 0

    def open_gate(self) -> None:
        """Let a run go on that waits."""
        gate = -1

        def opened() -> bool:
            nonlocal gate
            try:
                gate = os.open(self.home / jobs.GATE, os.O_WRONLY | os.O_NONBLOCK)
            except OSError as error:
                if error.errno != errno.ENXIO:  # nobody reads it yet
                    raise
            return gate >= 0

        self.until(opened)
        os.close(gate)

    def until(self, comes: Callable[[], bool]) -> None:
        """Look again and again until something is so."""
        clock, never = SystemClock(), threading.Event()
        end = clock.monotonic() + PATIENCE_SECONDS
        while not comes():
            assert clock.monotonic() < end, f"what must come has not come within {PATIENCE_SECONDS:g} s"
            clock.wait(never, _GLANCE_SECONDS)

    def until_over(self, run: Run) -> Run:
        """Wait until a run is over, and return it."""
        self.until(lambda: self.read(run).status.is_final)
        return self.read(run)

    def until_executed(self, run: Run) -> Run:
        """Wait until the run's op is executed, and return the run."""
        self.until(lambda: self.count(run) > 0)
        return self.read(run)


def make_home(folder: Path, location: Mapping[str, str]) -> Path:
    """Make a home and return its folder.

    Args:
        folder: Where it is made.
        location: What its settings say of the location, besides its name and its module.
    """
    home = folder / "home"
    home.mkdir(mode=0o700)
    said = {"name": LOCATION, "module": jobs.__name__, **location}
    settings = "".join(f"{key} = {json.dumps(value)}\n" for key, value in said.items())
    (home / "mainspring.toml").write_text(f"[[location]]\n{settings}", encoding="utf-8")
    ms.Instance.open(home).close()
    return home


@contextmanager
def deployed(home: Path) -> Iterator[LaunchDeployment]:
    """Deploy a home, and leave no process of its runs behind."""
    os.mkfifo(home / jobs.GATE)
    with ms.Instance.open(home) as instance:
        try:
            yield LaunchDeployment(home, instance)
        finally:
            for run in instance.storage.runs.find(RunQuery()):
                if run.worker is not None and liveness(run.worker) == "alive":
                    os.kill(run.worker.pid, signal.SIGKILL)
            with suppress(FileNotFoundError, ProcessLookupError):
                os.kill(int((home / jobs.LEFT_BEHIND).read_text()), signal.SIGKILL)
