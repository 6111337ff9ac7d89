"""Interrupts: SIGTERM ends a run as Ctrl-C does, tear-downs and all; neither falls into the middle of a write."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType


class Terminated(KeyboardInterrupt):
    """A SIGTERM, where it ends a run as Ctrl-C does."""


class Shield:
    """Holds interrupts back while the main thread is inside; they are raised when it leaves.

    Signal handlers run in the main thread, so there is one shield for the process.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._held_back: type[KeyboardInterrupt] | None = None

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            self._depth += 1

    def __exit__(self, *_: object) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        self._depth -= 1
        if self._depth == 0 and self._held_back is not None:
            interrupt, self._held_back = self._held_back, None
            raise interrupt

    def handler(self, interrupt: type[KeyboardInterrupt]) -> Callable[[int, FrameType | None], None]:
        """Return a signal handler that raises an interrupt, now or when the shield is left.

        `Terminated` is raised once: whoever sends a SIGTERM may send it again, which cuts no tear-down short.
        """
        is_terminated = False

        def handle(number: int, frame: FrameType | None) -> None:
            nonlocal is_terminated
            if is_terminated:
                return
            is_terminated = interrupt is Terminated
            if self._depth:
                self._held_back = interrupt
            else:
                raise interrupt

        return handle


shield = Shield()
"""The shield of this process."""


def is_interruptible() -> bool:
    """Whether a SIGTERM can interrupt what runs in this thread: it can in the main one, if nobody else handles it."""
    return threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@contextmanager
def terminable() -> Iterator[None]:
    """Have SIGTERM raise `Terminated` inside, where it can interrupt this thread, and shield writes from Ctrl-C."""
    with ExitStack() as restore:
        if is_interruptible():
            restore.callback(signal.signal, signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGTERM, shield.handler(Terminated))
            if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:  # a terminal that is closed
                restore.callback(signal.signal, signal.SIGHUP, signal.SIG_DFL)
                signal.signal(signal.SIGHUP, shield.handler(Terminated))
        if (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        ):
            restore.callback(signal.signal, signal.SIGINT, signal.default_int_handler)
            signal.signal(signal.SIGINT, shield.handler(KeyboardInterrupt))
        yield
