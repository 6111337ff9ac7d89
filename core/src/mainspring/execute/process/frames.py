"""Frames: how a child and its parent talk, over one socket, in messages of known length.

A socket is known by its descriptor: an object around it costs more than the system call.
"""

from __future__ import annotations

import os
import select
import struct

_HEADER = struct.Struct(">cI")

READY = b"r"
"""Child to parent: it is up, and waits for its task."""
TASK = b"t"
"""Parent to child: begin, with the pickled task."""
LOG = b"l"
"""Child to parent: lines that were logged."""
ECHO = b"e"
"""Child to parent: a logged warning, which a terminal is to show."""
FACTS = b"f"
"""Child to parent: the facts of the attempt that has ended."""
CANCELED = b"c"
"""Child to parent: the attempt was interrupted, and these are the facts of its tear-down."""


def send(channel: int, kind: bytes, body: bytes = b"", *, patience_seconds: float | None = None) -> None:
    """Send a frame, waiting until the other side has room for it.

    Args:
        channel: The socket.
        kind: What kind of frame it is.
        body: What it says.
        patience_seconds: How long to wait each time that the other side has no room; for ever unless given.

    Raises:
        OSError: The other side is gone, or has made no room for so long.
    """
    left = memoryview(_HEADER.pack(kind, len(body)) + body)
    while left:
        try:
            left = left[os.write(channel, left) :]
        except BlockingIOError:
            if not select.select([], [channel], [], patience_seconds)[1]:
                raise TimeoutError(f"nothing was taken for {patience_seconds:g} s") from None


def receive(channel: int) -> tuple[bytes, bytes] | None:
    """Wait for a frame; None where the other side is gone."""
    header = _receive_exactly(channel, _HEADER.size)
    if header is None:
        return None
    kind, length = _HEADER.unpack(header)
    body = _receive_exactly(channel, length)
    return None if body is None else (kind, body)


class FrameBuffer:
    """Puts frames together from whatever pieces arrive."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, piece: bytes) -> list[tuple[bytes, bytes]]:
        """Take a piece and return the frames that are whole now."""
        self._bytes += piece
        frames: list[tuple[bytes, bytes]] = []
        start = 0
        while len(self._bytes) - start >= _HEADER.size:
            kind, length = _HEADER.unpack_from(self._bytes, start)
            end = start + _HEADER.size + length
            if len(self._bytes) < end:
                break
            frames.append((kind, bytes(self._bytes[start + _HEADER.size : end])))
            start = end
        del self._bytes[:start]
        return frames


def _receive_exactly(channel: int, length: int) -> bytes | None:
    pieces = bytearray()
    while len(pieces) < length:
        piece = os.read(channel, length - len(pieces))
        if not piece:
            return None
        pieces += piece
    return bytes(pieces)
