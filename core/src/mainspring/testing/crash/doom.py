"""The crash point that kills: the first process to reach the point that a file names dies there, or stops."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path

from mainspring.testing.crash.folder import DEATHS, DOOM, append, named_folder

CRASH_POINT = "mainspring.testing.crash.doom:point"
"""What the processes of a location are told to call."""

SIGNALS: Mapping[str, signal.Signals] = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


def point(name: str) -> None:
    """Die or stop here, if this is the point and nobody has met it yet."""
    folder = named_folder()
    if folder is not None:
        meet(name, folder)


def meet(name: str, folder: Path) -> None:
    """Die or stop, if the folder's file names this point; only one process does so.

    Args:
        name: The point.
        folder: The folder of the crash test.
    """
    try:
        how, _, chosen = (folder / DOOM).read_text("utf-8").partition(" ")
    except FileNotFoundError:
        return
    if chosen != name:
        return
    try:
        (folder / DOOM).unlink()
    except FileNotFoundError:  # another process was faster
        return
    append(folder / DEATHS, f"{os.getpid()} {name}")
    os.kill(os.getpid(), SIGNALS[how])


def arm(how: str, name: str, folder: Path) -> None:
    """Have the first process die or stop that reaches a point from now on.

    Args:
        how: `kill` or `stop`.
        name: The point.
        folder: The folder of the crash test.
    """
    aside = folder / f"{DOOM}.new"
    aside.write_text(f"{how} {name}", "utf-8")
    aside.replace(folder / DOOM)


def met(folder: Path) -> list[tuple[int, str]]:
    """Return which process has met which point, in order."""
    try:
        lines = (folder / DEATHS).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [(int(pid), name) for pid, _, name in (line.partition(" ") for line in lines)]
