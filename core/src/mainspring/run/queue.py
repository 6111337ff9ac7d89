"""The queue's rules: which of the runs that wait may start now, and what the others wait for. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from attrs import define, field, frozen

from mainspring.run.run import Run
from mainspring.run.status import RunStatus

DEFAULT_MAX_CONCURRENT_RUNS = 10
"""How many launched runs are under way at a time unless the settings say otherwise."""


@frozen
class TagLimit:
    """How many runs with a tag may be under way at a time.

    Attributes:
        tag: The tag's key.
        limit: How many.
        value: Only runs with this value; None for any.
        per_value: Whether the limit is meant for each value of the tag by itself.
    """

    tag: str
    limit: int
    value: str | None = None
    per_value: bool = False

    def place_of(self, run: Run) -> str | None:
        """Return what a run takes up a place of: the tag's value, "" for all of them, or None where it is not meant."""
        value = run.tags.get(self.tag)
        if value is None or (self.value is not None and value != self.value):
            return None
        return value if self.per_value else ""

    def __str__(self) -> str:
        return self.tag if self.value is None else f"{self.tag}={self.value}"


@frozen(kw_only=True)
class QueueRules:
    """How many runs may be under way at a time. Runs that were not launched by the daemon do not count.

    Attributes:
        max_concurrent_runs: In all; None for any number.
        limits: Of those with certain tags.
    """

    max_concurrent_runs: int | None = DEFAULT_MAX_CONCURRENT_RUNS
    limits: tuple[TagLimit, ...] = ()


NO_LIMITS = QueueRules(max_concurrent_runs=None)
"""Whatever waits may start."""


@frozen
class Room:
    """How many launches of a location may be under way at a time, and how many are; a slow one holds up no others.

    Attributes:
        limit: How many; None for any number.
        under_way: How many are, by location.
        held_back: Another limit for locations that could not start the runs that they were given.
    """

    limit: int | None = None
    under_way: Mapping[str | None, int] = field(factory=dict)
    held_back: Mapping[str | None, int] = field(factory=dict)


@define(eq=False)
class Places:
    """The places that runs take up. Counted from runs that are under way, so that none is lost with whoever held it."""

    rules: QueueRules
    room: Room = field(factory=Room)
    _count: int = 0
    _tagged: Counter[tuple[TagLimit, str]] = field(factory=Counter)
    _ticks: dict[tuple[str | None, str], set[int | None]] = field(factory=dict)
    _launches: Counter[str | None] = field(factory=Counter)

    def take(self, run: Run) -> None:
        """Count a run that is under way."""
        if run.location is None:
            return
        self._count += 1
        for limit in self.rules.limits:
            place = limit.place_of(run)
            if place is not None:
                self._tagged[limit, place] += 1
        if run.automation is not None:
            self._ticks.setdefault((run.location, run.automation), set()).add(run.tick_id)

    def start(self, run: Run) -> None:
        """Count a run that starts now."""
        self.take(run)
        self._launches[run.location] += 1

    @property
    def are_full(self) -> bool:
        """Whether nothing can start, whatever it is."""
        most = self.rules.max_concurrent_runs
        return most is not None and self._count >= most

    def obstacle(self, run: Run, now: float) -> str | None:
        """Return what a run that waits waits for, in words; None where it may start.

        Args:
            run: The run.
            now: Seconds since the epoch.
        """
        if run.not_before is not None and run.not_before > now:
            return f"its next attempt, in {run.not_before - now:.0f} s"
        if self.are_full:
            return f"one of the {self._count} runs under way to end (max_concurrent_runs = {self.rules.max_concurrent_runs})"
        for limit in self.rules.limits:
            place = limit.place_of(run)
            if place is not None and self._tagged[limit, place] >= limit.limit:
                of = f"{limit.tag}={place}" if limit.per_value else str(limit)
                return f"one of the {self._tagged[limit, place]} runs with tag {of} to end (limit = {limit.limit})"
        if run.policy.waits_for_last and run.automation is not None:
            others = self._ticks.get((run.location, run.automation), set()) - {run.tick_id}
            if others:
                return f"the last run of {run.automation} to end"
        most = self.room.held_back.get(run.location, self.room.limit)
        if most is not None and self._launches[run.location] + self.room.under_way.get(run.location, 0) >= most:
            return f"other runs of location {run.location} that are being launched"
        return None


def places_of(active: Iterable[Run], rules: QueueRules, room: Room | None = None) -> Places:
    """Return the places that the runs under way take up."""
    places = Places(rules, Room() if room is None else room)
    for run in active:
        places.take(run)
    return places


def startable(waiting: Sequence[Run], places: Places, now: float, without: Collection[str] = ()) -> list[Run]:
    """Return the runs to start now, in their order, and have them take up their places.

    A run that is blocked takes up none, and holds up no other that is not.

    Args:
        waiting: The runs that wait, in the order in which they leave the queue.
        places: What is taken up already.
        now: Seconds since the epoch.
        without: Runs that are left where they are.
    """
    chosen: list[Run] = []
    for run in waiting:
        if places.are_full:
            break
        if run.run_id not in without and run.status is RunStatus.QUEUED and places.obstacle(run, now) is None:
            places.start(run)
            chosen.append(run)
    return chosen
