"""When the clocks of a time zone change: what of the IANA database matters to schedules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from attrs import frozen

DAY_SECONDS = 86_400


@frozen(order=True)
class Change:
    """A change of a zone's offset from UTC.

    Attributes:
        instant: The first second of the new offset, since the epoch.
        before: The old offset, in seconds.
        after: The new offset, in seconds.
    """

    instant: int
    before: int
    after: int


def year(number: int) -> int:
    """Return when a year begins in UTC, in seconds since the epoch."""
    return int(datetime(number, 1, 1, tzinfo=UTC).timestamp())


def zone_names() -> list[str]:
    """Return the names of all zones that people may give."""
    return sorted(available_timezones() - {"localtime", "posixrules", "Factory"})


@lru_cache(maxsize=4096)
def changes(name: str, begin: int, end: int) -> tuple[Change, ...]:
    """Return the changes of a zone's offset from one instant to before another, which are taken to be a day apart."""
    return tuple(_changes(ZoneInfo(name), begin, end))


@lru_cache(maxsize=16)
def by_history(begin: int, end: int) -> Mapping[tuple[object, ...], list[str]]:
    """Group all zones by what their clocks show throughout a stretch of time, so that one of each group stands for it."""
    groups: dict[tuple[object, ...], list[str]] = {}
    for name in zone_names():
        history = (offset_at(ZoneInfo(name), begin), *changes(name, begin, end))
        groups.setdefault(history, []).append(name)
    return groups


@lru_cache(maxsize=16)
def zones_of_changes(begin: int, end: int) -> Mapping[Change, str]:
    """Return all changes of a stretch of time, each with one zone that has it; all are three days apart in each zone."""
    found = {}
    for names in by_history(begin, end).values():
        in_turn = changes(names[-1], begin, end)
        assert all(later.instant - earlier.instant > 3 * DAY_SECONDS for earlier, later in pairwise(in_turn))
        found.update(dict.fromkeys(in_turn, names[-1]))
    return found


def offset_at(zone: ZoneInfo, instant: int) -> int:
    """Return a zone's offset from UTC at an instant, in seconds."""
    offset = datetime.fromtimestamp(instant, UTC).astimezone(zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def _changes(zone: ZoneInfo, begin: int, end: int) -> Iterator[Change]:
    before = offset_at(zone, begin)
    for instant in range(begin, end - 1, DAY_SECONDS):
        last = min(instant + DAY_SECONDS, end - 1)
        after = offset_at(zone, last)
        if after != before:
            low, high = instant, last
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset_at(zone, middle) == before else (low, middle)
            yield Change(high, before, after)
        before = after
