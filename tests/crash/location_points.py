"""Where processes of a code location die: the point that a file in their home names, the first of them to reach it."""

import os
import signal
from pathlib import Path


def point(name: str) -> None:
    """Die here, if this is the point and nobody has died for it yet."""
    doom = Path("doom")  # a location's working folder is its home
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
