"""Logs in files: a folder a run, a file a stream, made when the first text comes."""

from __future__ import annotations

import codecs
import os
from contextlib import suppress
from pathlib import Path

from attrs import field, frozen, validators

from mainspring.filename import file_name
from mainspring.log.port import CUT, LIMIT_BYTES, PIECE_BYTES, LogKey, LogPiece, LogStore

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW


@frozen
class FilesystemLogStore(LogStore):
    """Keeps each stream in a file, `<base>/<run>/<step>.<attempt>.stdout.txt`.

    Attributes:
        base: The folder; made when the first text comes.
        limit_bytes: How long a stream may grow; the rest is dropped, and its last line says so.
    """

    base: Path = field(default=Path("logs"), converter=Path)
    limit_bytes: int = field(default=LIMIT_BYTES, validator=validators.ge(0))

    def append(self, key: LogKey, text: str) -> None:
        """Add text to a stream's file."""
        path = self.path(key)
        try:
            target = os.open(path, _FLAGS, 0o600)
        except FileNotFoundError:
            self.base.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            target = os.open(path, _FLAGS, 0o600)
        try:
            view = memoryview(self._within_limit(os.fstat(target).st_size, text.encode("utf-8", "backslashreplace")))
            while view:
                view = view[os.write(target, view) :]
        finally:
            os.close(target)

    def piece(self, key: LogKey, start: int = 0) -> LogPiece:
        """Read a stream's file from a byte on; a character that is not whole yet is left for the next piece."""
        try:
            with self.path(key).open("rb") as file:
                file.seek(start)
                data = file.read(PIECE_BYTES)
        except FileNotFoundError:
            return LogPiece("", start)
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        text = decoder.decode(data)
        left, _ = decoder.getstate()
        return LogPiece(text, start + len(data) - len(left))

    def delete(self, run_id: str) -> None:
        """Delete a run's folder."""
        import shutil

        with suppress(FileNotFoundError):
            shutil.rmtree(self.base / file_name(run_id))

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
