"""The log store's interface."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

from attrs import frozen

Stream = Literal["stdout", "stderr", "log"]
STREAMS: tuple[Stream, ...] = ("stdout", "stderr", "log")
"""What was printed, what was printed as errors, and what was logged."""

LIMIT_BYTES = 64 * 1024 * 1024
"""How much of a stream is kept unless a store is told otherwise: a step that prints without end fills no disk."""

CUT = "\n… this stream is cut here: it has reached its limit\n"
"""The last line of a stream that was cut."""


@frozen
class LogKey:
    """One stream of one attempt of a step."""

    run_id: str
    step_key: str
    attempt: int
    stream: Stream


class LogStore(ABC):
    """Keeps what steps print and log, of each stream at most so much as the store's limit says."""

    @abstractmethod
    def append(self, key: LogKey, text: str) -> None:
        """Add text, whole lines where possible, to a stream."""

    @abstractmethod
    def read(self, key: LogKey) -> str:
        """Return all text of a stream; empty where nothing was written."""
