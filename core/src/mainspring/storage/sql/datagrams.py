"""Wake-ups between processes of one machine: a datagram to the socket of each that listens."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from mainspring.errors import InstanceError
from mainspring.runtime import RUNTIME_VARIABLE, runtime_folder, within_limit
from mainspring.storage.wakeup import Listener, Topic

_PREFIX = "w-"
_END = b"end"
_numbers = count(1)


class Datagrams:
    """Wake-ups through sockets in the folder for those of a database; where there can be none, nobody is told.

    Args:
        database: The database's file.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._folder: Path | None = None
        self._sender: socket.socket | None = None
        self._sender_pid = 0

    def tell(self, topic: Topic) -> None:
        """Tell those who listen now."""
        try:
            if self._folder is None:
                self._folder = runtime_folder(self._database)
            names = [name for name in os.listdir(self._folder) if name.startswith(_PREFIX)]  # noqa: PTH208 - on the path of each commit
        except (InstanceError, OSError):
            return
        for name in names:
            self._send(os.path.join(self._folder, name), topic.value.encode())  # noqa: PTH118 - on the path of each commit

    @contextmanager
    def listen(self, listener: Listener) -> Iterator[object]:
        """Call a listener for what is told, from a thread, until the context ends."""
        try:
            folder = runtime_folder(self._database)
            path = within_limit(folder / f"{_PREFIX}{os.getpid()}-{next(_numbers)}", RUNTIME_VARIABLE)
        except InstanceError:
            yield None
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
            receiver.bind(str(path))
            thread = threading.Thread(target=_receive, args=(receiver, listener), name="wake-ups", daemon=True)
            thread.start()
            try:
                yield None
            finally:
                self._send(str(path), _END)
                thread.join(1.0)
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the socket; the next telling opens another."""
        sender, self._sender = self._sender, None
        if sender is not None:
            sender.close()

    def _send(self, path: str, word: bytes) -> None:
        sender = self._sender
        if sender is None or self._sender_pid != os.getpid():
            self.close()
            sender = self._sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            sender.setblocking(False)  # noqa: FBT003 - the socket's own form
            self._sender_pid = os.getpid()
        try:
            sender.sendto(word, path)
        except BlockingIOError:
            pass  # it has more to read than it can hold, so it is awake
        except ConnectionRefusedError:
            with suppress(OSError):  # whoever listened there was killed
                os.unlink(path)  # noqa: PTH108 - as above
        except OSError:
            pass


def _receive(receiver: socket.socket, listener: Listener) -> None:
    words = {topic.value.encode(): topic for topic in Topic}
    while True:
        try:
            word = receiver.recv(64)
        except OSError:
            return
        if word == _END:
            return
        if word in words:
            listener(words[word])
