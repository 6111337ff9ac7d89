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

    @property
    def pid(self) -> int:
        """The process's number."""
        return self.started.pid

    def read_channel(self) -> bool:
        """Take what it says; return whether it may say more."""
        return self._take_piece() is not False

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
            shown = sys.stdout if stream == "stdout" else sys.stderr
            shown.write(text)
            shown.flush()  # a pipe holds back what is not flushed, and a step may print nothing more for hours
        return bool(piece)

    def drain(self) -> None:
        """Take what is still in its pipes; what its own children may yet print is not waited for."""
        for stream in ("stdout", "stderr"):
            before = -1
            while before != self.output_bytes:
                before = self.output_bytes
                if not self.read_output(stream):
                    break
        while self._take_piece():
            pass

    def signal(self, number: int) -> None:
        """Send a signal to it and to all that it has started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def reap(self) -> StepProcessDied | None:
        """Take leave of the process, which has ended, and end all that it started.

        Returns:
            What became of it, where it did not end as its op did.
        """
        self.signal(signal.SIGKILL)
        self.drain()
        self.started.close()
        if self.facts is not None and not self.canceled:
            self.started.starter.bury(self.pid)
            return None
        return self._obituary(self.started.starter.autopsy(self.pid))

    def _obituary(self, status: int | None) -> StepProcessDied:
        interrupted = "was interrupted before the op had ended" if self.canceled else None
        said = self.verdict or interrupted or _ending(status)
        tail = "".join(self._tail)[-TAIL_CHARACTERS:].strip()
        return StepProcessDied(f"its process {said}" + (f"; its last output was:\n{tail}" if tail else ""))

    def _take_piece(self) -> bool | None:
        """Take what waits in the channel; return False at its end, and None where nothing waits."""
        try:
            piece = os.read(self.started.channel, PIECE_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            return False
        for kind, body in self._frames.feed(piece):
            self._take(kind, body)
        return bool(piece)

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

    def _key(self, stream: Stream) -> LogKey:
        return LogKey(self.task.run.run_id, self.task.step.key, self.task.attempt, stream)

    def _remember(self, text: str) -> None:
        self._tail.append(text[-TAIL_CHARACTERS:])
        self._tail_length += len(self._tail[-1])
        while self._tail_length - len(self._tail[0]) >= TAIL_CHARACTERS:
            self._tail_length -= len(self._tail.popleft())


def _ending(status: int | None) -> str:
    if status is None:
        return "ended before the op had; nobody can tell how"
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        hint = "; the system may have run out of memory" if number == signal.SIGKILL else ""
        return f"was killed by {signal.Signals(number).name} (signal {number}){hint}"
    return f"exited with code {os.waitstatus_to_exitcode(status)} before the op had ended"
