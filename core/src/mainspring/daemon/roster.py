"""The roster of a code location: what it offers, how each of these stands, and when to look at it next."""

from __future__ import annotations

import heapq
import logging
from collections.abc import Iterator
from itertools import count

from attrs import define

from mainspring.daemon.due import introduce
from mainspring.daemon.followed import FollowedAssets, FollowedRuns, Follows
from mainspring.daemon.offered import Offered, OfferedSchedule, OfferedSensor, read_offered
from mainspring.errors import MainspringError
from mainspring.execute.recorded_job import RecordedJob, read_job
from mainspring.storage import AutomationState, DefinitionQuery, Storage

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
    """

    def __init__(self, location: str) -> None:
        self.location = location
        self.entries: dict[str, Entry] = {}
        self.jobs: dict[str, RecordedJob] = {}
        self.following: list[Entry] = []
        self.following_assets: dict[str, list[Entry]] = {}
        self.following_runs: list[tuple[Entry, FollowedRuns]] = []
        self._snapshot: str | None = None
        self._offered: dict[str, Offered] = {}
        self._heap: list[tuple[float, int, str]] = []
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

    def reload(self, storage: Storage, name: str, now: float) -> None:
        """Read how one automation stands, which somebody else has changed."""
        state = storage.automations.get(self.location, name)
        if state is not None and name in self.entries:
            self._begin_again(self.entries[name], state)
            self.plan(self.entries[name], now)

    def plan(self, entry: Entry, next_at: float | None) -> None:
        """Look at an automation at a time, and not before."""
        entry.next_at = next_at
        entry.ticket = next(self._tickets)
        if next_at is not None:
            heapq.heappush(self._heap, (next_at, entry.ticket, entry.state.name))

    def next_at(self) -> float | None:
        """Return when the next one is to be looked at, in seconds since the epoch."""
        while self._heap and not self._counts(self._heap[0]):
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def due(self, now: float) -> Iterator[Entry]:
        """Yield those that are to be looked at now; each is to be planned again."""
        while self._heap and self._heap[0][0] <= now:
            place = heapq.heappop(self._heap)
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

    def _counts(self, place: tuple[float, int, str]) -> bool:
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
        self._offered = offered

    def _load_states(self, storage: Storage, now: float) -> None:
        states = {state.name: state for state in storage.automations.states(self.location)}
        changed = [each for each in self._offered.values() if self._adopts(each, states, storage, now)]
        adopted = {each.name for each in changed}
        new = [
            _introduced(each, now) for name, each in self._offered.items() if name not in states and name not in adopted
        ]
        if new:
            storage.automations.introduce(new)
        if new or changed:
            states = {state.name: state for state in storage.automations.states(self.location)}
        self.entries = {name: self._entry(name, state) for name, state in states.items()}
        self._sort_followers()
        for entry in self.entries.values():
            if not entry.is_at_work and not entry.rests:
                self.plan(entry, now)

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

    def _adopts(self, each: Offered, states: dict[str, AutomationState], storage: Storage, now: float) -> bool:
        """Have an automation take over the state of the one that it names, if that is not offered any more."""
        old = each.adopts
        if old is None or each.name in states or old not in states or old in self._offered:
            return False
        adopted = storage.automations.adopt(self.location, old, each.name, now)
        if adopted:
            _LOGGER.info("%s %r has taken over the state and the run keys of %r", each.kind, each.name, old)
        return adopted

    def _entry(self, name: str, state: AutomationState) -> Entry:
        entry = self.entries.get(name)
        offered = self._offered.get(name)
        if entry is None:
            return Entry(offered, state)
        if entry.state.version != state.version or entry.offered != offered:
            self._begin_again(entry, state)
        entry.offered, entry.state = offered, state
        return entry

    def _begin_again(self, entry: Entry, state: AutomationState) -> None:
        """Take up how an automation stands; if it follows the log, its cursor may be another."""
        entry.state, entry.rests, entry.read_to = state, False, 0


def _introduced(offered: Offered, now: float) -> AutomationState:
    if isinstance(offered, OfferedSchedule):
        return introduce(offered, now)
    return AutomationState(location=offered.location, name=offered.name, kind=offered.kind, updated_at=now)
