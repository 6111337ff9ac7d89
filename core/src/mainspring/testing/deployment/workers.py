"""The launcher of runs that are carried out in this process, once the time that they take has passed."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from itertools import count
from typing import TYPE_CHECKING

from mainspring.definition.definitions import Definitions
from mainspring.execute.worker import own_identity
from mainspring.launch import Launch, RunLauncher, WorkerHealth
from mainspring.run import Run
from mainspring.testing.deployment.worker import Worker, executing, stub

if TYPE_CHECKING:
    from mainspring.instance import Instance

_GONE = WorkerHealth("SUCCEEDED", "it has ended")


class Workers(RunLauncher):
    """Carries out runs: an attempt is claimed when it is launched, and carried out when its time has passed.

    Args:
        instance: Where the runs are recorded.
        definitions: Where their jobs are, by location; None to have runs succeed with nothing executed.
        seconds_of: Returns how long a run takes.
    """

    def __init__(
        self,
        instance: Instance,
        definitions: Mapping[str, Definitions] | None,
        seconds_of: Callable[[Run], float],
    ) -> None:
        self._instance = instance
        self._definitions = definitions
        self._seconds_of = seconds_of
        self._identity = own_identity(interruptible=False)  # a signal would end the whole process
        self._under_way: dict[tuple[str, int], Worker] = {}
        self._ends: list[tuple[float, int, tuple[str, int]]] = []
        self._numbers = count()

    def launch(self, launch: Launch) -> None:
        run = launch.run
        worker = self._claim(run)
        if worker is not None:
            key = (run.run_id, run.attempt)
            self._under_way[key] = worker
            ends_at = self._instance.clock.time() + self._seconds_of(run)
            heapq.heappush(self._ends, (ends_at, next(self._numbers), key))

    def terminate(self, run: Run) -> bool:
        worker = self._under_way.pop((run.run_id, run.attempt), None)
        if worker is None:
            return False
        worker.cancel()
        return True

    def check(self, run: Run) -> WorkerHealth:
        return WorkerHealth("RUNNING") if (run.run_id, run.attempt) in self._under_way else _GONE

    def next_at(self) -> float | None:
        """Return when the next attempt is to be carried out, in seconds since the epoch."""
        while self._ends and self._ends[0][2] not in self._under_way:
            heapq.heappop(self._ends)
        return self._ends[0][0] if self._ends else None

    def carry_out(self) -> bool:
        """Carry out the attempts whose time has passed, and return whether there were any."""
        now = self._instance.clock.time()
        is_any = False
        while (at := self.next_at()) is not None and at <= now:
            _, _, key = heapq.heappop(self._ends)
            self._under_way.pop(key).carry_out()
            is_any = True
        return is_any

    def _claim(self, run: Run) -> Worker | None:
        if self._definitions is None:
            return stub(run, self._instance, self._identity)
        return executing(run, self._definitions[run.location or ""], self._instance, self._identity)
