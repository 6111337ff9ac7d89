"""A directory being watched in a test: files arrive in it, and the clock is told that they have settled."""

import os
from pathlib import Path

from mainspring.testing import VirtualClock


class Watched:
    """A folder and a clock that goes by the ctimes of what arrives, which no test can set.

    Attributes:
        folder: The folder.
        clock: The time is that of the last arrival, and the settling time of two seconds.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = VirtualClock()
        self._last_ns = 0
        folder.mkdir(exist_ok=True)
        self.settle(folder)

    def arrive(self, name: str, content: str = "x") -> Path:
        """Write a file; it is later than all that was settled before."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        self.later(path)
        self.settle(path)
        return path

    def later(self, path: Path) -> None:
        """Touch a path until the kernel's clock, which goes in steps of some milliseconds, has gone on."""
        while path.lstat().st_ctime_ns <= self._last_ns:
            os.utime(path, follow_symlinks=False)

    def settle(self, *paths: Path) -> None:
        """Let the time be such that what changed up to these paths has just settled."""
        self._last_ns = max(self._last_ns, *(path.lstat().st_ctime_ns for path in paths), *self._folders())
        self.clock.jump((self._last_ns + 1000) / 1e9 + 2 - self.clock.time())

    def _folders(self) -> list[int]:
        return [path.lstat().st_ctime_ns for path in self.folder.rglob("*") if path.is_dir()]
