"""Starting a step's process: by a fork where that is safe, else by spawning a fresh interpreter."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import socket
import sys
from collections.abc import Iterable
from typing import Protocol

from attrs import frozen

from mainspring.crashpoint import CrashPoint
from mainspring.execute.process import child, frames, portable
from mainspring.execute.process.main_module import own_classes
from mainspring.execute.task import StepTask
from mainspring.plan import Plan

_SPAWNED = "import sys; from mainspring.execute.process.child import main; main(int(sys.argv[1]))"


@frozen(eq=False)
class Started:
    """A process as it was started: its number and the near ends of its channel and pipes."""

    pid: int
    channel: socket.socket
    stdout: int
    stderr: int

    def close(self) -> None:
        """Let go of the near ends."""
        self.channel.close()
        os.close(self.stdout)
        os.close(self.stderr)


class Starter(Protocol):
    """Starts processes for steps."""

    def start(self, task: StepTask) -> Started:
        """Start a process that will carry out the task once it is told to, and has done nothing until then."""

    def begin(self, started: Started, task: StepTask) -> None:
        """Tell a process that is ready to begin."""

    def close(self) -> None:
        """End what was started ahead."""


class ForkStarter:
    """Forks this process, whose memory the child shares: the plan, the modules, everything is there at once.

    Args:
        plan: The run's plan.
        crash_point: Where tests stop the process.
    """

    def __init__(self, plan: Plan, crash_point: CrashPoint) -> None:
        self._plan = plan
        self._crash_point = crash_point
        child.warm_up()
        gc.freeze()  # what exists now is not looked at again by the children's collectors, so its pages stay shared

    def start(self, task: StepTask) -> Started:
        """Fork."""
        near, far = socket.socketpair()
        out_read, out_write = os.pipe()
        err_read, err_write = os.pipe()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()  # what is buffered would be written by both
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            near.close()
            child.run_forked(parent, far, (out_write, err_write), task, self._plan, self._crash_point)
        far.close()
        os.close(out_write)
        os.close(err_write)
        _lead_own_group(pid)
        return Started(pid, near, out_read, err_read)

    def begin(self, started: Started, task: StepTask) -> None:
        """Say so."""
        frames.send(started.channel, frames.TASK)

    def close(self) -> None:
        """Let the collector look at everything again."""
        gc.unfreeze()


class SpawnStarter:
    """Starts fresh interpreters, one a step, and keeps some ready that have imported what the plan's ops need.

    Args:
        plan: The run's plan.
        crash_point: Where tests stop the process.
        ahead: How many to keep ready.
    """

    def __init__(self, plan: Plan, crash_point: CrashPoint, ahead: int) -> None:
        self._plan = plan
        self._crash_point = crash_point
        self._ahead = ahead
        self._modules = sorted(_modules(plan))
        self._classes = own_classes()
        self._standby: list[Started] = []

    def start(self, task: StepTask) -> Started:
        """Take a process that was started ahead, or start one; then see that the next ones are on their way."""
        self._dump(task)  # refused here rather than in the child
        taken = self._standby.pop(0) if self._standby else self._spawn()
        while len(self._standby) < min(self._ahead, len(self._plan.steps) - 1):
            self._standby.append(self._spawn())
        return taken

    def begin(self, started: Started, task: StepTask) -> None:
        """Send the task."""
        frames.send(started.channel, frames.TASK, self._dump(task))

    def _dump(self, task: StepTask) -> bytes:
        arguments = (task, self._plan.mode, self._plan.needs, self._crash_point)
        return portable.dump((self._classes, arguments), f"step {task.step.key!r}")

    def close(self) -> None:
        """End the processes that were kept ready."""
        for started in self._standby:
            started.close()  # a process that waits for its task ends when its channel does
            os.waitpid(started.pid, 0)
        self._standby = []

    def _spawn(self) -> Started:
        near, far = socket.socketpair()
        out_read, out_write = os.pipe()
        err_read, err_write = os.pipe()
        far.set_inheritable(True)
        try:
            pid = os.posix_spawn(
                sys.executable,
                [sys.executable, "-c", _SPAWNED, str(far.fileno())],
                os.environ,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, out_write, 1),
                    (os.POSIX_SPAWN_DUP2, err_write, 2),
                ],
                setpgroup=0,
            )
        finally:
            far.close()
            os.close(out_write)
            os.close(err_write)
        told = {"path": sys.path, "modules": self._modules, "parent": os.getpid()}
        frames.send(near, frames.TASK, json.dumps(told).encode())
        return Started(pid, near, out_read, err_read)


def _modules(plan: Plan) -> Iterable[str]:
    """Return the modules from which a plan's ops come, but for the script itself."""
    found = {getattr(step.op.function, "__module__", None) for step in plan.steps.values()}
    return {name for name in found if isinstance(name, str) and name != "__main__"}


def _lead_own_group(pid: int) -> None:
    """Put a child in a group of its own; it does the same, and whoever is later finds it done."""
    with contextlib.suppress(OSError):
        os.setpgid(pid, pid)
