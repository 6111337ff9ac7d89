"""A real front, with all the processes behind it, for tests."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from mainspring.errors import LocationError
from mainspring.location.address import socket_path
from mainspring.location.client import LocationClient
from mainspring.location.opening import OpenLocation, open_location
from mainspring.location.spec import LocationSpec

PATIENCE_SECONDS = 60.0
"""How long a test waits for what must come; nothing is judged by it."""

GOOD = """
import mainspring as ms

@ms.op
def one() -> int:
    return 1

@ms.job
def first():
    one()

defs = ms.Definitions(jobs=[first])
"""

Status = Mapping[str, Any]


class HeldFront:
    """A front that a test watches.

    Attributes:
        home: Its home.
        client: Speaks with it.
        pid: Its number.
    """

    def __init__(self, home: Path, found: OpenLocation) -> None:
        self.home = home
        self.client: LocationClient = found.client
        self.pid = found.pid
        self.statuses: queue.Queue[Status | None] = queue.Queue()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def until(self, fits: Callable[[Status], bool]) -> Status:
        """Wait for a status that fits."""
        while True:
            status = self.statuses.get(timeout=PATIENCE_SECONDS)
            assert status is not None, "the front has ended"
            if fits(status):
                return status

    def settled(self) -> Status:
        """Wait until the code is loaded or has failed to."""
        return self.until(lambda status: status["status"] != "LOADING")

    def write(self, code: str, name: str = "defs.py") -> None:
        """Change the code."""
        (self.home / name).write_text(code, encoding="utf-8")

    def processes(self) -> list[psutil.Process]:
        """Return the front and all behind it."""
        front = psutil.Process(self.pid)
        return [front, *front.children(recursive=True)]

    def code_process(self) -> psutil.Process:
        """Return the process that has loaded the code: the oldest, as one that tries to load it anew may be there too."""
        return min(psutil.Process(self.pid).children(), key=lambda each: each.create_time())

    def _watch(self) -> None:
        try:
            for status in self.client.watch():
                self.statuses.put(status)
        except (LocationError, ValueError):
            pass  # the front has ended, or the test
        self.statuses.put(None)


@contextmanager
def front(folder: Path, code: str = GOOD, *, name: str = "sales", **fields: Any) -> Iterator[HeldFront]:
    """Open a location whose code is one file, and see that nothing is left of it at the end."""
    home = folder / f"home of {name}"
    home.mkdir(exist_ok=True)
    (home / "defs.py").write_text(code, encoding="utf-8")
    chosen = {"file": "defs.py", **fields}
    spec = LocationSpec(name=name, **{key: value for key, value in chosen.items() if value is not None})
    found = open_location(spec, home, socket_path(home, name))
    held = HeldFront(home, found)
    try:
        yield held
    finally:
        if found.process is not None and found.process.poll() is None:
            before = held.processes()
            held.client.stop()
        else:
            before = []
        held.client.close()
        if found.process is not None:
            found.process.wait(PATIENCE_SECONDS)
        _, alive = psutil.wait_procs([each for each in before if each.pid != os.getpid()], timeout=10)
        assert not alive
