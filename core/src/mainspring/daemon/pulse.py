"""The pulse: what a daemon tells of itself, which is how far it has come and not only that it is there."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import attrs

from mainspring.daemon.tick.automations import Progress
from mainspring.run import WorkerIdentity
from mainspring.storage import Heartbeat

if TYPE_CHECKING:
    from mainspring.instance import Instance

BEAT_SECONDS = 2.0
"""How often it is told."""


class Pulse:
    """Tells how one daemon does.

    Args:
        instance: Where it is told.
        daemon_id: The daemon.
        identity: Its process.
    """

    def __init__(self, instance: Instance, daemon_id: str, identity: WorkerIdentity) -> None:
        self._instance = instance
        self._daemon_id = daemon_id
        self._identity = identity
        self._began_at = instance.clock.time()
        self._version = 0
        self._beat_at = 0.0
        self._expected_at: float | None = None
        self._lag_seconds = 0.0
        self._error: str | None = None

    def expect(self, wait_seconds: float) -> None:
        """Note how long the loop means to sleep, so that it can be told how late it wakes."""
        self._expected_at = self._instance.clock.monotonic() + wait_seconds

    def falter(self, error: str) -> None:
        """Note what the loop could not do."""
        self._error = error
        self._expected_at = None

    def beat(self, progress: Progress, locations: Collection[str]) -> None:
        """Tell how the daemon does, if that was long ago."""
        now = self._instance.clock.monotonic()
        if self._expected_at is not None:
            self._lag_seconds = max(self._lag_seconds, now - self._expected_at, 0.0)
        if self._version and now - self._beat_at < BEAT_SECONDS:
            return
        self._beat_at = now
        self._version += 1
        queued = self._instance.storage.runs.oldest_queued()
        body = {
            "identity": attrs.asdict(self._identity),
            "began_at": self._began_at,
            "locations": sorted(locations),
            "ticks": progress.ticks,
            "last_tick_at": progress.last_tick_at,
            "evaluating": progress.evaluating,
            "oldest_queued_at": queued,
            "lag_seconds": round(self._lag_seconds, 4),
            "error": self._error,
        }
        self._instance.crash_point("heartbeat.write")
        self._instance.storage.duties.beat(Heartbeat(self._daemon_id, self._version, self._instance.clock.time(), body))
        self._instance.crash_point("heartbeat.written")
        self._lag_seconds = 0.0
        self._error = None

    def end(self) -> None:
        """Tell that the daemon has ended."""
        self._instance.storage.duties.forget_heartbeat(self._daemon_id)
