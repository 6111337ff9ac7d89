"""Frames between a front and the processes behind it: JSON objects of known length over a socket of their own."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Iterator, Mapping
from typing import Any

Message = Mapping[str, Any]

_HEADER = struct.Struct(">I")
_PIECE_BYTES = 1 << 16
_ENCODER = json.JSONEncoder(separators=(",", ":"))


def pack(message: Message) -> bytes:
    """Return a message as a frame."""
    body = _ENCODER.encode(message).encode()
    return _HEADER.pack(len(body)) + body


class FrameReader:
    """Puts messages together from whatever pieces arrive."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, piece: bytes) -> Iterator[Message]:
        """Take a piece and yield the messages that are whole now."""
        self._bytes += piece
        start = 0
        while len(self._bytes) - start >= _HEADER.size:
            (length,) = _HEADER.unpack_from(self._bytes, start)
            end = start + _HEADER.size + length
            if len(self._bytes) < end:
                break
            yield json.loads(self._bytes[start + _HEADER.size : end])
            start = end
        del self._bytes[:start]


class Channel:
    """The far end of a front's socket, in a process that waits for one message after the other."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._socket.settimeout(None)
        self._socket.set_inheritable(False)
        self._reader = FrameReader()
        self._waiting: list[Message] = []

    def fileno(self) -> int:
        """Return the socket's descriptor."""
        return self._socket.fileno()

    def send(self, **message: Any) -> None:
        """Send a message.

        Raises:
            OSError: The front is gone.
        """
        self._socket.sendall(pack(message))

    def receive(self) -> Message | None:
        """Wait for a message; None where the front is gone."""
        while not self._waiting:
            try:
                piece = self._socket.recv(_PIECE_BYTES)
            except OSError:
                return None
            if not piece:
                return None
            self._waiting.extend(self._reader.feed(piece))
        return self._waiting.pop(0)

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()
