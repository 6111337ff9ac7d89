"""Logs in this process's memory."""

from __future__ import annotations

from mainspring.log.port import LogKey, LogStore


class MemoryLogStore(LogStore):
    """Keeps text for as long as the store itself lives."""

    def __init__(self) -> None:
        self._texts: dict[LogKey, list[str]] = {}

    def append(self, key: LogKey, text: str) -> None:
        self._texts.setdefault(key, []).append(text)

    def read(self, key: LogKey) -> str:
        return "".join(self._texts.get(key, ()))
