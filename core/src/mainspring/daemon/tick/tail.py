"""The end of the log, read once for all followers: who is concerned by what is new is looked at, and the others rest."""

from __future__ import annotations

from collections.abc import Collection

from mainspring.daemon.tick.follower import moved
from mainspring.daemon.tick.interest import position_of
from mainspring.daemon.tick.roster import Entry, Roster
from mainspring.daemon.tick.work import Decided
from mainspring.storage import Storage

LOOK_SECONDS = 0.02
"""How long the end is left alone after it was read, whatever happens: what comes meanwhile is read together."""

CLOSE_SECONDS = 1e-4
"""What is as good as now: a time of day is no finer."""

POLL_SECONDS = 1.0
"""How often it is read though nothing was told of."""

PAGE_FACTS = 1000
"""How many facts are read at a time."""

PAGES = 10
"""How many times it is read at a look; what is left is read at the next."""

KEEP_UP_SECONDS = 600.0
"""How often the cursors of followers that rest are moved to the end, so that retention need not wait for them."""

KEEP_UP_AT_A_TIME = 200
"""How many of them are at a look."""


class Tail:
    """Wakes followers.

    Args:
        storage: Where the log is.
        pause_seconds: How long the end is left alone after it was read.
    """

    def __init__(self, storage: Storage, pause_seconds: float = LOOK_SECONDS) -> None:
        self._storage = storage
        self._pause_seconds = pause_seconds
        self._written_to: int | None = None
        self._facts_to = 0
        self._next_look_at = 0.0
        self._is_due = True
        self._keep_up_at: float | None = None
        self._end = 0
        self._behind: list[tuple[Roster, Entry]] = []

    def tell(self) -> None:
        """Note that there is something new in the log."""
        self._is_due = True

    def waits_seconds(self, monotonic: float) -> float | None:
        """Return after how long it is to be read; None for whenever."""
        if self._written_to is None:
            return None
        if self._behind:
            return 0.0
        return max(self._next_look_at - monotonic, 0.0) if self._is_due else None

    def look(self, rosters: Collection[Roster], now: float, monotonic: float) -> None:
        """Read what is new, and have the followers looked at that it concerns.

        Args:
            rosters: The rosters.
            now: Seconds since the epoch.
            monotonic: Seconds on the monotonic clock.
        """
        if not any(roster.following for roster in rosters):
            self._written_to = None
            return
        if self._written_to is None:
            self._written_to = self._facts_to = self._storage.events.last_followed()
        elif self._is_time(monotonic):
            # What is told of next is read at once, but for what was told of just now.
            self._next_look_at = monotonic + (self._pause_seconds if self._is_due else 0.0)
            self._is_due = not self._read(rosters, now)

    def _is_time(self, monotonic: float) -> bool:
        late = monotonic - self._next_look_at
        return late >= (-CLOSE_SECONDS if self._is_due else POLL_SECONDS)

    def keep_up(self, rosters: Collection[Roster], now: float, monotonic: float) -> list[Decided]:
        """Return decisions that move the cursors of some followers that rest, if it is time to."""
        if self._written_to is None:
            return []
        if self._keep_up_at is None:
            self._keep_up_at = monotonic + KEEP_UP_SECONDS
        if monotonic >= self._keep_up_at:
            self._begin_to_keep_up(rosters, now, monotonic)
        some, self._behind = self._behind[:KEEP_UP_AT_A_TIME], self._behind[KEEP_UP_AT_A_TIME:]
        decided: list[Decided] = []
        for roster in rosters:
            resting = [each for owner, each in some if owner is roster and each.rests]
            cursors = self._storage.automations.cursors(roster.location, [each.state.name for each in resting])
            for entry in resting:
                position = position_of(cursors.get(entry.state.name))
                if position is not None and position < self._end:
                    decided.append(Decided(roster, entry, moved(entry.state, self._end, now)))
        return decided

    def _begin_to_keep_up(self, rosters: Collection[Roster], now: float, monotonic: float) -> None:
        """Find the end up to which all is read, so that nothing up to it concerns a follower that rests afterwards."""
        end = self._storage.events.last_followed()
        if self._read(rosters, now):
            self._end = end
            self._keep_up_at = monotonic + KEEP_UP_SECONDS
            self._behind = [(roster, entry) for roster in rosters for entry in roster.following if entry.rests]

    def _read(self, rosters: Collection[Roster], now: float) -> bool:
        """Read what is new, and return whether all of it."""
        is_read = self._read_written(rosters, now)
        return self._read_facts(rosters, now) and is_read

    def _read_written(self, rosters: Collection[Roster], now: float) -> bool:
        """Read the materializations, and return whether all of them."""
        followed = [roster for roster in rosters if roster.following_assets]
        for _ in range(PAGES if followed else 0):
            found = self._storage.assets.written_after(self._written_to or 0, PAGE_FACTS)
            for event_id, asset in found:
                for roster in followed:
                    for entry in roster.following_assets.get(asset, ()):
                        roster.rouse(entry, event_id - 1, now)
                self._written_to = event_id
            if len(found) < PAGE_FACTS:
                return True
        return not followed

    def _read_facts(self, rosters: Collection[Roster], now: float) -> bool:
        """Read the changes of runs, and return whether all of them."""
        followed = [(roster, *each) for roster in rosters for each in roster.following_runs]
        kinds = sorted({kind for _, _, follows in followed for kind in follows.kinds})
        for _ in range(PAGES if followed else 0):
            found = self._storage.events.run_facts_after(self._facts_to, kinds, PAGE_FACTS)
            for fact in found:
                event_id = fact.event.event_id or 0
                for roster, entry, follows in followed:
                    if entry.rests and follows.concerns(fact, roster.location, entry.state.name):
                        roster.rouse(entry, event_id - 1, now)
                self._facts_to = event_id
            if len(found) < PAGE_FACTS:
                return True
        return not followed
