"""Wake-ups within this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mainspring.storage.wakeup import Listener, Topic


class MemoryWakeups:
    """Calls those who listen."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def tell(self, topic: Topic) -> None:
        for each in list(self._listeners):
            each(topic)

    @contextmanager
    def listen(self, listener: Listener) -> Iterator[object]:
        self._listeners.append(listener)
        try:
            yield None
        finally:
            self._listeners.remove(listener)
