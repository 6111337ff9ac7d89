"""Starting a step's process by a fork: the plan, the modules, everything is there at once."""

from __future__ import annotations

import contextlib
import gc
import sys
from functools import partial

from mainspring.crashpoint import CrashPoint
from mainspring.execute.process import child, frames
from mainspring.execute.process.foreman import Foreman, ForemanLostError
from mainspring.execute.process.known import Known
from mainspring.execute.process.rehearsal import rehearse
from mainspring.execute.process.start import Ends, Started, make_ends
from mainspring.execute.task import StepTask
from mainspring.plan import Plan
from mainspring.run import Run

FORK_SECONDS = 5.0
"""How long a forked process may take to come up before the fork counts as hung, and spawned ones take over."""


class ForkStarter:
    """Has a foreman fork processes, one a step, which share the memory of the run's process as it was at the start.

    Args:
        run: The run.
        plan: Its plan.
        crash_point: Where tests stop the process.
    """

    patience_seconds = FORK_SECONDS

    def __init__(self, run: Run, plan: Plan, crash_point: CrashPoint) -> None:
        self._plan = plan
        self._known = Known(run, plan)
        self._work = partial(child.run_forked, self._known, plan, crash_point)
        self._foreman: Foreman | None = None
        self._ordered: list[Ends] = []

    def start(self, task: StepTask) -> Started:
        """Take the process that was ordered first, or order one.

        Raises:
            ForemanLostError: Nobody forks any more.
            OSError: The system allows no more processes or descriptors.
        """
        foreman = self._found_foreman()
        ends = self._ordered.pop(0) if self._ordered else _order(foreman)
        try:
            return Started(foreman.number(), *ends.near, self)
        except BaseException:
            ends.close_near()
            raise

    def prepare(self, count: int) -> None:
        """Order as many processes as are not on their way; what goes wrong is for `start` to tell."""
        with contextlib.suppress(OSError, ForemanLostError):
            while len(self._ordered) < count:
                self._ordered.append(_order(self._found_foreman()))

    def begin(self, started: Started, task: StepTask) -> None:
        """Send the task."""
        frames.send(started.channel, frames.TASK, self._known.dump(task), patience_seconds=FORK_SECONDS)

    def bury(self, pid: int) -> None:
        """Have the foreman wait for a process."""
        if self._foreman is not None:
            self._foreman.bury(pid)

    def autopsy(self, pid: int) -> int | None:
        """Have the foreman wait for a process and tell its wait status."""
        return None if self._foreman is None else self._foreman.autopsy(pid)

    def close(self) -> None:
        """End the processes that were ordered ahead, and the foreman; let the collector look at everything again."""
        if self._foreman is None:
            return
        for ends in self._ordered:
            try:
                Started(self._foreman.number(), *ends.near, self).discard()
            except (OSError, ForemanLostError):
                ends.close_near()  # a child that waits for its task ends when its channel does
        self._ordered = []
        self._foreman.close()
        self._foreman = None
        gc.unfreeze()

    def _get_ready(self) -> None:
        child.prepare()
        rehearse(self._plan)

    def _found_foreman(self) -> Foreman:
        if self._foreman is None:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()  # what is buffered would be written by both
            gc.freeze()  # what exists now is not looked at by the collector, which would only have its pages copied
            self._foreman = Foreman(self._get_ready, self._work, FORK_SECONDS)
        return self._foreman


def _order(foreman: Foreman) -> Ends:
    ends = make_ends()
    try:
        foreman.order(ends)
    except BaseException:
        ends.close_near()
        raise
    finally:
        ends.close_far()
    return ends
