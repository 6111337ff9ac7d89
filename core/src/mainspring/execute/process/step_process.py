"""One step's process as its parent sees it: what it says, what it prints, how long it takes and how it ends."""

from __future__ import annotations

import codecs
import contextlib
import json
import os
import signal
import sys
from collections import deque

from mainspring.errors import MainspringError
from mainspring.event import Fact
from mainspring.event.codec import decode_fact
from mainspring.execute.process import frames
from mainspring.execute.process.start import Started
from mainspring.execute.task import StepTask
from mainspring.log.port import LogKey, LogStore, Stream

PIECE_BYTES = 1 << 16
TAIL_CHARACTERS = 2000


class StepProcessDied(MainspringError):  # noqa: N818 - what happened, rather than a mistake
    """A step's process ended before its op did."""


class StepProcess:
    """One step's process.

    Args:
        task: What it carries out.
        started: How it was started.
        logs: Where its output goes.
        began: When it was started, on the monotonic clock.

    Attributes:
        facts: What it sent at its end; None until then.
        canceled: Whether it said that it was interrupted.
        is_ready: Whether it has said that it is up.
        has_begun: Whether it was told to begin.
        verdict: Why its parent ended it, if it did.
        ended_at: When its parent asked it to end for that, on the monotonic clock.
        output_bytes: How much it has printed.
    """

    def __init__(self, task: StepTask, started: Started, logs: LogStore, began: float) -> None:
        self.task = task
        self.started = started
        self.began = began
        self.facts: list[Fact] | None = None
        self.canceled = False
        self.is_ready = False
        self.verdict: str | None = None
        self.has_begun = False
        self.ended_at: float | None = None
        self.output_bytes = 0
        self._logs = logs
        self._frames = frames.FrameBuffer()
        decoder = codecs.getincrementaldecoder("utf-8")
        self._decoders = {"stdout": decoder("replace"), "stderr": decoder("replace")}
        self._tail: deque[str] = deque()
        self._tail_length = 0
        for descriptor in (started.stdout, started.stderr):
            os.set_blocking(descriptor, False)
        started.channel.settimeout(0)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self.started.pid

    def read_channel(self) -> bool:
        """Take what it says; return whether it may say more."""
        try:
            piece = self.started.channel.recv(PIECE_BYTES)
        except BlockingIOError:
            return True
        except OSError:
            return False
        for kind, body in self._frames.feed(piece):
            self._take(kind, body)
        return bool(piece)

    def read_output(self, stream: Stream) -> bool:
        """Take what it prints to a stream, keep it and show it; return whether more may come."""
        descriptor = self.started.stdout if stream == "stdout" else self.started.stderr
        try:
            piece = os.read(descriptor, PIECE_BYTES)
        except BlockingIOError:
            return True
        self.output_bytes += len(piece)
        text = self._decoders[stream].decode(piece, final=not piece)
        if text:
            self._logs.append(self._key(stream), text)
            self._remember(text)
            (sys.stdout if stream == "stdout" else sys.stderr).write(text)
        return bool(piece)

    def drain(self) -> None:
        """Take what is still in its pipes; what its own children may yet print is not waited for."""
        for stream in ("stdout", "stderr"):
            before = -1
            while before != self.output_bytes:
                before = self.output_bytes
                if not self.read_output(stream):
                    break
        pending = True
        while pending:
            pending = self.read_channel() and self._has_more()

    def signal(self, number: int) -> None:
        """Send a signal to it and to all that it has started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def reap(self) -> int:
        """Take leave of the process, which has ended, end all that it started, and return its wait status."""
        with contextlib.suppress(ChildProcessError):
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        self.signal(signal.SIGKILL)
        self.drain()
        self.started.close()
        try:
            return os.waitpid(self.pid, 0)[1]
        except ChildProcessError:
            return 0

    def obituary(self, status: int) -> StepProcessDied:
        """Return what became of it, for a process that ended without a word."""
        said = self.verdict or _ending(status)
        tail = "".join(self._tail)[-TAIL_CHARACTERS:].strip()
        return StepProcessDied(f"its process {said}" + (f"; its last output was:\n{tail}" if tail else ""))

    def _take(self, kind: bytes, body: bytes) -> None:
        match kind:
            case frames.READY:
                self.is_ready = True
            case frames.LOG:
                self._logs.append(self._key("log"), body.decode("utf-8", "replace"))
            case frames.ECHO:
                sys.stderr.write(body.decode("utf-8", "replace"))
            case frames.FACTS | frames.CANCELED:
                self.facts = [decode_fact(name, text) for name, text in json.loads(body)]
                self.canceled = kind == frames.CANCELED
            case _:
                raise MainspringError(f"step {self.task.step.key!r} sent a message of an unknown kind {kind!r}")

    def _has_more(self) -> bool:
        import select

        return bool(select.select([self.started.channel], [], [], 0)[0])

    def _key(self, stream: Stream) -> LogKey:
        return LogKey(self.task.run.run_id, self.task.step.key, self.task.attempt, stream)

    def _remember(self, text: str) -> None:
        self._tail.append(text[-TAIL_CHARACTERS:])
        self._tail_length += len(self._tail[-1])
        while self._tail_length - len(self._tail[0]) >= TAIL_CHARACTERS:
            self._tail_length -= len(self._tail.popleft())


def _ending(status: int) -> str:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        hint = "; the system may have run out of memory" if number == signal.SIGKILL else ""
        return f"was killed by {signal.Signals(number).name} (signal {number}){hint}"
    return f"exited with code {os.waitstatus_to_exitcode(status)} before the op had ended"
