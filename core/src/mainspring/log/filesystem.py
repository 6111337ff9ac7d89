"""Logs in files: a folder a run, a file a stream, made when the first text comes."""

from __future__ import annotations

import os
from pathlib import Path

from mainspring.filename import file_name
from mainspring.log.port import CUT, LIMIT_BYTES, LogKey, LogStore

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW


class FilesystemLogStore(LogStore):
    """Keeps each stream in a file, `<base>/<run>/<step>.<attempt>.stdout.txt`.

    Args:
        base: The folder; made when the first text comes.
        limit_bytes: How long a stream may grow; the rest is dropped, and its last line says so.
    """

    def __init__(self, base: Path, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self.base = base
        self.limit_bytes = limit_bytes

    def append(self, key: LogKey, text: str) -> None:
        """Add text to a stream's file."""
        path = self.path(key)
        try:
            target = os.open(path, _FLAGS, 0o600)
        except FileNotFoundError:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            target = os.open(path, _FLAGS, 0o600)
        try:
            view = memoryview(self._within_limit(os.fstat(target).st_size, text.encode("utf-8", "backslashreplace")))
            while view:
                view = view[os.write(target, view) :]
        finally:
            os.close(target)

    def read(self, key: LogKey) -> str:
        """Read a stream's file."""
        try:
            return self.path(key).read_bytes().decode("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def path(self, key: LogKey) -> Path:
        """Return the file of a stream."""
        name = file_name(*key.step_key.split("."), str(key.attempt), key.stream)
        return self.base / file_name(key.run_id) / f"{name}.txt"

    def _within_limit(self, size_bytes: int, data: bytes) -> bytes:
        """Return as much as may be added; what crosses the limit is cut there, and what comes later is empty."""
        room = self.limit_bytes - size_bytes
        if len(data) <= room:
            return data
        return data[:room] + CUT.encode() if room >= 0 else b""
