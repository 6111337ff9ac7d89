"""Lengths of time and moments as tests write them."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from typing import TypeAlias

from mainspring.errors import MainspringError, shorten

Duration: TypeAlias = str | float | timedelta
"""How long: text such as `3 days` or `1 hour 30 minutes`, a timedelta, or seconds."""

_UNIT_SECONDS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86_400.0),
    **dict.fromkeys(("w", "week", "weeks"), 604_800.0),
}
_PART = r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?([a-z]+)"
_DURATION = re.compile(rf"{_PART}(?:(?:,| and|) ?{_PART})*")


class MomentError(MainspringError):
    """A length of time or a moment that means nothing here.

    Attributes:
        given: What was given.
    """

    def __init__(self, given: object, problem: str) -> None:
        self.given = given
        super().__init__(f"{shorten(repr(given))} {problem}")


def seconds_in(duration: Duration) -> float:
    """Return how many seconds a length of time has.

    >>> seconds_in("3 days"), seconds_in("1 hour 30 minutes"), seconds_in("90s"), seconds_in(0.5)
    (259200.0, 5400.0, 90.0, 0.5)

    Raises:
        MomentError: It is none, or less than none.
    """
    match duration:
        case str():
            seconds = _read(duration)
        case timedelta():
            seconds = duration.total_seconds()
        case int() | float() if not isinstance(duration, bool):
            seconds = float(duration)
        case _:
            raise MomentError(duration, "is no length of time; write '3 days', a timedelta, or seconds")
    if not 0 <= seconds < math.inf:
        raise MomentError(duration, "is no length of time that can pass; time goes forward only")
    return seconds


def seconds_at(moment: datetime) -> float:
    """Return a moment in seconds since the epoch.

    Raises:
        MomentError: It has no time zone.
    """
    if not isinstance(moment, datetime):
        raise MomentError(moment, "is no moment; give an aware datetime, as datetime(2026, 3, 1, tzinfo=UTC)")
    if moment.tzinfo is None:
        raise MomentError(moment, "has no time zone; add one, as in moment.replace(tzinfo=UTC)")
    return moment.timestamp()


def _read(text: str) -> float:
    told = text.strip().lower()
    parts = re.findall(_PART, told)
    if not _DURATION.fullmatch(told) or not all(unit in _UNIT_SECONDS for _, unit in parts):
        problem = (
            "is no length of time; write numbers with seconds, minutes, hours, days or weeks, as in '1 hour 30 minutes'"
        )
        raise MomentError(text, problem)
    return sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts)
