"""Committing decisions: in one transaction each with what they ask for, and with the runs that may start at once."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from attrs import define

from mainspring.daemon.tick.due import next_look
from mainspring.daemon.tick.offered import OfferedSchedule, OfferedSensor
from mainspring.daemon.tick.roster import Roster
from mainspring.daemon.tick.sense import next_evaluation
from mainspring.daemon.tick.work import Decided
from mainspring.errors import SupersededError
from mainspring.event import Event, RunQueued
from mainspring.run import Run
from mainspring.storage import Admission, Committed, Duty, TickStatus

if TYPE_CHECKING:
    from mainspring.instance import Instance

QUANTUM_SECONDS = 0.05
"""How late a sensor may be evaluated so that several are at a time."""

AT_A_TIME = 200
"""How many decisions are committed in one transaction."""

_LOGGER = logging.getLogger("mainspring.daemon")


@define(eq=False)
class Committer:
    """Commits decisions about locations.

    Attributes:
        instance: Where.
        admission: Returns by which rules runs may start at once.
        duty: Returns the lease under which a location's ticks are decided.
        lose: Called with a location when somebody else has that lease.
        ticks: How many ticks were committed.
        last_tick_at: When the last one was, in seconds since the epoch.
    """

    instance: Instance
    admission: Callable[[], Admission]
    duty: Callable[[str], Duty]
    lose: Callable[[str], None]
    ticks: int = 0
    last_tick_at: float | None = None

    def commit(self, decided: Sequence[Decided]) -> tuple[list[Decided], list[Run]]:
        """Commit decisions; return those that were, and the runs that were claimed for launch with them.

        Raises:
            StorageError: Storage failed; some of them may be committed.
        """
        done: list[Decided] = []
        started: list[Run] = []
        by_location: dict[str, list[Decided]] = defaultdict(list)
        for each in decided:
            by_location[each.roster.location].append(each)
        for location, all_of_it in by_location.items():
            for start in range(0, len(all_of_it), AT_A_TIME):
                committed, runs = self._commit(location, all_of_it[start : start + AT_A_TIME])
                done += committed
                started += runs
        return done, started

    def expand(self, roster: Roster) -> list[Run]:
        """Queue one part of what ticks of a location have asked for; return the runs that were claimed with that."""
        if not roster.with_outbox:
            return []
        self.instance.crash_point("outbox.expand")
        location = roster.location
        try:
            batch = self.instance.storage.automations.expand(location, self.admission(), self.duty(location))
        except SupersededError:
            self.lose(location)
            return []
        self.instance.crash_point("outbox.expanded")
        now = self.instance.clock.time()
        if batch is None:
            roster.load(self.instance.storage, now)
            return []
        (committed,) = batch.committed
        if committed.state is not None and committed.state.name in roster.entries:
            entry = roster.entries[committed.state.name]
            roster.take_up(entry, committed.state)
            roster.plan(entry, now)
        self._tell(committed.runs)
        return list(batch.started)

    def _commit(self, location: str, some: list[Decided]) -> tuple[list[Decided], tuple[Run, ...]]:
        self.instance.crash_point("tick.commit")
        decisions = [each.decision for each in some]
        try:
            batch = self.instance.storage.automations.commit(decisions, self.admission(), self.duty(location))
        except SupersededError:
            self.lose(location)
            return [], ()
        self.instance.crash_point("tick.committed")
        now = self.instance.clock.time()
        for each, committed in zip(some, batch.committed, strict=True):
            self._take_up(each, committed, now)
        done = [each for each, committed in zip(some, batch.committed, strict=True) if committed.state is not None]
        return done, batch.started

    def _take_up(self, each: Decided, committed: Committed, now: float) -> None:
        """Take up how an automation stands after its decision, and plan when it is looked at next."""
        if committed.state is None:
            _LOGGER.info("%s %r was changed by somebody else meanwhile", each.entry.state.kind, each.entry.state.name)
            each.roster.reload(self.instance.storage, each.entry.state.name, now)
            return
        each.roster.take_up(each.entry, committed.state)
        self._tell(committed.runs)
        tick = committed.tick
        if tick is not None and tick.status is TickStatus.FAILED:
            _LOGGER.warning("%s %s:%s failed: %s", tick.kind, tick.location, tick.automation, tick.reason)
        if each.decision.ticks:
            self.ticks += 1
            self.last_tick_at = now
        match each.entry.offered:
            case OfferedSensor(follows=None) as sensor:
                at = next_evaluation(sensor, committed.state, now)
                each.roster.plan(each.entry, None if at is None else max(at, now) + QUANTUM_SECONDS)
            case OfferedSchedule() as schedule:
                each.roster.plan(each.entry, next_look(schedule, committed.state, now))
            case _:
                each.roster.plan(each.entry, now)

    def _tell(self, runs: Sequence[Run]) -> None:
        """Tell observers of runs that were queued."""
        for run in runs if self.instance.observers else ():
            event = Event(run_id=run.run_id, run_attempt=run.attempt, fact=RunQueued(), timestamp=run.created_at)
            for observer in self.instance.observers:
                observer(event)
