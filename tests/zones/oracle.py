"""What cronsim says of crons in time zones, where Mainspring says something else, and why it may."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from attrs import frozen
from cronsim import CronSim

from mainspring.definition.timing import Timing, due_times
from tests.zones.changes import DAY_SECONDS, Change, changes, offset_at

CRONS = (
    "0 * * * *",
    "30 * * * *",
    "*/15 * * * *",
    "30 1 * * *",
    "30 2 * * *",
    "0 0 * * *",
    "15 0 * * *",
    "0 3 * * MON-FRI",
    "0 0 31 * *",
    "0 0 29 2 *",
    "0 0 L * *",
    "0 0 * * L5",
    "15,45 1-3 * * *",
    "30 0-23 * * *",
    "*/20 2 * * *",
    "30 */2 * * *",
    "@weekly",
)

GAP_END = "ours: an interval of certain hours, lost in a gap, is due at its end"
STEPPED_OVER = "cronsim steps over it: the clock shows a time of the cron"
UNEXPLAINED = "UNEXPLAINED"

EXPECTED_GAP_ENDS = frozenset({"*/20 2 * * *", "30 */2 * * *"})
"""Crons that run at certain hours and are intervals by their stars. Cron of Debian drops what a gap takes of them, which may
be all of a day; a cron of every hour loses nothing, as its next hour follows at once."""

EXPECTED_STEPPED_OVER = frozenset(
    {
        ("30 * * * *", "Australia/Lord_Howe"),
        ("*/20 2 * * *", "Australia/Lord_Howe"),
        ("30 */2 * * *", "Antarctica/Casey"),
    }
)
"""Where clocks change by half an hour, or at a minute past the hour, cronsim, which goes by hours, misses times."""

_NICKNAMES = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *"}


@frozen
class Difference:
    """An instant that only one of the two gives."""

    cron: str
    zone: str
    instant: int
    reason: str

    def is_expected(self) -> bool:
        """Say whether it is one of those that are listed above."""
        if self.reason == GAP_END:
            return self.cron in EXPECTED_GAP_ENDS
        return self.reason == STEPPED_OVER and (self.cron, self.zone) in EXPECTED_STEPPED_OVER

    @property
    def local(self) -> str:
        """What the clock of the zone shows."""
        return datetime.fromtimestamp(self.instant, UTC).astimezone(ZoneInfo(self.zone)).isoformat()

    def __str__(self) -> str:
        return f"{self.cron} in {self.zone} at {self.local}: {self.reason}"


def differences(cron: str, zone: str, after: int, until: int) -> list[Difference]:
    """Return what only one of the two has between two instants, the first excluded."""
    ours = set(map(int, due_times(Timing(crons=(cron,), timezone=zone), after, until)))
    theirs = set(oracle_times(cron, zone, after, until))
    alone = [Difference(cron, zone, instant, _reason(cron, zone, instant)) for instant in sorted(ours - theirs)]
    return alone + [Difference(cron, zone, instant, UNEXPLAINED) for instant in sorted(theirs - ours)]


def oracle_times(cron: str, zone: str, after: int, until: int) -> Iterator[int]:
    """Yield the instants after one and until another at which a cron is due, as cronsim has it."""
    for local in CronSim(_as_cronsim_writes(cron), datetime.fromtimestamp(after, UTC).astimezone(ZoneInfo(zone))):
        instant = int(local.timestamp())
        if instant > until:
            return
        if instant > after:
            yield instant


def _reason(cron: str, zone: str, instant: int) -> str:
    """Say why only we have an instant; that it is an interval, and one of certain hours, is for the lists to say."""
    if _has_wall(cron, instant + offset_at(ZoneInfo(zone), instant)):
        return STEPPED_OVER
    for change in changes(zone, instant - DAY_SECONDS, instant + DAY_SECONDS):
        if change.instant == instant and _is_lost(cron, change):
            return GAP_END
    return UNEXPLAINED


def _has_wall(cron: str, wall: int) -> bool:
    return _first_wall(cron, wall) == wall


def _is_lost(cron: str, change: Change) -> bool:
    return _first_wall(cron, change.instant + change.before) < change.instant + change.after


def _first_wall(cron: str, wall: int) -> int:
    """Return a cron's first wall time from one on, of which cronsim knows no zone."""
    before = datetime.fromtimestamp(wall, UTC).replace(tzinfo=None) - timedelta(seconds=1)
    return int(next(CronSim(_as_cronsim_writes(cron), before)).replace(tzinfo=UTC).timestamp())


def _as_cronsim_writes(cron: str) -> str:
    return re.sub(r"\bL([0-7])$", r"\1L", _NICKNAMES.get(cron, cron))
