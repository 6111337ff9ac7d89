"""When a schedule is due: one pure function of plain data, for preview, the daemon, catching up and simulation alike."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

from attrs import Attribute, field, frozen
from attrs.converters import optional

from mainspring.definition.cron import check_crons, crons_of
from mainspring.definition.cron_times import cron_times
from mainspring.definition.duration import check_seconds, in_seconds
from mainspring.definition.local_time import instants
from mainspring.definition.multiples import index_after, multiple
from mainspring.definition.time_zone import check_time_zone
from mainspring.errors import DefinitionError

# What can be told as a date of four digits, with the fifty years that are looked ahead.
_EARLIEST = -62_000_000_000.0
_LATEST = 250_000_000_000.0


@frozen(kw_only=True)
class Timing:
    """When a schedule is due.

    Attributes:
        crons: Cron expressions, of which each time counts once.
        every_seconds: Else the seconds whose multiples since the epoch it is due on.
        timezone: The IANA name of the zone in which crons are read.
        start: No time before it, in seconds since the epoch.
        end: No time from it on, in seconds since the epoch.
    """

    crons: tuple[str, ...] = field(default=(), converter=crons_of)
    every_seconds: float | None = field(default=None, converter=in_seconds)
    timezone: str = field(default="UTC")
    start: float | None = field(default=None, converter=optional(float))
    end: float | None = field(default=None, converter=optional(float))

    @crons.validator
    def _check_crons(self, attribute: Attribute[Any], value: object) -> None:
        check_crons("timing", value)

    @every_seconds.validator
    def _check_every(self, attribute: Attribute[Any], value: object) -> None:
        if value is None:
            return
        check_seconds("timing", "every_seconds", value, least=0.001)
        if self.crons:
            raise DefinitionError("timing: it has both crons and every_seconds; give one of them")

    @timezone.validator
    def _check_timezone(self, attribute: Attribute[Any], value: object) -> None:
        check_time_zone("timing", value)

    def plain(self) -> dict[str, Any]:
        """Return it as JSON has it; equal timings give equal data."""
        return {
            "cron": list(self.crons),
            "every_seconds": self.every_seconds,
            "timezone": self.timezone,
            "start": self.start,
            "end": self.end,
        }


def timing_of(plain: Mapping[str, Any]) -> Timing:
    """Return the timing in what a location says of a schedule, or in what `Timing.plain` gave.

    Raises:
        DefinitionError: It cannot be read here, as where this machine does not know the time zone.
    """
    return Timing(
        crons=plain["cron"],
        every_seconds=plain["every_seconds"],
        timezone=plain["timezone"],
        start=plain["start"],
        end=plain["end"],
    )


@lru_cache(maxsize=4096)
def next_time(timing: Timing, after: float) -> float | None:
    """Return the first due time after a time; None if there is none, or none within fifty years.

    It is kept: who waits for a time asks for it again when it has come.
    """
    return next(_times(timing, after, _LATEST), None)


def due_times(timing: Timing, after: float, until: float, limit: int | None = None) -> tuple[float, ...]:
    """Return the due times after a time and until another, this included, ascending: all, or the oldest `limit`."""
    return tuple(islice(_times(timing, after, until), limit))


def last_times(timing: Timing, after: float, until: float, limit: int) -> tuple[float, ...]:
    """Return the newest `limit` of the due times after a time and until another, this included, ascending."""
    after, until = _within(timing, after, until)
    if limit <= 0 or after >= until:
        return ()
    every = timing.every_seconds
    if every is not None:
        end = index_after(every, until)
        return tuple(multiple(every, index) for index in range(max(index_after(every, after), end - limit), end))
    found: tuple[float, ...] = ()
    stretch_seconds = 3600.0
    while after < until and len(found) < limit:  # back from the end, in ever longer stretches
        begin = max(after, until - stretch_seconds)
        found = (*_times(timing, begin, until), *found)
        until, stretch_seconds = begin, stretch_seconds * 2
    return found[-limit:]


def count_times(timing: Timing, after: float, until: float, at_most: int = 100_000) -> int:
    """Count the due times after a time and until another, this included, up to `at_most`."""
    if timing.every_seconds is None:
        return sum(1 for _ in islice(_times(timing, after, until), at_most))
    after, until = _within(timing, after, until)
    if after >= until:
        return 0
    return min(index_after(timing.every_seconds, until) - index_after(timing.every_seconds, after), at_most)


def _times(timing: Timing, after: float, until: float) -> Iterator[float]:
    """Yield the due times after a time and until another, this included, as they are asked for."""
    after, until = _within(timing, after, until)
    if after >= until:
        return
    if timing.every_seconds is not None:
        indices = range(index_after(timing.every_seconds, after), index_after(timing.every_seconds, until))
        yield from (multiple(timing.every_seconds, index) for index in indices)
        return
    for instant in _instants(timing, math.floor(after)):  # crons fall on whole seconds
        if instant > until:
            return
        yield float(instant)


def _instants(timing: Timing, after: int) -> Iterator[int]:
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(timing.timezone)
    last = after
    of_each = [instants(cron_times(cron), zone, after) for cron in timing.crons]
    for instant in of_each[0] if len(of_each) == 1 else heapq.merge(*of_each):
        if instant > last:
            yield instant
        last = instant


def _within(timing: Timing, after: float, until: float) -> tuple[float, float]:
    """Narrow a stretch of time to the timing's own: after the one, and until the other."""
    if timing.start is not None:
        after = max(after, math.nextafter(timing.start, -math.inf))
    if timing.end is not None:
        until = min(until, math.nextafter(timing.end, -math.inf))
    return max(after, _EARLIEST), min(until, _LATEST)
