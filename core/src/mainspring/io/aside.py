"""Writing aside: a file appears under its name whole, or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


class AsideFile:
    """Takes bytes as they come, so that no second copy of a value is held, and counts and hashes them."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._digest = hashlib.sha256()
        self.size_bytes = 0

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


@contextmanager
def written_aside(path: str, *, durable: bool) -> Iterator[AsideFile]:
    """Give a file beside `path`, which takes its place at the end; an exception leaves what was there as it was.

    Args:
        path: The place; folders on the way are made, for their owner only.
        durable: Whether the file and its name have reached the disk at the end.

    Raises:
        OSError: It could not be written.
    """
    aside = f"{path}.{os.urandom(6).hex()}.part"  # no other writer's, dead or alive, and nothing planted
    descriptor = _open(aside, path)
    try:
        try:
            yield AsideFile(descriptor)
            if durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(aside, path)  # noqa: PTH105 - a Path costs more than the system call
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
    if durable:
        folder = Path(path).parent
        sync_folder(folder)
        sync_folder(folder.parent)


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
