"""Local time: at which instants a cron is due in a time zone, whose clock leaves out some wall times and repeats others.

Instants and wall times are whole seconds: since the epoch, and as if the wall's clock were UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mainspring.definition.cron_times import DAY_SECONDS, CronTimes

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


def next_instant(cron: CronTimes, zone: ZoneInfo, after: int) -> int | None:
    """Return the first instant after one at which a cron is due; None if there is none within fifty years.

    A wall time that does not exist is due at the first instant that does, but with a cron of every hour, whose next
    hour is there at once. One that occurs twice is due at its first occurrence, and with an interval at both.
    """
    offset = _offset_at(zone, after)
    wall = after + offset
    found = _first_due(cron, zone, wall, after)
    if cron.is_interval:
        first, second = _offsets_of(zone, wall)
        if offset == first > second:  # what is on the wall now is there again, and so is some of what was before
            again = _change_between(zone, wall - first, wall - second) + second
            repeated = _first_due(cron, zone, again - 1, after)
            found = repeated if found is None or (repeated is not None and repeated < found) else found
    return found


def instants(cron: CronTimes, zone: ZoneInfo, after: int) -> Iterator[int]:
    """Yield all instants after one at which a cron is due: what `next_instant` gives step by step, a day at a time."""
    found = next_instant(cron, zone, after)
    while found is not None:
        yield found
        offset = _offset_at(zone, found)
        rest = cron.later_that_day(found + offset)
        if rest and _is_plain_day(zone, found + offset, offset):
            for wall in rest:
                found = wall - offset
                yield found
        found = next_instant(cron, zone, found)


def _is_plain_day(zone: ZoneInfo, wall: int, offset: int) -> bool:
    """Say whether the day of a wall time has one offset throughout; changes are never less than a day apart."""
    midnight = wall // DAY_SECONDS * DAY_SECONDS
    return _offsets_of(zone, midnight) == _offsets_of(zone, midnight + DAY_SECONDS) == (offset, offset)


def _first_due(cron: CronTimes, zone: ZoneInfo, wall: int, after: int) -> int | None:
    following = cron.after(wall)
    while following is not None:
        for instant in _due(cron, zone, following):
            if instant > after:
                return instant
        following = cron.after(following)
    return None


def _due(cron: CronTimes, zone: ZoneInfo, wall: int) -> tuple[int, ...]:
    """Return the instants at which one of a cron's wall times is due."""
    first, second = _offsets_of(zone, wall)
    if first < second:
        return () if cron.is_every_hour else (_change_between(zone, wall - second, wall - first),)
    if first > second and cron.is_interval:
        return (wall - first, wall - second)
    return (wall - first,)


def _offset_at(zone: ZoneInfo, instant: int) -> int:
    """Return how far a zone's clock is ahead of UTC at an instant, in seconds."""
    return _offset((_EPOCH + timedelta(seconds=instant)).astimezone(zone))


def _offsets_of(zone: ZoneInfo, wall: int) -> tuple[int, int]:
    """Return the offsets, in seconds, of the first and the second occurrence of a wall time.

    They are the same but around a change: the second is smaller if it occurs twice, and larger if it does not exist, when
    they are the offsets before and after the change (PEP 495).
    """
    first = (_EPOCH + timedelta(seconds=wall)).replace(tzinfo=zone)
    return _offset(first), _offset(first.replace(fold=1))


def _offset(local: datetime) -> int:
    offset = local.utcoffset()
    return 0 if offset is None else offset // _SECOND


def _change_between(zone: ZoneInfo, before: int, after: int) -> int:
    """Return the first instant that has another offset than `before`, and the one that `after` has."""
    offset = _offset_at(zone, before)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset_at(zone, middle) == offset:
            before = middle
        else:
            after = middle
    return after
