"""Ending with one's parent: a signal that the kernel sends when it dies, where the kernel can do so (Linux)."""

from __future__ import annotations

import contextlib
import os
import sys
from functools import cache
from typing import Any

_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of prctl(2)."""


def end_with(parent: int, number: int) -> None:
    """Have the kernel send this process a signal when its parent dies; end at once where it has died before.

    Args:
        parent: The number of the parent.
        number: The signal.
    """
    call = prctl()
    if call is not None:
        call(_DEATH_SIGNAL, number)
    if os.getppid() != parent:
        os._exit(0)


@cache
def prctl() -> Any:
    """Return the system call, looked up once, before a fork if need be; None where there is none."""
    if not sys.platform.startswith("linux"):
        return None
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        return ctypes.CDLL(None).prctl
    return None
