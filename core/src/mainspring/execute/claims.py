"""Claims: how a run takes charge of its steps' attempts, and of the places in pools that some of them need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mainspring.clock import Clock
from mainspring.errors import PoolFullError
from mainspring.event import Event, RunState, StepStarted, StepWaiting, fold
from mainspring.execute.capture import StepLog
from mainspring.execute.interrupt import shield
from mainspring.execute.recorder import Recorder
from mainspring.execute.task import StepTask
from mainspring.execute.turns import Turns
from mainspring.log.port import LogStore
from mainspring.run import NO_PLACES, PoolPlace
from mainspring.text import utc


class Claims:
    """Claims the tasks of a run, and has those wait that find no place in their pools.

    Args:
        recorder: Writes the claims.
        state: What follows them.
        turns: Gives out again what waits.
        pools: How many places each pool has; one that is not named has as many as are asked for.
        clock: The time.
    """

    def __init__(
        self, recorder: Recorder, state: RunState, turns: Turns, pools: Mapping[str, int], clock: Clock
    ) -> None:
        self._recorder = recorder
        self._state = state
        self._turns = turns
        self._pools = pools
        self._clock = clock
        self._told: set[tuple[str, int]] = set()

    def claim(self, tasks: Sequence[StepTask]) -> tuple[list[StepTask], list[Event]]:
        """Claim as many of these tasks as their pools have places for, and return them with the events.

        What is held is written in any case, so that it gives back its places.
        """
        claimed = [task for task in tasks if self._may_find_place(task)]
        while True:
            events = [self._recorder.event(StepStarted(), task.step.key, task.attempt) for task in claimed]
            try:
                with shield:  # what is stored is followed, too
                    self._recorder.write(events, places_of(claimed, self._pools))
                    fold(events, self._state)
            except PoolFullError as full:
                claimed = _without_refused(claimed, full)
            else:
                now = self._clock.monotonic()
                for task in claimed:
                    self._turns.admit(task.step, now)
                return claimed, events

    def take_back(self, tasks: Sequence[StepTask], logs: LogStore) -> list[Event]:
        """Have tasks wait that found no place, and return the events that tell of it: one for each attempt."""
        self._turns.refuse([task.step for task in tasks], self._clock.monotonic())
        events: list[Event] = []
        for task in tasks:
            if (task.step.key, task.attempt) not in self._told:
                self._told.add((task.step.key, task.attempt))
                fact = StepWaiting(task.step.op.pool or "")
                events.append(self._recorder.event(fact, task.step.key, task.attempt))
                _log_waiting(logs, task, events[-1])
        return events

    def _may_find_place(self, task: StepTask) -> bool:
        """Look before asking again for a place that was not there: others who write are not disturbed."""
        pool = task.step.op.pool or ""
        limit = self._pools.get(pool)
        if limit is None or not self._turns.is_asking(task.step):
            return True
        self._recorder.write()
        return self._recorder.log.places_taken(pool) < limit


def places_of(tasks: Iterable[StepTask], pools: Mapping[str, int]) -> Mapping[str, PoolPlace]:
    """Return the places in pools that tasks ask for, by step."""
    found = {
        task.step.key: PoolPlace(task.step.op.pool, pools.get(task.step.op.pool))
        for task in tasks
        if task.step.op.pool is not None
    }
    return found or NO_PLACES


def _without_refused(tasks: Sequence[StepTask], full: PoolFullError) -> list[StepTask]:
    """Return the tasks but the one that found its pool full, and those of that pool which would have come after it."""
    before = [task.step.key for task in tasks].index(full.step_key)
    return [*tasks[:before], *(task for task in tasks[before:] if task.step.op.pool != full.pool)]


def _log_waiting(logs: LogStore, task: StepTask, waiting: Event) -> None:
    """Say in a step's log that it waits; where a log cannot be kept, that is told when the step has run."""
    log = StepLog(logs, task.run.run_id, task.step.key, task.attempt)
    log.write("log", f"{utc(waiting.timestamp)} INFO mainspring.run: waits for a place in pool {task.step.op.pool}\n")
    log.close()
