"""Deciding ticks: looks at what is due, has functions evaluated, and commits what comes of it."""

from __future__ import annotations

import logging
import os
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import define, field, frozen

from mainspring.daemon.due import Due, look
from mainspring.daemon.evaluations import Evaluations
from mainspring.daemon.offered import OfferedSchedule, OfferedSensor
from mainspring.daemon.outcome import Said, overlap_outcome, schedule_outcome, sensor_outcome
from mainspring.daemon.overlap import judge
from mainspring.daemon.requests import Requester, keys_of, plain_requests, without_known
from mainspring.daemon.roster import Entry, Roster
from mainspring.daemon.sense import next_evaluation
from mainspring.definition.evaluation import Evaluation
from mainspring.errors import MainspringError, SupersededError, UnknownNameError
from mainspring.event import Event, RunQueued
from mainspring.execute.cancel import cancel_run
from mainspring.execute.error import error_info
from mainspring.location.evaluation import EvaluationReply, ask_acknowledgement, ask_schedule, ask_sensor
from mainspring.location.frames import Message
from mainspring.run import Run
from mainspring.storage import Admission, Committed, Decision, Duty

if TYPE_CHECKING:
    from mainspring.instance import Instance
    from mainspring.location.client import LocationClient

QUANTUM_SECONDS = 0.05
"""How late a sensor may be evaluated so that several are at a time."""

UNAVAILABLE_SECONDS = 1.0
"""When a location is asked again that could not evaluate."""

AT_A_TIME = 200
"""How many decisions are committed in one transaction."""

Asks: TypeAlias = dict[str, list[Message]]
"""What is asked of locations, by their names."""

_LOGGER = logging.getLogger("mainspring.daemon")


@define(eq=False)
class _AtWork:
    """An evaluation under way."""

    roster: Roster
    entry: Entry
    due: Due | None
    cursor: str | None
    began_at: float
    waits_for_last: bool = False
    is_asked: bool = False


@frozen(eq=False)
class _Decided:
    """A decision that is to be committed."""

    roster: Roster
    entry: Entry
    decision: Decision
    reply: EvaluationReply | None = None


@frozen
class Progress:
    """How far the decisions have come.

    Attributes:
        ticks: How many were decided.
        last_tick_at: When the last one was, in seconds since the epoch.
        evaluating: How many evaluations are under way.
        next_at: When the next one is due, in seconds since the epoch.
    """

    ticks: int = 0
    last_tick_at: float | None = None
    evaluating: int = 0
    next_at: float | None = None


