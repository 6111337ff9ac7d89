"""Code locations in this process's memory."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from mainspring.storage.location import DefinitionQuery, DefinitionRecord, LocationRecord


class MemoryLocations:
    """Keeps what is known of code locations in dicts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locations: dict[str, LocationRecord] = {}
        self._definitions: dict[tuple[str, str, str], DefinitionRecord] = {}

    def record(
        self,
        location: LocationRecord,
        changed: Sequence[DefinitionRecord] = (),
        removed: Sequence[tuple[str, str]] = (),
    ) -> None:
        with self._lock:
            self._locations[location.name] = location
            for kind, name in removed:
                self._definitions.pop((location.name, kind, name), None)
            for each in changed:
                self._definitions[location.name, each.kind, each.name] = each

    def forget(self, name: str) -> None:
        with self._lock:
            self._locations.pop(name, None)
            for place in [each for each in self._definitions if each[0] == name]:
                del self._definitions[place]

    def get(self, name: str) -> LocationRecord | None:
        return self._locations.get(name)

    def all(self) -> list[LocationRecord]:
        with self._lock:
            return [self._locations[name] for name in sorted(self._locations)]

    def hashes(self, name: str) -> dict[tuple[str, str], str]:
        with self._lock:
            return {place[1:]: each.hash for place, each in self._definitions.items() if place[0] == name}

    def definitions(self, query: DefinitionQuery) -> list[DefinitionRecord]:
        with self._lock:
            places = sorted(self._definitions)
        fitting = [
            self._definitions[place]
            for place in places
            if query.location in (None, place[0])
            and query.kind in (None, place[1])
            and query.name in (None, place[2])
            and (query.after is None or place > query.after)
        ]
        return fitting[: query.limit]
