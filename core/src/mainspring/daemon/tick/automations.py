"""Deciding ticks: looks at what is due, has functions evaluated, and commits what comes of it."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, datetime
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeAlias

from attrs import define, field, frozen

from mainspring.daemon.tick.committing import Committer
from mainspring.daemon.tick.due import look
from mainspring.daemon.tick.followers import is_follower, look_at_followers
from mainspring.daemon.tick.offered import OfferedSchedule, OfferedSensor
from mainspring.daemon.tick.outcome import overlap_outcome
from mainspring.daemon.tick.overlap import judge
from mainspring.daemon.tick.roster import Entry, Roster
from mainspring.daemon.tick.sense import next_evaluation
from mainspring.daemon.tick.tail import LOOK_SECONDS, Tail
from mainspring.daemon.tick.verdict import decide_as_evaluated, decide_plainly
from mainspring.daemon.tick.work import AtWork, Decided, InHand
from mainspring.errors import MainspringError
from mainspring.execute.cancel import cancel_run
from mainspring.location.evaluation import EvaluationReply, ask_acknowledgement, ask_schedule, ask_sensor
from mainspring.location.frames import Message
from mainspring.run import Run
from mainspring.storage import Decision

if TYPE_CHECKING:
    from mainspring.instance import Instance

UNAVAILABLE_SECONDS = 1.0
"""When a location is asked again that could not evaluate."""

LATE_SECONDS = 1.0
"""How late a sensor may be evaluated so that its next evaluation still counts from when this one was due."""

SENSORS_AT_A_TIME = 200
"""How many evaluations a location has in hand before sensors wait for their turn here, behind schedules and each other.

