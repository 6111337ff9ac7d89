"""Deleting what is too old from this process's memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.event import AssetMaterialized
from mainspring.storage.retention import CHUNK_ROWS, Chunk, ExpiredRuns, ExpiredTicks, has_expired

if TYPE_CHECKING:
    from mainspring.storage.memory_automations import MemoryAutomations
    from mainspring.storage.memory_rows import Rows


class MemoryRetention:
    """Deletes runs and ticks from the memory."""

    def __init__(self, rows: Rows, automations: MemoryAutomations) -> None:
        self._rows = rows
        self._automations = automations

    def expired_runs(self, expired: ExpiredRuns, after: str | None = None, limit: int = CHUNK_ROWS) -> Chunk[str]:
        with self._rows.lock:
            runs = [each for each in self._rows.runs.values() if each.status is expired.status]
            runs = sorted((each for each in runs if each.run_id > (after or "")), key=lambda run: run.run_id)
            kept = self._holders() | self._unread(expired.read_to)
        page = runs[:limit]
        ids = [
            each.run_id
            for each in page
            if has_expired(expired, each.ended_at, each.retries_left) and each.run_id not in kept
        ]
        return Chunk(tuple(ids), page[-1].run_id if len(runs) > limit else None)

    def delete_runs(self, expired: ExpiredRuns, after: str | None = None, limit: int = CHUNK_ROWS) -> Chunk[str]:
        with self._rows.lock:
            chunk = self.expired_runs(expired, after, limit)
            for run_id in chunk.ids:
                self._rows.runs.forget(run_id)
                for rows in (self._rows.steps, self._rows.events):
                    rows.pop(run_id, None)
            gone = set(chunk.ids)
            for events in (*self._rows.assets.values(), self._rows.written, self._rows.run_facts):
                events[:] = [each for each in events if each.run_id not in gone]
        return chunk

    def expired_ticks(self, expired: ExpiredTicks, after: int | None = None, limit: int = CHUNK_ROWS) -> Chunk[int]:
        return self._automations.expired_ticks(expired, after, limit)

    def delete_ticks(self, expired: ExpiredTicks, after: int | None = None, limit: int = CHUNK_ROWS) -> Chunk[int]:
        with self._rows.lock:
            chunk = self.expired_ticks(expired, after, limit)
            self._automations.delete_ticks(chunk.ids)
        return chunk

    def _holders(self) -> set[str]:
        """Return the runs that wrote the newest materialization of an asset's partition in their mode."""
        newest: dict[tuple[str, str | None, str], str] = {}
        for asset, events in self._rows.assets.items():
            for event in events:
                if isinstance(event.fact, AssetMaterialized):
                    mode = self._rows.runs[event.run_id].mode
                    newest[asset, event.fact.partition_key, mode] = event.run_id
        return set(newest.values())

    def _unread(self, read_to: int | None) -> set[str]:
        """Return the runs with facts that a follower has not read yet."""
        if read_to is None:
            return set()
        return {run_id for run_id, log in self._rows.events.items() if log and (log[-1].event_id or 0) > read_to}
