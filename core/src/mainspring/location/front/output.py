"""What a location's processes print outside of runs: read, so that they never wait for it, and kept in part."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

KEPT_BYTES = 16 * 1024
"""How much of the last output is kept, to be shown with a failure."""

_PIECE_BYTES = 1 << 16


class Output:
    """The printed output of one process, or of several that share it.

    Args:
        limit_bytes: How much may be printed before `on_excess` is called.
        on_excess: Called when that is passed, until `restart` is.

    Attributes:
        write_end: The descriptor to print to; closed by `opened` once the process has it.
    """

    def __init__(self, limit_bytes: int, on_excess: Callable[[], None]) -> None:
        self._read_end, self.write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        self._limit_bytes = limit_bytes
        self._on_excess = on_excess
        self._kept = bytearray()
        self._count = 0
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._read_end, self._read)

    def opened(self) -> None:
        """Let go of the descriptor to print to, which the process has by now."""
        os.close(self.write_end)

    def restart(self) -> None:
        """Begin to count anew: what follows belongs to something else."""
        self._count = 0
        self._kept.clear()

    def tail(self) -> str:
        """Return what was printed last."""
        if self._read_end >= 0:
            self._read()
        return self._kept[-KEPT_BYTES:].decode("utf-8", "replace").strip()

    def close(self) -> None:
        """Read no more."""
        if self._read_end >= 0:
            self._loop.remove_reader(self._read_end)
            os.close(self._read_end)
            self._read_end = -1

    def _read(self) -> None:
        try:
            piece = os.read(self._read_end, _PIECE_BYTES)
        except BlockingIOError:
            return
        if not piece:
            self.close()
            return
        self._kept += piece
        del self._kept[:-KEPT_BYTES]
        self._count += len(piece)
        if self._count > self._limit_bytes:
            self._on_excess()
