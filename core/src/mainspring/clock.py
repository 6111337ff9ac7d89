"""Time as a port: nothing in Mainspring reads the clock or waits but through a `Clock`."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from datetime import UTC, datetime


class Clock(ABC):
    """What the time is, and how to wait."""

    @abstractmethod
    def time(self) -> float:
        """Return the wall-clock time: seconds since the epoch, UTC."""

    @abstractmethod
    def monotonic(self) -> float:
        """Return seconds on a clock of this host that never goes back; only differences mean anything."""

    @abstractmethod
    def wait(self, signal: threading.Event, timeout_seconds: float) -> bool:
        """Wait until `signal` is set, at most so long; return whether it is set."""

    def now(self) -> datetime:
        """Return the wall-clock time as an aware datetime in UTC."""
        return datetime.fromtimestamp(self.time(), UTC)


class SystemClock(Clock):
    """The machine's own clock."""

    def time(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    def wait(self, signal: threading.Event, timeout_seconds: float) -> bool:
        return signal.wait(timeout_seconds)