When half of them have ended, more are asked for. Sensors that are due at once are so spread over the time that they take:
each is due again from when it was asked for.
"""

Asks: TypeAlias = dict[str, list[Message]]
"""What is asked of locations, by their names."""

_LOGGER = logging.getLogger("mainspring.daemon")


@frozen
class Progress:
    """How far the decisions have come.

    Attributes:
        ticks: How many were decided.
        last_tick_at: When the last one was, in seconds since the epoch.
        evaluating: How many evaluations are under way.
    """

    ticks: int = 0
    last_tick_at: float | None = None
    evaluating: int = 0


@define(eq=False)
class Automations:
    """Decides the ticks of locations.

    Attributes:
        instance: Where they are recorded.
        committer: Commits decisions.
        in_hand: The evaluations under way.
        pause_seconds: How long the end of the log is left alone after followers were told what is there.
    """

    instance: Instance
    committer: Committer
    in_hand: InHand
    pause_seconds: float = LOOK_SECONDS
    _rosters: dict[str, Roster] = field(factory=dict)
    _stale: set[str] = field(factory=set)
    _tail: Tail = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._tail = Tail(self.instance.storage, self.pause_seconds)

    @property
    def progress(self) -> Progress:
        """How far the decisions have come."""
        return Progress(self.committer.ticks, self.committer.last_tick_at, len(self.in_hand))

    def look_again(self) -> None:
        """Note that what locations offer, or how their automations stand, may have changed."""
        self._stale.update(self._rosters)

    def runs_changed(self) -> None:
        """Note that runs may have ended, or that there is something else in the log to follow."""
        self._tail.tell()
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
            started = self.conclude(self._look_around())
            for roster in self._rosters.values():
                started += self.committer.expand(roster)
        except MainspringError:
            self.in_hand.forget_unasked()
            self.look_again()
            raise
        return started

    def conclude(self, decided: list[Decided] | None = None) -> list[Run]:
        """Commit decisions, and what evaluations have come to; return the runs that were claimed for launch with that."""
        now = self.instance.clock.time()
        more = [self._conclude(work, reply, now) for work, reply in self.in_hand.ended()]
        all_of_it = [*(decided or ()), *(each for each in more if each is not None)]
        if not all_of_it:
            return []
        done, started = self.committer.commit(all_of_it)
        self._acknowledge(done)
        return started

    def next_at(self, now: float) -> float | None:
        """Return when something is due next, in seconds since the epoch."""
        wait = self._tail.waits_seconds(self.instance.clock.monotonic())
        first = None if wait is None else now + wait
        for roster in self._rosters.values():
            if roster.with_outbox:
                return now
            at = roster.next_at(with_sensors=self._room(roster) > 0)
            if at is not None and (first is None or at < first):
                first = at
        return first

    def _room(self, roster: Roster) -> int:
        """Return how many sensors of a location may be looked at."""
        in_hand = self.in_hand.count(roster.location)
        return SENSORS_AT_A_TIME - in_hand if in_hand <= SENSORS_AT_A_TIME // 2 else 0

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

    def _look_around(self) -> list[Decided]:
        """Look at all that is due: decide what can be decided, and have the rest evaluated."""
        now = self.instance.clock.time()
        decided: list[Decided] = []
        asks: Asks = defaultdict(list)
        self._tail.look(self._rosters.values(), now, self.instance.clock.monotonic())
        for roster in self._rosters.values():
            sensors: list[tuple[Entry, OfferedSensor]] = []
            followers: list[Entry] = []
            for entry in chain(roster.due(now), islice(roster.due_sensors(now), self._room(roster))):
                match entry.offered:
                    case _ if is_follower(entry):
                        followers.append(entry)
                    case OfferedSensor() as sensor:
                        sensors.append((entry, sensor))
                    case OfferedSchedule() | None as schedule:
                        found = self._look(roster, entry, schedule, now, asks)
                        decided += [] if found is None else [found]
            if sensors:
                self._sense(roster, sensors, now, asks)
            if followers:
                found_now, to_ask = look_at_followers(self.instance.storage, self.in_hand, roster, followers, now)
                decided += found_now
                asks[roster.location] += to_ask
        decided += self._tail.keep_up(self._rosters.values(), now, self.instance.clock.monotonic())
        for location, batch in asks.items():
            if batch:
                self.instance.crash_point("evaluation.ask")
                self.in_hand.ask(location, batch)
                self.instance.crash_point("evaluation.asked")
        return decided

    def _look(
        self, roster: Roster, entry: Entry, schedule: OfferedSchedule | None, now: float, asks: Asks
    ) -> Decided | None:
        """Decide what a schedule's state and the time call for, or have it evaluated first."""
        due = look(schedule, entry.state, now, is_in_turn=self._is_in_turn(entry, schedule))
        entry.waits_for_runs = bool(due.state.backlog) and due.time is None
        if schedule is None or due.time is None:
            roster.plan(entry, due.next_at)
            is_same = due.state == entry.state and not due.ticks
            return None if is_same else Decided(roster, entry, Decision(state=due.state, ticks=due.ticks))
        verdict = judge(schedule.overlap, () if due.is_caught_up else self._live(schedule))
        if verdict.refusal is not None:
            return Decided(roster, entry, overlap_outcome(schedule, due, verdict.refusal, now))
        for run in verdict.to_cancel:
            self._cancel(run)
        work = AtWork(roster, entry, now, due, waits_for_last=verdict.waits_for_last)
        if not schedule.has_function:
            return decide_plainly(self.instance, work, schedule, now)
        time = datetime.fromtimestamp(due.time, UTC)
        asks[roster.location].append(
            ask_schedule(self.in_hand.begin(work), schedule.name, time, schedule.deadline_seconds)
        )
        return None

    def _live(self, schedule: OfferedSchedule) -> list[Run]:
        if schedule.overlap == "allow":
            return []
        return self.instance.storage.runs.live_of(schedule.location, schedule.name)

    def _is_in_turn(self, entry: Entry, schedule: OfferedSchedule | None) -> bool:
        """Return whether a caught-up time may run: those of the last one have ended, or all where none may overlap."""
        if not entry.state.backlog or schedule is None:
            return True
        if self._live(schedule):
            return False
        runs = [self.instance.storage.runs.get(run_id) for run_id in entry.state.turn]
        return all(run is None or run.status.is_final for run in runs)

    def _cancel(self, run: Run) -> None:
        try:
            cancel_run(self.instance, run.run_id)
        except MainspringError as error:
            _LOGGER.info("run %s is not canceled for a later one: %s", run.run_id, error)

    def _sense(self, roster: Roster, due: list[tuple[Entry, OfferedSensor]], now: float, asks: Asks) -> None:
        """Have sensors evaluated that are due."""
        ready: list[tuple[Entry, OfferedSensor, float]] = []
        for entry, sensor in due:
            at = next_evaluation(sensor, entry.state, now)
            if at is None or at > now:
                roster.plan(entry, at)
            else:
                ready.append((entry, sensor, now if now - at > LATE_SECONDS else at))
        if not ready:
            return
        cursors = self.instance.storage.automations.cursors(roster.location, [each.name for _, each, _ in ready])
        for entry, sensor, at in ready:
            cursor = cursors.get(sensor.name)
            mark = entry.state.mark
            message = ask_sensor(
                self.in_hand.begin(AtWork(roster, entry, at, cursor=cursor)),
                sensor.name,
                sensor.deadline_seconds,
                cursor=cursor,
                last_tick_time=None if mark is None else datetime.fromtimestamp(mark, UTC),
                last_run_key=entry.state.last_run_key,
            )
            asks[roster.location].append(message)

    def _conclude(self, work: AtWork, reply: EvaluationReply, now: float) -> Decided | None:
        """Return the decision that follows from a reply; None where the location could not evaluate."""
        if self._rosters.get(work.roster.location) is not work.roster:
            return None  # another daemon's since, who has it evaluated
        found = None if reply.outcome == "unavailable" else decide_as_evaluated(self.instance, work, reply, now)
        if found is None:
            work.roster.plan(work.entry, now + UNAVAILABLE_SECONDS)
        return found

    def _acknowledge(self, done: list[Decided]) -> None:
        """Tell sources that what their items asked for is recorded; what goes wrong with it shows with the next poll."""
        messages: Asks = defaultdict(list)
        for each in done:
            offered, reply = each.entry.offered, each.reply
            if isinstance(offered, OfferedSensor) and reply is not None and reply.evaluation.items:
                items = reply.evaluation.items
                messages[each.roster.location].append(
                    ask_acknowledgement("", offered.name, items, offered.deadline_seconds)
                )
        for location, batch in messages.items():
            self.instance.crash_point("items.acknowledge")
            self.in_hand.tell(location, batch)
            self.instance.crash_point("items.acknowledged")
