"""The reaper: takes leave of every process that this one started, or that came to it as an orphan."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable

_KEPT = 1000
"""How many ends are remembered of processes that nobody has asked for yet."""

FRESH_SECONDS = 5.0
"""How long an end may have come before its process was asked for; numbers are used again, but not so soon."""


class Reaper:
    """Knows how processes ended; zombies that nobody waits for are buried as well."""

    def __init__(self) -> None:
        self._waiting: dict[int, Callable[[int], None]] = {}
        self._ended: dict[int, tuple[int, float]] = {}
        self._loop = asyncio.get_running_loop()
        self._loop.add_signal_handler(signal.SIGCHLD, self.reap)

    def watch(self, pid: int, on_end: Callable[[int], None]) -> None:
        """Call a function with a process's wait status when it has ended, or soon where it has already."""
        status, at = self._ended.pop(pid, (0, -FRESH_SECONDS))
        if self._loop.time() - at < FRESH_SECONDS:
            self._loop.call_soon(on_end, status)
        else:  # an older end was that of another process, which had the number before
            self._waiting[pid] = on_end

    def forget(self, pid: int) -> None:
        """Watch a process no more."""
        self._waiting.pop(pid, None)

    def tell(self, pid: int, status: int) -> None:
        """Note how a process ended whose parent is another one."""
        on_end = self._waiting.pop(pid, None)
        if on_end is not None:
            on_end(status)
            return
        self._ended[pid] = (status, self._loop.time())
        while len(self._ended) > _KEPT:
            del self._ended[next(iter(self._ended))]

    def reap(self) -> None:
        """Take leave of all children that have ended."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self.tell(pid, status)


def say_end(status: int) -> str:
    """Say how a process ended, from its wait status."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        hint = "; the system may have run out of memory" if number == signal.SIGKILL else ""
        return f"was killed by {signal.Signals(number).name}{hint}"
    return f"exited with code {os.waitstatus_to_exitcode(status)}"
