"""Logs in files: a folder a run, a file a stream, made when the first text comes."""

from __future__ import annotations

import os
from pathlib import Path

from mainspring.filename import file_name
from mainspring.log.port import LogKey, LogStore


class FilesystemLogStore(LogStore):
    """Keeps each stream in a file, `<base>/<run>/<step>.<attempt>.stdout.txt`.

    Args:
        base: The folder; made when the first text comes.
    """

    def __init__(self, base: Path) -> None:
        self.base = base

    def append(self, key: LogKey, text: str) -> None:
        path = self.path(key)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        try:
            target = os.open(path, flags, 0o600)
        except FileNotFoundError:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            target = os.open(path, flags, 0o600)
        try:
            os.write(target, text.encode("utf-8", "backslashreplace"))
        finally:
            os.close(target)

    def read(self, key: LogKey) -> str:
        try:
            return self.path(key).read_bytes().decode("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def path(self, key: LogKey) -> Path:
        """Return the file of a stream."""
        name = file_name(*key.step_key.split("."), str(key.attempt), key.stream)
        return self.base / file_name(key.run_id) / f"{name}.txt"
