"""The standard streams of a worker: what its steps print is in their logs, so only what is printed beside them is kept."""

from __future__ import annotations

import io
from typing import TextIO, cast

from mainspring.execute.capture import is_capturing

LIMIT_CHARACTERS = 1_000_000
"""How much is kept; what subprocesses and C code print straight to the descriptor is not counted."""


class OutsideSteps(io.TextIOBase):
    """A text stream for what is printed while no step is captured, whose log has it already; cut when it is long."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._room = LIMIT_CHARACTERS

    def write(self, text: str, /) -> int:
        if self._room > 0 and not is_capturing():
            self._stream.write(text[: self._room])
            self._room -= len(text)
        return len(text)

    def flush(self) -> None:
        self._stream.flush()

    def fileno(self) -> int:
        return self._stream.fileno()

    def writable(self) -> bool:
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        return self._stream.errors

    @property
    def buffer(self) -> io.BufferedIOBase:
        return cast("io.BufferedIOBase", self._stream.buffer)