@define(eq=False)
class Automations:
    """Decides the ticks of locations.

    Attributes:
        instance: Where they are recorded.
        client: Returns who speaks with a location, or None while it is not open.
        admission: Returns by which rules runs may start at once; None for those that wait for somebody else.
        duty: Returns the lease under which a location's ticks are decided.
        lose: Called when somebody else has that lease.
        on_reply: Called when an evaluation has ended.
    """

    instance: Instance
    client: Callable[[str], LocationClient | None]
    admission: Callable[[], Admission | None]
    duty: Callable[[str], Duty | None]
    lose: Callable[[str], None]
    on_reply: Callable[[], None]
    progress: Progress = Progress()
    _rosters: dict[str, Roster] = field(factory=dict)
    _stale: set[str] = field(factory=set)
    _at_work: dict[str, _AtWork] = field(factory=dict)
    _ids: Any = field(factory=lambda: count(1))
    _evaluations: Evaluations = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._evaluations = Evaluations(self.on_reply)

    def look_again(self, location: str | None = None) -> None:
        """Note that what a location offers, or how its automations stand, may have changed."""
        self._stale.update(self._rosters if location is None else [location])

    def runs_ended(self) -> None:
        """Note that runs may have ended."""
        now = self.instance.clock.time()
        for roster in self._rosters.values():
            roster.wake(now)

    def reconcile(self, locations: Collection[str]) -> list[Run]:
        """Decide what is due in locations, and return the runs that were claimed for launch with it.

        Raises:
            MainspringError: Storage failed; what was not decided is looked at again.
        """
        try:
            self._take_up(locations)
            return self._decide(locations)
        except MainspringError:
            self._start_over()
            raise

    def _decide(self, locations: Collection[str]) -> list[Run]:
        now = self.instance.clock.time()
        decided = [each for reply in self._evaluations.replies() for each in self._conclude(reply, now)]
        asks: Asks = defaultdict(list)
        for roster in self._rosters.values():
            sensors: list[tuple[Entry, OfferedSensor]] = []
            for entry in roster.due(now):
                match entry.offered:
                    case OfferedSensor() as sensor:
                        sensors.append((entry, sensor))
                    case OfferedSchedule() | None as schedule:
                        decided += self._look(roster, entry, schedule, now, asks)
            self._sense(roster, sensors, now, asks)
        for location, batch in asks.items():
            self._ask(location, batch)
        started = self._commit(decided)
        return [*started, *self._expand(locations)]

    def conclude(self) -> list[Run]:
        """Commit what evaluations have come to, and begin none; return the runs that were claimed for launch."""
        now = self.instance.clock.time()
        return self._commit([each for reply in self._evaluations.replies() for each in self._conclude(reply, now)])

    def next_at(self, now: float) -> float | None:
        """Return when something is due next, in seconds since the epoch."""
        if any(entry.state.outbox for roster in self._rosters.values() for entry in roster.entries.values()):
            return now
        times = [at for roster in self._rosters.values() if (at := roster.next_at()) is not None]
        return min(times, default=None)

    @property
    def is_idle(self) -> bool:
        """Whether no evaluation is under way."""
        return not self._at_work

    def _take_up(self, locations: Collection[str]) -> None:
        for location in locations:
            if location not in self._rosters:
                self._rosters[location] = Roster(location)
                self._stale.add(location)
        for location in set(self._rosters) - set(locations):
            del self._rosters[location]
        now = self.instance.clock.time()
        for location in sorted(self._stale):
            if location in self._rosters:
                self._rosters[location].load(self.instance.storage, now)
            self._stale.discard(location)

    def _start_over(self) -> None:
        """Have everything looked at again that is not being evaluated."""
        for id_ in [id_ for id_, work in self._at_work.items() if not work.is_asked]:
            self._at_work.pop(id_).entry.is_at_work = False
        self.look_again()

    def _look(
        self,
        roster: Roster,
        entry: Entry,
        schedule: OfferedSchedule | None,
        now: float,
        asks: Asks,
    ) -> list[_Decided]:
        """Decide what a schedule's state and the time call for, or have it evaluated first."""
        due = look(schedule, entry.state, now, is_in_turn=self._is_in_turn(entry))
        entry.waits_for_runs = bool(due.state.backlog) and due.time is None
        if schedule is None or due.time is None:
            roster.plan(entry, due.next_at)
            is_same = due.state == entry.state and not due.ticks
            return [] if is_same else [_Decided(roster, entry, Decision(state=due.state, ticks=due.ticks))]
        verdict = judge(schedule.overlap, () if due.is_caught_up else self._live(schedule))
        if verdict.refusal is not None:
            return [_Decided(roster, entry, overlap_outcome(schedule, due, verdict.refusal, now))]
        for run in verdict.to_cancel:
            self._cancel(run)
        work = _AtWork(roster, entry, due, None, now, verdict.waits_for_last)
        if not schedule.has_function:
            return [self._decide_schedule(work, schedule, Evaluation(plain_requests(schedule)), None, now)]
        due_time = datetime.fromtimestamp(due.time, UTC)
        id_ = self._begin(work)
        asks[roster.location].append(ask_schedule(id_, schedule.name, due_time, schedule.deadline_seconds))
        return []

    def _live(self, schedule: OfferedSchedule) -> list[Run]:
        if schedule.overlap == "allow":
            return []
        return self.instance.storage.runs.live_of(schedule.location, schedule.name)

    def _is_in_turn(self, entry: Entry) -> bool:
        """Return whether the runs of the last caught-up time have ended."""
        if not entry.state.backlog or not entry.state.turn:
            return True
        runs = [self.instance.storage.runs.get(run_id) for run_id in entry.state.turn]
        return all(run is None or run.status.is_final for run in runs)

    def _cancel(self, run: Run) -> None:
        try:
            cancel_run(self.instance, run.run_id)
        except MainspringError as error:
            _LOGGER.info("run %s is not canceled for a later one: %s", run.run_id, error)

    def _sense(
        self,
        roster: Roster,
        due: list[tuple[Entry, OfferedSensor]],
        now: float,
        asks: Asks,
    ) -> None:
        """Have sensors evaluated that are due."""
        ready: list[tuple[Entry, OfferedSensor]] = []
        for entry, sensor in due:
            at = next_evaluation(sensor, entry.state, now)
            if at is None or at > now:
                roster.plan(entry, at)
            else:
                ready.append((entry, sensor))
        if not ready:
            return
        cursors = self.instance.storage.automations.cursors(roster.location, [each.name for _, each in ready])
        for entry, sensor in ready:
            cursor = cursors.get(sensor.name)
            mark = entry.state.mark
            id_ = self._begin(_AtWork(roster, entry, None, cursor, now))
            asks[roster.location].append(
                ask_sensor(
                    id_,
                    sensor.name,
                    sensor.deadline_seconds,
                    cursor=cursor,
                    last_tick_time=None if mark is None else datetime.fromtimestamp(mark, UTC),
                    last_run_key=entry.state.last_run_key,
                )
            )

    def _begin(self, work: _AtWork) -> str:
        id_ = f"e{next(self._ids)}"
        work.entry.is_at_work = True
        self._at_work[id_] = work
        return id_

    def _ask(self, location: str, batch: list[Message]) -> None:
        for each in batch:
            self._at_work[each["id"]].is_asked = True
        client = self.client(location)
        if client is None:
            for each in batch:
                self._evaluations.refuse(each["id"], f"location {location!r} is not open")
        else:
            self._evaluations.ask(client, batch)

    def _conclude(self, reply: EvaluationReply, now: float) -> list[_Decided]:
        """Return the decision that follows from a reply; none where the location could not evaluate."""
        work = self._at_work.pop(reply.id, None)
        if work is None:
            return []
        work.entry.is_at_work = False
        if self._rosters.get(work.roster.location) is not work.roster or work.entry.offered is None:
            work.roster.plan(work.entry, now)
            return []
        if reply.outcome == "unavailable":
            work.roster.plan(work.entry, now + UNAVAILABLE_SECONDS)
            return []
        match work.entry.offered:
            case OfferedSchedule() as schedule if work.due is not None:
                return [self._decide_schedule(work, schedule, reply.evaluation, reply, now)]
            case OfferedSensor() as sensor if work.due is None:
                return [self._decide_sensor(work, sensor, reply, now)]
            case _:  # it became the other kind meanwhile
                work.roster.plan(work.entry, now)
                return []

    def _decide_schedule(
        self,
        work: _AtWork,
        schedule: OfferedSchedule,
        evaluation: Evaluation,
        reply: EvaluationReply | None,
        now: float,
    ) -> _Decided:
        assert work.due is not None  # noqa: S101 - the caller's case
        said = self._said(work, schedule, evaluation, reply, now)
        return _Decided(work.roster, work.entry, schedule_outcome(schedule, work.due, said, now))

    def _decide_sensor(self, work: _AtWork, sensor: OfferedSensor, reply: EvaluationReply, now: float) -> _Decided:
        said = self._said(work, sensor, reply.evaluation, reply, now)
        decision = sensor_outcome(sensor, work.entry.state, work.cursor, said, work.began_at, now)
        return _Decided(work.roster, work.entry, decision, reply)

    def _said(
        self,
        work: _AtWork,
        automation: OfferedSchedule | OfferedSensor,
        evaluation: Evaluation,
        reply: EvaluationReply | None,
        now: float,
    ) -> Said:
        known = self.instance.storage.automations.known_keys(*automation.key, keys_of(evaluation.requests))
        new, known_keys = without_known(evaluation.requests, known)
        error = None if reply is None else reply.error
        logs: Mapping[str, str] = {} if reply is None else reply.logs
        cursor = evaluation.cursor if reply is None else reply.cursor_after(work.cursor)
        runs: tuple[Run, ...] = ()
        try:
            runs = self._requester(work.roster).runs(
                automation,
                new,
                now,
                scheduled_time=None if work.due is None else work.due.time,
                waits_for_last=work.waits_for_last,
            )
        except UnknownNameError as unknown:
            error, cursor = error_info(unknown), work.cursor
        return Said(
            runs=runs,
            skip_reason=evaluation.skip_reason,
            cursor=cursor,
            dropped=evaluation.duplicates + len(known_keys),
            dropped_keys=known_keys,
            error=error,
            logs=logs,
        )

    def _requester(self, roster: Roster) -> Requester:
        settings = self.instance.settings
        if settings is None:
            return Requester(roster.jobs, None, (), os.urandom)
        return Requester(roster.jobs, settings.mode, settings.modes, os.urandom)

    def _commit(self, decided: list[_Decided]) -> list[Run]:
        """Commit decisions, and return the runs that were claimed for launch with them."""
        started: list[Run] = []
        by_location: dict[str, list[_Decided]] = defaultdict(list)
        for each in decided:
            by_location[each.roster.location].append(each)
        for location, all_of_it in by_location.items():
            for start in range(0, len(all_of_it), AT_A_TIME):
                started += self._commit_some(location, all_of_it[start : start + AT_A_TIME])
        return started

    def _commit_some(self, location: str, some: list[_Decided]) -> tuple[Run, ...]:
        now = self.instance.clock.time()
        self.instance.crash_point("tick.commit")
        try:
            batch = self.instance.storage.automations.commit(
                [each.decision for each in some], self.admission(), self.duty(location)
            )
        except SupersededError:
            self._rosters.pop(location, None)  # it is another daemon's now
            self.lose(location)
            return ()
        self.instance.crash_point("tick.committed")
        for each, committed in zip(some, batch.committed, strict=True):
            self._settle(each, committed, now)
        self._acknowledge(location, [each for each, done in zip(some, batch.committed, strict=True) if done.state])
        return batch.started

    def _settle(self, each: _Decided, committed: Committed, now: float) -> None:
        """Take up how an automation stands after its decision."""
        if committed.state is None:
            each.roster.reload(self.instance.storage, each.entry.state.name, now)
            return
        each.entry.state = committed.state
        for run in committed.runs:
            self._tell(run)
        if each.decision.ticks:
            self.progress = Progress(self.progress.ticks + 1, now, len(self._at_work), None)
        match each.entry.offered:
            case OfferedSensor() as sensor:
                at = next_evaluation(sensor, committed.state, now)
                each.roster.plan(each.entry, None if at is None else max(at, now) + QUANTUM_SECONDS)
            case _:
                each.roster.plan(each.entry, now)

    def _tell(self, run: Run) -> None:
        """Tell observers of a run that was queued."""
        event = Event(run_id=run.run_id, run_attempt=run.attempt, fact=RunQueued(), timestamp=run.created_at)
        for observer in self.instance.observers:
            observer(event)

    def _acknowledge(self, location: str, decided: list[_Decided]) -> None:
        """Tell sources that what their items asked for is recorded; what goes wrong with it is only logged."""
        client = self.client(location)
        batch: list[Message] = []
        for each in decided:
            offered, reply = each.entry.offered, each.reply
            if isinstance(offered, OfferedSensor) and reply is not None and reply.evaluation.items:
                items = reply.evaluation.items
                id_ = f"a{next(self._ids)}"
                batch.append(ask_acknowledgement(id_, offered.name, items, offered.deadline_seconds))
        if batch and client is not None:
            self._evaluations.ask(client, batch)

    def _expand(self, locations: Collection[str]) -> list[Run]:
        """Queue one part of what ticks have asked for, where such are left."""
        for location in sorted(set(locations) & set(self._rosters)):
            roster = self._rosters[location]
            if any(entry.state.outbox for entry in roster.entries.values()):
                self.instance.crash_point("outbox.expand")
                batch = self.instance.storage.automations.expand(location, self.admission(), self.duty(location))
                now = self.instance.clock.time()
                if batch is None:
                    self.look_again(location)
                    return []
                state = batch.committed[0].state
                for run in batch.committed[0].runs:
                    self._tell(run)
                if state is not None and state.name in roster.entries:
                    entry = roster.entries[state.name]
                    entry.state = state
                    roster.plan(entry, now)
                return list(batch.started)
        return []
