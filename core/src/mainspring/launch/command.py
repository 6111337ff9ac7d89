"""The command line of a run's worker."""

from __future__ import annotations

import sys
from pathlib import Path

from mainspring.run import Run


def worker_command(home: Path, run: Run, python: str = sys.executable) -> tuple[str, ...]:
    """Return what a host executes to carry out a run's attempt; config and secrets are read from storage, not from here."""
    words = ("worker", "--home", str(home), "--run", run.run_id, "--attempt", str(run.attempt))
    location = () if run.location is None else ("--location", run.location)
    return (python, "-m", "mainspring", *words, *location)
