"""Logs in this process's memory."""

from __future__ import annotations

from mainspring.log.port import CUT, LIMIT_BYTES, LogKey, LogStore


class MemoryLogStore(LogStore):
    """Keeps text for as long as the store itself lives.

    Args:
        limit_characters: How long a stream may grow; the rest is dropped, and its last line says so.
    """

    def __init__(self, *, limit_characters: int = LIMIT_BYTES) -> None:
        self.limit_characters = limit_characters
        self._texts: dict[LogKey, list[str]] = {}
        self._room: dict[LogKey, int] = {}

    def append(self, key: LogKey, text: str) -> None:
        """Add text to a stream."""
        room = self._room.get(key, self.limit_characters)
        if room < 0:
            return
        self._room[key] = room - len(text)
        self._texts.setdefault(key, []).append(text if len(text) <= room else text[:room] + CUT)

    def read(self, key: LogKey) -> str:
        """Join a stream's text."""
        return "".join(self._texts.get(key, ()))
