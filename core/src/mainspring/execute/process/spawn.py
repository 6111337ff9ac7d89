"""Starting a step's process by spawning a fresh interpreter, where a fork is not safe."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable

from mainspring.crashpoint import CrashPoint
from mainspring.execute.process import frames, portable
from mainspring.execute.process.main_module import own_classes
from mainspring.execute.process.start import Started, make_ends
from mainspring.execute.task import StepTask
from mainspring.plan import Plan

_SPAWNED = "import sys; from mainspring.execute.process.child import main; main(int(sys.argv[1]))"

SPAWN_SECONDS = 180.0
"""How long a spawned process may take to import what it needs."""


class SpawnStarter:
    """Starts fresh interpreters, one a step, and keeps some ready that have imported what the plan's ops need.

    Args:
        plan: The run's plan.
        crash_point: Where tests stop the process.
        ahead: How many to keep ready.
    """

    patience_seconds = SPAWN_SECONDS

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

    def prepare(self, count: int) -> None:
        """Do nothing: `start` sees to that, as a fresh interpreter takes longer to come up."""

    def begin(self, started: Started, task: StepTask) -> None:
        """Send the task."""
        frames.send(started.channel, frames.TASK, self._dump(task))

    def bury(self, pid: int) -> None:
        """Wait for a child."""
        self.autopsy(pid)

    def autopsy(self, pid: int) -> int | None:
        """Wait for a child; None where others have waited for it before."""
        try:
            return os.waitpid(pid, 0)[1]
        except ChildProcessError:
            return None

    def _dump(self, task: StepTask) -> bytes:
        arguments = (task, self._plan.mode, self._plan.needs, self._crash_point)
        return portable.dump((self._classes, arguments), f"step {task.step.key!r}")

    def close(self) -> None:
        """End the processes that were kept ready."""
        for started in self._standby:
            started.discard()
        self._standby = []

    def _spawn(self) -> Started:
        ends = make_ends()
        channel, out, err = ends.far
        os.set_inheritable(channel, True)  # noqa: FBT003 - the system call's own signature
        try:
            pid = os.posix_spawn(
                sys.executable,
                [sys.executable, "-c", _SPAWNED, str(channel)],
                os.environ,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, out, 1),
                    (os.POSIX_SPAWN_DUP2, err, 2),
                ],
                setpgroup=0,
            )
        except BaseException:
            ends.close_near()
            raise
        finally:
            ends.close_far()
        started = Started(pid, *ends.near, self)
        told = {"path": sys.path, "modules": self._modules, "parent": os.getpid()}
        frames.send(started.channel, frames.TASK, json.dumps(told).encode())
        return started


def _modules(plan: Plan) -> Iterable[str]:
    """Return the modules from which a plan's ops come, but for the script itself."""
    found = {getattr(step.op.function, "__module__", None) for step in plan.steps.values()}
    return {name for name in found if isinstance(name, str) and name != "__main__"}
