"""SIGTERM as an interrupt: a run that is told to end does so as with Ctrl-C, tear-downs and all."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Terminated(KeyboardInterrupt):
    """A SIGTERM, where it ends a run as Ctrl-C does."""


def is_interruptible() -> bool:
    """Whether a SIGTERM can interrupt what runs in this thread: it can in the main one, if nobody else handles it."""
    return threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@contextmanager
def terminable() -> Iterator[None]:
    """Have SIGTERM raise `Terminated` inside, where it can interrupt this thread."""
    if not is_interruptible():
        yield
        return
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise Terminated
