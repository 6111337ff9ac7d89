"""The roster of a code location: what it offers, how each of these stands, and when to look at it next."""

from __future__ import annotations

import heapq
import logging
from collections.abc import Iterator
from itertools import count
from typing import TypeAlias

from attrs import define, evolve

from mainspring.daemon.tick.interest import FollowedAssets, FollowedRuns, Follows
from mainspring.daemon.tick.introduction import adopts, introduced
from mainspring.daemon.tick.offered import Offered, OfferedSensor, read_offered
from mainspring.errors import MainspringError
from mainspring.execute.recorded_job import RecordedJob, read_job
from mainspring.storage import AutomationState, DefinitionQuery, Storage

FIRST_AT_A_TIME = 50
FIRST_SECONDS = 0.075
"""How many sensors are evaluated for the first time at a time, and how often: ten thousand in 15 s. As each is due again
from then on, this is how they come to be spread."""

Place: TypeAlias = tuple[float, int, str]
"""Among those to be looked at: when, the ticket, the name."""

_LOGGER = logging.getLogger("mainspring.daemon")


@define(eq=False)
class Entry:
    """A schedule or a sensor.

    Attributes:
        offered: What its location says of it; None where it does not offer it any more.
        state: How it stands.
        next_at: When to look at it next, in seconds since the epoch; None for not before something happens.
        is_at_work: Whether it is being evaluated.
        waits_for_runs: Whether the end of a run is what it waits for.
        rests: Whether it follows the log, and waits for what concerns it there.
        read_to: Of a follower, up to which event it is known that nothing concerns it, though its cursor may be behind.
        ticket: Which of its places among the next ones counts.
    """

    offered: Offered | None
    state: AutomationState
    next_at: float | None = None
    is_at_work: bool = False
    waits_for_runs: bool = False
    rests: bool = False
    read_to: int = 0
    ticket: int = 0

    @property
    def follows(self) -> Follows | None:
        """What it follows in the log, if it does."""
        return self.offered.follows if isinstance(self.offered, OfferedSensor) else None


