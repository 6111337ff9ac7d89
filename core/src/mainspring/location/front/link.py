"""Links: a front's end of the channel to one process."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from mainspring.location.frames import FrameReader, Message, pack


class Link(asyncio.Protocol):
    """Speaks with one process.

    Args:
        on_message: Called with each message.
        on_end: Called once, when the process has hung up.
    """

    def __init__(self, on_message: Callable[[Message], None], on_end: Callable[[], None]) -> None:
        self._on_message = on_message
        self._on_end = on_end
        self._reader = FrameReader()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - of a stream socket
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        for message in self._reader.feed(data):
            self._on_message(message)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._on_end()

    def send(self, message: Message) -> None:
        """Send a message; one to a process that has hung up is dropped."""
        if self._transport is not None:
            self._transport.write(pack(message))

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


async def connect(near: socket.socket, link: Link) -> None:
    """Let a link speak over a socket."""
    near.settimeout(0)
    await asyncio.get_running_loop().create_unix_connection(lambda: link, sock=near)
