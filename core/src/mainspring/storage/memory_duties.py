"""Leases and heartbeats in this process's memory."""

from __future__ import annotations

import threading

from mainspring.storage.duty import Heartbeat, Lease


class MemoryDuties:
    """Keeps leases and heartbeats in dicts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._leases: dict[str, Lease] = {}
        self._heartbeats: dict[str, Heartbeat] = {}

    def holder(self, name: str) -> str | None:
        """Return who has a lease."""
        found = self._leases.get(name)
        return None if found is None else found.holder

    def leases(self) -> list[Lease]:
        with self._lock:
            return [self._leases[name] for name in sorted(self._leases)]

    def take_lease(self, lease: Lease, before: Lease | None) -> bool:
        with self._lock:
            if self._leases.get(lease.name) != before:
                return False
            self._leases[lease.name] = lease
            return True

    def release_lease(self, name: str, holder: str) -> None:
        with self._lock:
            if self.holder(name) == holder:
                del self._leases[name]

    def beat(self, heartbeat: Heartbeat) -> None:
        with self._lock:
            self._heartbeats[heartbeat.daemon_id] = heartbeat

    def heartbeats(self) -> list[Heartbeat]:
        with self._lock:
            return [self._heartbeats[name] for name in sorted(self._heartbeats)]

    def forget_heartbeat(self, daemon_id: str) -> None:
        with self._lock:
            self._heartbeats.pop(daemon_id, None)
