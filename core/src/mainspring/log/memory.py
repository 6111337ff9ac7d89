"""Logs in this process's memory."""

from __future__ import annotations

import threading

from attrs import field, frozen

from mainspring.log.port import CUT, LIMIT_BYTES, PIECE_BYTES, LogKey, LogPiece, LogStore


@frozen(eq=False)
class MemoryLogStore(LogStore):
    """Keeps text for as long as the store itself lives.

    Attributes:
        limit_characters: How long a stream may grow; the rest is dropped, and its last line says so.
    """

    limit_characters: int = LIMIT_BYTES
    _texts: dict[LogKey, list[str]] = field(factory=dict, init=False, repr=False)
    _room: dict[LogKey, int] = field(factory=dict, init=False, repr=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)

    def append(self, key: LogKey, text: str) -> None:
        """Add text to a stream."""
        with self._lock:
            room = self._room.get(key, self.limit_characters)
            if room < 0:
                return
            self._room[key] = room - len(text)
            pieces = self._texts.setdefault(key, [])
            pieces.extend(_cut_up(text if len(text) <= room else text[:room] + CUT))

    def piece(self, key: LogKey, start: int = 0) -> LogPiece:
        """Join what was written from the piece of a number on."""
        with self._lock:
            texts = self._texts.get(key, [])
            end = start
            size = 0
            while end < len(texts) and size < PIECE_BYTES:
                size += len(texts[end])
                end += 1
            return LogPiece("".join(texts[start:end]), end)

    def delete(self, run_id: str) -> None:
        """Forget a run's streams."""
        with self._lock:
            for key in [each for each in self._room if each.run_id == run_id]:
                del self._room[key]
                self._texts.pop(key, None)


def _cut_up(text: str) -> list[str]:
    """Return a text as parts of which none is longer than a piece may be."""
    return [text[start : start + PIECE_BYTES] for start in range(0, len(text), PIECE_BYTES)]
