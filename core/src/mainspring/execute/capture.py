"""Capture: what a step prints and logs goes to its log, and on to where it went before."""

from __future__ import annotations

import io
import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import Any, Self, TextIO, cast

from mainspring.log.port import LogKey, LogStore, Stream

OP_LOGGER = "mainspring.op"
"""The logger that contexts hand to ops; records of every level are kept."""


LINE_LIMIT = 1 << 16
"""Characters of a line that are held back until it ends."""


class StepLog:
    """Takes the text of one attempt of a step, line by line: all that is printed and logged inside, as a context manager.

    Attributes:
        error: What the store raised; it gets no more text then, and the step goes on.
    """

    def __init__(self, store: LogStore, run_id: str, step_key: str, attempt: int) -> None:
        self._store = store
        self._place = (run_id, step_key, attempt)
        self._partial: dict[Stream, list[str]] = {}
        self._lock = threading.Lock()
        self.error: Exception | None = None
        self._token: Token[StepLog | None] | None = None

    def __enter__(self) -> Self:
        self._token = _current.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        if self._token is not None:
            _current.reset(self._token)
        self.close()

    def write(self, stream: Stream, text: str) -> None:
        """Take text; whole lines are stored at once, the rest with the line that it begins."""
        with self._lock:
            waiting = self._partial.setdefault(stream, [])
            head, newline, tail = text.rpartition("\n")
            if newline:
                waiting.append(head + newline)
                self._append(stream, waiting)
            if tail:
                waiting.append(tail)
                if sum(map(len, waiting)) > LINE_LIMIT:
                    self._append(stream, waiting)

    def close(self) -> None:
        """Store what no newline ended."""
        with self._lock:
            for stream, waiting in self._partial.items():
                if waiting:
                    self._append(stream, waiting)

    def _append(self, stream: Stream, waiting: list[str]) -> None:
        text = "".join(waiting)
        waiting.clear()
        if self.error is not None:
            return
        token = _current.set(None)  # what the store itself prints or logs is not the step's
        try:
            self._store.append(LogKey(*self._place, stream), text)
        except Exception as error:  # noqa: BLE001 - a full disk, or a store's author, must not fail the op
            self.error = error
        finally:
            _current.reset(token)


_current: ContextVar[StepLog | None] = ContextVar("mainspring_step_log", default=None)


class Capture:
    """Routes `sys.stdout`, `sys.stderr` and logging to the log of the step that runs in the current context.

    Installed once however many runs a process carries out at a time; threads that an op starts with a copy of its
    context (`asyncio.to_thread`, `contextvars.copy_context`) are captured as well.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._tees: tuple[_Tee, _Tee] | None = None
        self._handler: _Handler | None = None

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Capture while inside."""
        with self._lock:
            self._users += 1
            if self._users == 1:
                self._install()
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if self._users == 0:
                    self._remove()

    def take_over_in_child(self, terminal: TextIO) -> None:
        """Capture only what is logged, in a process whose output its parent reads.

        Args:
            terminal: What shows warnings where nobody else handles records.
        """
        root = logging.getLogger()
        for handler in root.handlers[:]:
            if isinstance(handler, _Handler):
                root.removeHandler(handler)
        root.addHandler(_Handler(terminal))
        logging.getLogger(OP_LOGGER).setLevel(logging.DEBUG)

    def forget_lock(self) -> None:
        """Take a new lock in a forked child: another thread may have held the old one."""
        self._lock = threading.Lock()

    def _install(self) -> None:
        self._tees = (_Tee(sys.stdout, "stdout"), _Tee(sys.stderr, "stderr"))
        sys.stdout, sys.stderr = self._tees
        self._handler = _Handler(self._tees[1].original)
        logging.getLogger().addHandler(self._handler)
        logging.getLogger(OP_LOGGER).setLevel(logging.DEBUG)

    def _remove(self) -> None:
        assert self._tees is not None and self._handler is not None  # noqa: S101, PT018 - installed before
        logging.getLogger().removeHandler(self._handler)
        out, err = self._tees
        out.is_installed = err.is_installed = False
        if sys.stdout is out:
            sys.stdout = out.replaced
        if sys.stderr is err:
            sys.stderr = err.replaced


capture = Capture()
"""The capture of this process: `sys.stdout` and the root logger are one for all."""

os.register_at_fork(after_in_child=capture.forget_lock)


def is_capturing() -> bool:
    """Whether what is printed now goes to a step's log."""
    return _current.get() is not None


class _Nowhere(io.TextIOBase):
    """Stands for a standard stream that this process does not have."""

    def write(self, text: str, /) -> int:
        return len(text)


class _Tee(io.TextIOBase):
    """A text stream that passes everything on and keeps a copy for the current step."""

    def __init__(self, original: TextIO | None, stream: Stream) -> None:
        self.replaced = original
        self.original: TextIO = cast("TextIO", _Nowhere()) if original is None else original
        self._stream: Stream = stream
        self.is_installed = True  # what wraps it may live on after it was removed

    def write(self, text: str, /) -> int:
        log = _current.get()
        if log is not None and self.is_installed:
            log.write(self._stream, text)
        return self.original.write(text)

    def flush(self) -> None:
        if not getattr(self.original, "closed", False):  # by the time that Python collects this, it may be
            self.original.flush()

    def isatty(self) -> bool:
        return self.original.isatty()

    def fileno(self) -> int:
        return self.original.fileno()

    def reconfigure(self, **options: Any) -> None:
        """Change the stream behind it, where that can be changed."""
        reconfigure = getattr(self.original, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(**options)

    @property
    def name(self) -> str:
        return getattr(self.original, "name", f"<{self._stream}>")

    @property
    def mode(self) -> str:
        return "w"

    def writable(self) -> bool:
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.original.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        return self.original.errors

    @property
    def buffer(self) -> Any:
        return self.original.buffer


class _Handler(logging.Handler):
    """Keeps log records with the current step; where nobody else handles records, warnings still reach the terminal."""

    def __init__(self, terminal: TextIO) -> None:
        super().__init__()
        self._terminal = terminal
        formatter = logging.Formatter(
            "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S"
        )
        formatter.converter = time.gmtime
        self.setFormatter(formatter)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = f"{self.format(record)}\n"
            log = _current.get()
            if log is not None:
                log.write("log", line)
            if record.levelno >= logging.WARNING and logging.getLogger().handlers == [self]:
                self._terminal.write(line)
        except Exception:  # noqa: BLE001 - a bad format string or a full disk must not fail the op
            self.handleError(record)
