"""The command line of a run's worker, for launchers that start it as a program."""

from __future__ import annotations

import sys
from pathlib import Path

from mainspring.errors import LaunchError
from mainspring.run import Run


def worker_command(home: Path, run: Run, python: str = sys.executable) -> tuple[str, ...]:
    """Return what starts the worker of a run's attempt; it names the run, and holds nothing that is in it.

    Args:
        home: The home where the run is recorded.
        run: The run.
        python: The interpreter of the environment in which its location's code is installed.

    Raises:
        LaunchError: The run belongs to no code location.
    """
    if run.location is None:
        raise LaunchError(
            run.run_id, f"run {run.run_id} belongs to no code location, so none can start it; launch its job anew"
        )
    named = ("--home", str(home.absolute()), "--run", run.run_id, "--attempt", str(run.attempt))
    return python, "-P", "-m", "mainspring", "worker", *named, "--location", run.location
