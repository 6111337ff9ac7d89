"""The audit log in this process's memory."""

from __future__ import annotations

import threading

from attrs import evolve

from mainspring.storage.audit import AuditEntry, AuditQuery


class MemoryAudit:
    """Keeps the audit log in a list."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[AuditEntry] = []

    def record(self, entry: AuditEntry) -> None:
        with self._lock:
            self._entries.append(evolve(entry, detail=dict(entry.detail), audit_id=len(self._entries) + 1))

    def find(self, query: AuditQuery) -> list[AuditEntry]:
        with self._lock:
            entries = self._entries[::-1]
        fitting = [
            each
            for each in entries
            if query.subject in (None, each.subject)
            and query.action in (None, each.action)
            and (query.before is None or (each.audit_id or 0) < query.before)
        ]
        return fitting[: query.limit]
