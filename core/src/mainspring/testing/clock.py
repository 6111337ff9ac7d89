"""A clock that goes when it is told to."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from mainspring.clock import Clock


class VirtualClock(Clock):
    """Starts at a given time and moves only by `advance`, and by waiting, which takes no time at all.

    Args:
        start: Its first time; aware. The first of January 2026, UTC, unless given.
    """

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._time = start.timestamp()
        self._elapsed = 0.0

    def time(self) -> float:
        return self._time

    def monotonic(self) -> float:
        return self._elapsed

    def wait(self, signal: threading.Event, timeout_seconds: float) -> bool:
        if not signal.is_set():
            self.advance(timeout_seconds)
        return signal.is_set()

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._time += seconds
        self._elapsed += seconds

    def jump(self, seconds: float) -> None:
        """Set the wall clock forward or back while no time passes, as a bad time server does."""
        self._time += seconds
