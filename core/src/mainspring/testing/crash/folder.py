"""Where a crash test keeps its notes: a folder in the home, which its processes know from their environment."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "MAINSPRING_CRASH_FOLDER"
"""Names the folder to all processes of a home that is tested so, and tells them from those of any other."""

DOOM = "doom"
DEATHS = "deaths"
WITNESS = "witness"
AT_WORK = "at-work"
LOG = "daemon.log"


def crash_folder(home: Path) -> Path:
    """Return the folder of a home."""
    return home.resolve() / "crash"


def named_folder() -> Path | None:
    """Return the folder that this process was told of; None where nothing is tested."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else None


def append(path: Path, line: str) -> None:
    """Add a line to a file in one write, which many processes may do at once."""
    target = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(target, f"{line}\n".encode())
    finally:
        os.close(target)
