"""Starting a step's process: what all ways of doing so have in common."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from typing import Protocol

from attrs import frozen

from mainspring.execute.task import StepTask


class Starter(Protocol):
    """Starts processes for steps.

    Attributes:
        patience_seconds: How long one may take to come up.
    """

    patience_seconds: float

    def start(self, task: StepTask) -> Started:
        """Start a process that will carry out the task once it is told to, and has done nothing until then."""

    def prepare(self, count: int) -> None:
        """See that so many processes are started ahead, as steps will soon want them."""

    def begin(self, started: Started, task: StepTask) -> None:
        """Tell a process that is ready to begin."""

    def bury(self, pid: int) -> None:
        """See that a process which has ended, or is about to, leaves no zombie."""

    def autopsy(self, pid: int) -> int | None:
        """Wait for a process that has ended and return its wait status; None where nobody can tell."""

    def close(self) -> None:
        """End what was started ahead; the processes that were given out have been buried."""


@frozen(eq=False)
class Started:
    """A process as it was started.

    Attributes:
        pid: Its number.
        channel: The near end of the socket to talk with it.
        stdout: Where to read what it prints.
        stderr: The same.
        starter: Who started it.
    """

    pid: int
    channel: int
    stdout: int
    stderr: int
    starter: Starter

    def close(self) -> None:
        """Let go of the near ends."""
        for each in (self.channel, self.stdout, self.stderr):
            os.close(each)

    def discard(self) -> None:
        """End a process that has not begun its task."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(self.pid, signal.SIGKILL)
        self.close()
        self.starter.bury(self.pid)


@frozen(eq=False)
class Ends:
    """The ends of a new channel and of two new pipes: those that are near, and those for the process."""

    near: tuple[int, int, int]
    far: tuple[int, int, int]

    def close_near(self) -> None:
        """Let go of the near ones."""
        for each in self.near:
            os.close(each)

    def close_far(self) -> None:
        """Let go of the ones for the process."""
        for each in self.far:
            os.close(each)


def make_ends() -> Ends:
    """Make a channel and a pipe each for stdout and stderr."""
    opened: list[int] = []
    try:
        opened += (each.detach() for each in socket.socketpair())
        opened += os.pipe()
        opened += os.pipe()
    except BaseException:
        for each in opened:
            os.close(each)
        raise
    near, far, out, out_end, err, err_end = opened
    for each in (near, out, err):
        os.set_blocking(each, False)
    return Ends((near, out, err), (far, out_end, err_end))
