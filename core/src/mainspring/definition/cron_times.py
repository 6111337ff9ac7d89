"""What a cron says of the clock on the wall: on which days, and when in a day; nothing of time zones.

Wall times are counted in seconds, as if the wall's clock were UTC, and days from 1970-01-01.
"""

from __future__ import annotations

import copy
from bisect import bisect_right
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from attrs import frozen

DAY_SECONDS = 86_400
_EPOCH_DAY = date(1970, 1, 1).toordinal()


@frozen(kw_only=True)
class CronTimes:
    """One cron, read.

    Attributes:
        days: A cron for midnight of its days; empty for each day.
        seconds_of_day: Its times in a day, ascending.
        is_interval: Whether it tells how often rather than when: its minutes or hours begin with `*`, as cron of Debian
            has it.
        is_every_hour: Whether it is an interval that leaves no hour out.
    """

    days: str
    seconds_of_day: tuple[int, ...]
    is_interval: bool
    is_every_hour: bool

    def after(self, wall: int) -> int | None:
        """Return its first wall time after one; None if there is none within fifty years."""
        day, second = divmod(wall, DAY_SECONDS)
        found = self._day_from(day)
        if found == day:
            index = bisect_right(self.seconds_of_day, second)
            if index < len(self.seconds_of_day):
                return day * DAY_SECONDS + self.seconds_of_day[index]
            found = self._day_from(day + 1)
        return None if found is None else found * DAY_SECONDS + self.seconds_of_day[0]

    def later_that_day(self, wall: int) -> tuple[int, ...]:
        """Return its wall times after one of its own and on the same day."""
        day, second = divmod(wall, DAY_SECONDS)
        rest = self.seconds_of_day[bisect_right(self.seconds_of_day, second) :]
        return tuple(day * DAY_SECONDS + each for each in rest)

    def _day_from(self, day: int) -> int | None:
        return _day_from(self.days, day) if self.days else day


@lru_cache(maxsize=4096)
def cron_times(cron: str) -> CronTimes:
    """Read a cron, which must be one that `check_crons` takes."""
    parsed = _parsed(cron)
    minute, hour, *days = parsed.expressions
    minutes, hours = (
        range(most) if "*" in values else sorted(values)
        for values, most in zip(parsed.expanded[:2], (60, 24), strict=True)
    )
    is_interval = minute.startswith("*") or hour.startswith("*")
    return CronTimes(
        days="" if days == ["*", "*", "*"] else " ".join(["0", "0", *days]),
        seconds_of_day=tuple(hour * 3600 + minute * 60 for hour in hours for minute in minutes),
        is_interval=is_interval,
        is_every_hour=is_interval and len(hours) == 24,
    )


@lru_cache(maxsize=4096)
def _parsed(cron: str) -> Any:
    from croniter import croniter

    return croniter(cron)


@lru_cache(maxsize=65_536)
def _day_from(days: str, day: int) -> int | None:
    """Return the first of a cron's days from one on."""
    from croniter import CroniterBadDateError

    before = datetime.combine(date.fromordinal(_EPOCH_DAY + day), time()) - timedelta(minutes=1)
    # It keeps where it is in itself, so each look has one of its own, which shares what is read.
    looking = copy.copy(_parsed(days))
    try:
        found: datetime = looking.get_next(datetime, start_time=before)
    except CroniterBadDateError:
        return None
    return found.toordinal() - _EPOCH_DAY
