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
        self._lock = threading.Lock()

    def time(self) -> float:
        """Return the time that was given or set."""
        return self._time

    def monotonic(self) -> float:
        """Return the seconds that have passed."""
        return self._elapsed

    def wait(self, signal: threading.Event, timeout_seconds: float) -> bool:
        """Let the time pass unless the signal is set."""
        if not signal.is_set():
            self.advance(timeout_seconds)
        return signal.is_set()

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        with self._lock:
            self._time += seconds
            self._elapsed += seconds

    def advance_to(self, time: float) -> None:
        """Let time pass until it is `time`, in seconds since the epoch; none passes where that is in the past."""
        with self._lock:
            if time > self._time:
                self._elapsed += time - self._time
                self._time = time

    def jump(self, seconds: float) -> None:
        """Set the wall clock forward or back while no time passes, as a bad time server does."""
        with self._lock:
            self._time += seconds
