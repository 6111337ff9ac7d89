"""A process that was forked for a role, as its front sees it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from mainspring.location.frames import Message
from mainspring.location.front.code_process import CodeProcess
from mainspring.location.front.link import Link, connect
from mainspring.location.front.output import Output
from mainspring.location.front.reaper import Reaper, say_end

FORK_SECONDS = 5.0
"""How long the process that loaded the code may take to fork."""


class RoleProcess(Protocol):
    """A process that has a role: an evaluator or a worker, forked or spawned.

    Attributes:
        pid: Its number.
        status: Its wait status, once it has ended.
        on_message: Called with each of its messages.
        on_end: Called once when it has ended.
    """

    pid: int
    status: int | None
    on_message: Callable[[Message], None] | None
    on_end: Callable[[], None] | None

    @property
    def has_ended(self) -> bool:
        """Whether it is gone."""

    def send(self, message: Message) -> None:
        """Send it a message."""

    def obituary(self) -> str:
        """Say what became of it, with what it printed last."""

    def condemn(self, verdict: str) -> None:
        """End it and its process group, for a reason that its obituary will give."""

    def retire(self) -> None:
        """Hang up: it ends once it has done what it does."""


class ForkedProcess:
    """A fork.

    Args:
        reaper: Tells how it ended.
        output: What it prints; None where it prints to a file of its own.
    """

    def __init__(self, reaper: Reaper, output: Output | None) -> None:
        self.pid = 0
        self.start_time = 0
        self.on_message: Callable[[Message], None] | None = None
        self.on_end: Callable[[], None] | None = None
        self._reaper = reaper
        self._output = output
        self._verdict: str | None = None
        self.status: int | None = None
        self._link = Link(self._take, lambda: None)

    @property
    def has_ended(self) -> bool:
        """Whether it is gone."""
        return self.status is not None

    async def start(self, source: CodeProcess, role: str) -> None:
        """Have the process that loaded the code fork it.

        Raises:
            ProcessEndedError: That process has ended, or does not answer.
        """
        near, far = socket.socketpair()
        descriptors = [far.fileno()]
        if self._output is not None:
            descriptors.append(self._output.write_end)
        try:
            forked = await source.fork(role, descriptors, FORK_SECONDS)
        except BaseException:
            near.close()
            raise
        finally:
            far.close()
            if self._output is not None:
                self._output.opened()
        self.pid, self.start_time = forked.pid, forked.start_time
        self._reaper.watch(self.pid, self._note_end)
        await connect(near, self._link)

    def send(self, message: Message) -> None:
        """Send it a message."""
        self._link.send(message)

    def obituary(self) -> str:
        """Say what became of it, with what it printed last."""
        said = self._verdict or ("does not answer" if self.status is None else say_end(self.status))
        tail = "" if self._output is None else self._output.tail()
        return f"{said}; its last output was:\n{tail}" if tail else said

    def condemn(self, verdict: str) -> None:
        """End it and its process group, for a reason that its obituary will give."""
        self._verdict = self._verdict or verdict  # the first reason is the one
        self.signal_group(signal.SIGKILL)
        if self.pid and not self.has_ended:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)  # it may not lead a group of its own yet

    def retire(self) -> None:
        """Hang up: it ends once it has done what it does."""
        self._link.close()

    def signal_group(self, number: int) -> None:
        """Send a signal to it and to what it started."""
        if self.pid and not self.has_ended:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)

    def _take(self, message: Message) -> None:
        if self.on_message is not None:
            self.on_message(message)

    def _note_end(self, status: int) -> None:
        self.status = status
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)  # what it left behind
        asyncio.get_running_loop().call_later(0.05 if status == 0 else 0.0, self._finish)

    def _finish(self) -> None:
        on_end, self.on_end = self.on_end, None
        if on_end is not None:
            on_end()
        self._link.close()
        if self._output is not None:
            self._output.close()
