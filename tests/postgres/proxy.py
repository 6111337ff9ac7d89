"""A proxy before a PostgreSQL server that breaks the connection at a commit, before or after the server gets to know of it."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from attrs import define, field

_COMMIT = b"COMMIT\x00"
_READY = b"Z\x00\x00\x00\x05"
"""How the server's last message of an answer begins."""

Break = Literal["before", "after"]


@define
class Proxy:
    """A proxy at work.

    Attributes:
        url: What to connect to.
        breaks: Which commits, counted from 1, lose their connection: before the server has got them, or after it has
            done them and before it is heard.
        commits: How many commits were asked for so far.
    """

    url: str
    breaks: dict[int, Break] = field(factory=dict)
    commits: int = 0

    def relay(self, client: socket.socket, server: socket.socket) -> None:
        """Pass on what both say until one of them has ended, or the connection breaks."""
        is_commit = False
        with client, server, selectors.DefaultSelector() as selector:
            selector.register(client, selectors.EVENT_READ, server)
            selector.register(server, selectors.EVENT_READ, client)
            while True:
                for key, _ in selector.select():
                    source, target = key.fileobj, key.data
                    assert isinstance(source, socket.socket)
                    data = source.recv(1 << 16)
                    if not data:
                        return
                    if source is client and _COMMIT in data:
                        is_commit = True
                        self.commits += 1
                        if self.breaks.get(self.commits) == "before":
                            return
                    elif is_commit and _READY in data:
                        is_commit = False
                        if self.breaks.get(self.commits) == "after":
                            return
                    target.sendall(data)


@contextmanager
def proxy_before(folder: Path, url: str, own_folder: Path) -> Iterator[Proxy]:
    """Run a proxy before the server whose socket is in a folder.

    Args:
        folder: The folder.
        url: The server's URL, which names that folder.
        own_folder: Where the proxy's socket is.
    """
    name = ".s.PGSQL.5432"
    proxy = Proxy(url.replace(str(folder), str(own_folder)))
    threads: list[threading.Thread] = []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(own_folder / name))
        listener.listen()

        def serve() -> None:
            while True:
                client, _ = listener.accept()
                if is_over.is_set():
                    client.close()
                    return
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(folder / name))
                threads.append(threading.Thread(target=proxy.relay, args=(client, server)))
                threads[-1].start()

        is_over = threading.Event()
        serving = threading.Thread(target=serve)
        serving.start()
        try:
            yield proxy
        finally:
            is_over.set()
            with socket.socket(socket.AF_UNIX) as last:
                last.connect(str(own_folder / name))
            for thread in (serving, *threads):
                thread.join()
