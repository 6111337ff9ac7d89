"""Wake-ups: telling whoever waits for a change that there was one. They may be lost, so whoever listens looks by itself, too."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from enum import Enum
from typing import Protocol, TypeAlias


class Topic(Enum):
    """What has changed."""

    RUNS = "runs"
    AUTOMATIONS = "automations"


Listener: TypeAlias = Callable[[Topic], None]
"""Called from another thread for each change; returns at once and raises nothing."""


class Wakeups(Protocol):
    """Tells of changes in a storage, from every process that makes some to every one that listens."""

    def tell(self, topic: Topic) -> None:
        """Tell that something has changed; what is committed with it is told of anyway."""

    def listen(self, listener: Listener) -> AbstractContextManager[object]:
        """Have a listener called for changes, until the context ends."""
