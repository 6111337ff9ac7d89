"""Whether this process may be forked: a fork copies one thread, and the locks that all others hold."""

from __future__ import annotations

import os
import sys
import threading


def os_threads() -> int:
    """Return how many threads this process has, those of libraries among them; Python's own where /proc is missing."""
    try:
        return len(os.listdir("/proc/self/task"))  # noqa: PTH208 - pathlib is not loaded for this
    except OSError:
        return threading.active_count()


def is_fork_safe() -> bool:
    """Whether a child forked now can be trusted to run any code: only one thread, on a system whose libraries allow it."""
    return sys.platform.startswith("linux") and os_threads() == 1