class Roster:
    """What one location offers and how it stands, as far as this process knows; storage has the last word.

    Args:
        location: The location's name.

    Attributes:
        entries: Its automations, by name.
        with_outbox: Those whose requests are not all queued yet.
        jobs: Its jobs, by name.
    """

    def __init__(self, location: str) -> None:
        self.location = location
        self.entries: dict[str, Entry] = {}
        self.with_outbox: set[str] = set()
        self.jobs: dict[str, RecordedJob] = {}
        self.following: list[Entry] = []
        self.following_assets: dict[str, list[Entry]] = {}
        self.following_runs: list[tuple[Entry, FollowedRuns]] = []
        self._snapshot: str | None = None
        self._offered: dict[str, Offered] = {}
        self._others: list[Place] = []
        self._sensors: list[Place] = []
        self._loaded_at = 0.0
        self._code_loaded_at: float | None = None
        self._tickets = count(1)

    def load(self, storage: Storage, now: float) -> None:
        """Read what the location offers, where that has changed, and how it all stands; new ones are introduced."""
        record = storage.locations.get(self.location)
        if record is None or record.snapshot is None:
            return  # nothing is known of it, which does not mean that it has nothing
        if record.snapshot != self._snapshot:
            self._load_offered(storage)
            self._snapshot = record.snapshot
        self._load_states(storage, now)
        if record.loaded_at != self._code_loaded_at:
            self._code_loaded_at = record.loaded_at
            self._forgive(now)

    def _forgive(self, now: float) -> None:
        """Have those that failed evaluated at once, as their code may be mended."""
        for entry in self.entries.values():
            if entry.state.not_before is not None and not entry.is_at_work:
                entry.state = evolve(entry.state, not_before=None)
                self.plan(entry, now)

    def reload(self, storage: Storage, name: str, now: float) -> None:
        """Read how one automation stands, which somebody else has changed."""
        state = storage.automations.get(self.location, name)
        if state is not None and name in self.entries:
            self.take_up(self.entries[name], state)
            self._begin_again(self.entries[name], state)
            self.plan(self.entries[name], now)

    def take_up(self, entry: Entry, state: AutomationState) -> None:
        """Note how an automation stands now."""
        entry.state = state
        if state.outbox:
            self.with_outbox.add(state.name)
        else:
            self.with_outbox.discard(state.name)

    def plan(self, entry: Entry, next_at: float | None) -> None:
        """Look at an automation at a time, and not before."""
        entry.next_at = next_at
        entry.ticket = next(self._tickets)
        if next_at is not None:
            heap = self._sensors if isinstance(entry.offered, OfferedSensor) else self._others
            heapq.heappush(heap, (next_at, entry.ticket, entry.state.name))

    def next_at(self, *, with_sensors: bool = True) -> float | None:
        """Return when the next one is to be looked at, in seconds since the epoch."""
        other, sensor = self._first(self._others), self._first(self._sensors) if with_sensors else None
        if other is None or sensor is None:
            return sensor if other is None else other
        return min(other, sensor)

    def due(self, now: float) -> Iterator[Entry]:
        """Yield those that are to be looked at now, but for sensors; each is to be planned again."""
        return self._due(self._others, now)

    def due_sensors(self, now: float) -> Iterator[Entry]:
        """Yield the sensors that are to be looked at now, as far as they are taken; each is to be planned again."""
        return self._due(self._sensors, now)

    def _first(self, heap: list[Place]) -> float | None:
        while heap and not self._counts(heap[0]):
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    def _due(self, heap: list[Place], now: float) -> Iterator[Entry]:
        while heap and heap[0][0] <= now:
            place = heapq.heappop(heap)
            if self._counts(place):
                entry = self.entries[place[2]]
                entry.next_at = None
                if not entry.is_at_work:
                    yield entry

    def wake(self, now: float) -> None:
        """Look now at those that wait for the end of a run."""
        for entry in self.entries.values():
            if entry.waits_for_runs:
                entry.waits_for_runs = False
                self.plan(entry, now)

    def rouse(self, entry: Entry, read_to: int, now: float) -> None:
        """Look now at a follower that rests; up to the event `read_to`, nothing concerns it."""
        if entry.rests:
            entry.rests = False
            entry.read_to = max(entry.read_to, read_to)
            self.plan(entry, now)

    def _counts(self, place: Place) -> bool:
        entry = self.entries.get(place[2])
        return entry is not None and entry.ticket == place[1]

    def _load_offered(self, storage: Storage) -> None:
        offered: dict[str, Offered] = {}
        jobs: dict[str, RecordedJob] = {}
        for kind in ("job", "schedule", "sensor"):
            after: tuple[str, str, str] | None = None
            while found := storage.locations.definitions(
                DefinitionQuery(location=self.location, kind=kind, after=after)
            ):
                after = (self.location, kind, found[-1].name)
                for record in found:
                    try:
                        if kind == "job":
                            jobs[record.name] = read_job(record)
                        else:
                            offered[record.name] = read_offered(record)
                    except MainspringError as error:
                        _LOGGER.warning("%s", error)
        self.jobs = jobs
        for name, entry in self.entries.items():
            if entry.offered != offered.get(name):
                entry.offered, entry.next_at, entry.rests = offered.get(name), None, False
        self._offered = offered

    def _load_states(self, storage: Storage, now: float) -> None:
        states = {state.name: state for state in storage.automations.states(self.location)}
        changed = [each for each in self._offered.values() if adopts(each, states, self._offered, storage, now)]
        adopted = {each.name for each in changed}
        unseen = [each for name, each in self._offered.items() if name not in states and name not in adopted]
        new = [introduced(each, now) for each in unseen]
        if new:
            storage.automations.introduce(new)
        if new or changed:
            states = {state.name: state for state in storage.automations.states(self.location)}
        self.with_outbox = {name for name, state in states.items() if state.outbox}
        self.entries = {name: self._entry(name, state) for name, state in states.items()}
        self._sort_followers()
        is_set_back, self._loaded_at = now < self._loaded_at, now
        self._plan_changed(now, everything=is_set_back)

    def _plan_changed(self, now: float, *, everything: bool) -> None:
        """Look at those that have changed or are not planned, and at new sensors in turn."""
        new = count()
        for entry in self.entries.values():
            if entry.is_at_work or entry.rests or (entry.next_at is not None and not everything):
                continue
            is_new = isinstance(entry.offered, OfferedSensor) and entry.state.mark is None
            self.plan(entry, now + next(new) // FIRST_AT_A_TIME * FIRST_SECONDS if is_new else now)

    def _sort_followers(self) -> None:
        self.following, self.following_assets, self.following_runs = [], {}, []
        for entry in self.entries.values():
            match entry.follows:
                case FollowedAssets(assets=assets):
                    for asset in assets:
                        self.following_assets.setdefault(asset, []).append(entry)
                case FollowedRuns() as runs:
                    self.following_runs.append((entry, runs))
                case None:
                    continue
            self.following.append(entry)

    def _entry(self, name: str, state: AutomationState) -> Entry:
        entry = self.entries.get(name)
        offered = self._offered.get(name)
        if entry is None:
            return Entry(offered, state)
        if (entry.offered, entry.state) != (offered, state):
            self._begin_again(entry, state)
            entry.offered, entry.next_at = offered, None
        return entry

    def _begin_again(self, entry: Entry, state: AutomationState) -> None:
        """Take up how an automation stands; if it follows the log, its cursor may be another."""
        entry.state, entry.rests, entry.read_to = state, False, 0
