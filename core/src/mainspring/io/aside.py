"""Writing aside: a file appears under its name whole, or not at all."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Self

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


class AsideFile:
    """A file beside `path`, which takes its place at the end of a `with`; an exception leaves what was there as it was.

    It takes bytes as they come, so that no second copy of a value is held, and counts and hashes them.

    Args:
        path: The place; folders on the way are made, for their owner only.
        durable: Whether the file and its name have reached the disk at the end.

    Raises:
        OSError: It could not be written.
    """

    def __init__(self, path: str, *, durable: bool) -> None:
        self._path = path
        self._durable = durable
        self._aside = f"{path}.{os.urandom(6).hex()}.part"  # no other writer's, dead or alive, and nothing planted
        self._descriptor = -1
        self._digest = hashlib.sha256()
        self.size_bytes = 0

    def __enter__(self) -> Self:
        self._descriptor = _open(self._aside, self._path)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            try:
                if kind is None and self._durable:
                    os.fsync(self._descriptor)
            finally:
                os.close(self._descriptor)
            if kind is None:
                os.replace(self._aside, self._path)  # noqa: PTH105 - a Path costs more than the system call
        except BaseException:
            self._discard()
            raise
        if kind is not None:
            self._discard()
        elif self._durable:
            folder = Path(self._path).parent
            sync_folder(folder)
            sync_folder(folder.parent)

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Write all of it."""
        view = memoryview(data).cast("B")
        self._digest.update(view)
        self.size_bytes += len(view)
        written = 0
        while written < len(view):
            written += os.write(self._descriptor, view[written:])
        return written

    @property
    def sha256(self) -> str:
        """The hash of what was written."""
        return self._digest.hexdigest()

    def _discard(self) -> None:
        Path(self._aside).unlink(missing_ok=True)


def _open(aside: str, path: str) -> int:
    try:
        return os.open(aside, _FLAGS, 0o600)
    except FileNotFoundError:
        folder = Path(path).parent
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # the mode is that of the last folder only
        folder.mkdir(mode=0o700, exist_ok=True)
        return os.open(aside, _FLAGS, 0o600)


def sync_folder(folder: Path) -> None:
    """Make a folder's entries durable, without which a synced file may have no name after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
