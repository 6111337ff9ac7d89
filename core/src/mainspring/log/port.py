"""The log store's interface."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal, Protocol, runtime_checkable

from attrs import frozen

Stream = Literal["stdout", "stderr", "log"]
STREAMS: tuple[Stream, ...] = ("stdout", "stderr", "log")
"""What was printed, what was printed as errors, and what was logged."""

LIMIT_BYTES = 64 * 1024 * 1024
"""How much of a stream is kept unless a store is told otherwise: a step that prints without end fills no disk."""

PIECE_BYTES = 64 * 1024
"""How much of a stream a reader gets at a time, about: who follows a stream holds no more of it than that."""

CUT = "\n… this stream is cut here: it has reached its limit\n"
"""The last line of a stream that was cut."""


@frozen
class LogKey:
    """One stream of one attempt of a step."""

    run_id: str
    step_key: str
    attempt: int
    stream: Stream


@frozen
class LogPiece:
    """Some text of a stream.

    Attributes:
        text: The text; empty where nothing more has been written yet.
        end: The position behind it, where the next piece begins. What it counts is up to the store; 0 is the beginning.
    """

    text: str
    end: int


class LogStore(ABC):
    """Keeps what steps print and log, of each stream at most so much as the store's limit says.

    Derive an attrs class from it, its fields are its settings. Streams are written by the processes of a run, each
    stream by one at a time, and may be read by any other process meanwhile.
    """

    @abstractmethod
    def append(self, key: LogKey, text: str) -> None:
        """Add text, whole lines where possible, to a stream."""

    @abstractmethod
    def piece(self, key: LogKey, start: int = 0) -> LogPiece:
        """Return text of a stream from a position on: about `PIECE_BYTES` of it, and none where there is none yet.

        Args:
            key: The stream.
            start: 0, or the `end` of the piece before.
        """

    def read(self, key: LogKey) -> str:
        """Return all text of a stream; empty where nothing was written."""
        texts: list[str] = []
        piece = self.piece(key)
        while piece.text:
            texts.append(piece.text)
            piece = self.piece(key, piece.end)
        return "".join(texts)


@runtime_checkable
class DeletesLogs(Protocol):
    """What a log store can do besides, if it has a way: then logs go with their runs when these are too old."""

    def delete(self, run_id: str) -> None:
        """Delete all streams of a run, if there are any; its worker has ended long ago."""
