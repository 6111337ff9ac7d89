"""Where processes die: the point that a file names, the first of them to reach it."""

import os
import signal
from pathlib import Path


def die_if_doomed(name: str, doom: Path) -> None:
    """Die here, if this is the point that the file names and nobody has died for it yet."""
    try:
        chosen = doom.read_text("utf-8")
    except FileNotFoundError:
        return
    if chosen == name:
        try:
            doom.unlink()
        except FileNotFoundError:
            return
        os.kill(os.getpid(), signal.SIGKILL)
