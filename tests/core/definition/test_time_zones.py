"""Schedules where clocks change: known days, every zone beside cronsim, and a scan of what the clock on the wall shows.

Scars: D#17489, D#17547, D#13272, D#33448, A#35272.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.definition.timing import Timing, due_times, next_time
from tests.architecture.repository import ROOT
from tests.zones.changes import DAY_SECONDS, Change, changes, offset_at, year, zones_of_changes
from tests.zones.oracle import (
    CRONS,
    EXPECTED_GAP_ENDS,
    EXPECTED_STEPPED_OVER,
    GAP_END,
    STEPPED_OVER,
    differences,
)


def local_times(cron: str, zone: str, after: str, until: str) -> list[str]:
    """Return the due times between two local ones, as a clock with a date shows them: day, time and offset."""
    timing = Timing(crons=(cron,), timezone=zone)
    first, last = (datetime.fromisoformat(each).replace(tzinfo=ZoneInfo(zone)).timestamp() for each in (after, until))
    times = due_times(timing, first, last)
    # Each time is found by whoever asks anew, as a daemon does for each tick.
    assert [next_time(timing, each) for each in (first, *times[:-1])] == list(times)
    shown = [datetime.fromtimestamp(each, UTC).astimezone(ZoneInfo(zone)) for each in times]
    return [f"{each:%d %H:%M}{each:%z}" for each in shown]


@pytest.mark.parametrize(
    ("cron", "zone", "after", "until", "expected"),
    [
        # Spring: what does not exist is due at the first instant that does, once.
        (
            "30 2 * * *",
            "Europe/Berlin",
            "2026-03-28",
            "2026-03-31",
            ["28 02:30+0100", "29 03:00+0200", "30 02:30+0200"],
        ),
        ("30 2 * * *", "America/New_York", "2026-03-07", "2026-03-09", ["07 02:30-0500", "08 03:00-0400"]),
        ("0,30 2-3 * * *", "America/New_York", "2026-03-08", "2026-03-09", ["08 03:00-0400", "08 03:30-0400"]),
        # Midnight itself does not exist.
        ("0 0 * * *", "Africa/Cairo", "2026-04-23T12:00", "2026-04-25", ["24 01:00+0300", "25 00:00+0300"]),
        ("0 0 * * *", "America/Havana", "2026-03-07T12:00", "2026-03-09", ["08 01:00-0400", "09 00:00-0400"]),
        # Autumn: a fixed time is due at its first occurrence only.
        ("30 1 * * *", "America/New_York", "2026-10-31T12:00", "2026-11-02T12:00", ["01 01:30-0400", "02 01:30-0500"]),
        ("30 2 * * *", "Europe/Berlin", "2026-10-25", "2026-10-26T12:00", ["25 02:30+0200", "26 02:30+0100"]),
        ("0 2 * * *", "America/New_York", "2026-11-01", "2026-11-02", ["01 02:00-0500"]),
    ],
)
def test_fixed_times(cron: str, zone: str, after: str, until: str, expected: list[str]) -> None:
    """Scars: D#17489, a day was skipped after clocks went back; D#13272, times that do not exist, asked anew for each tick."""
    assert local_times(cron, zone, after, until) == expected


@pytest.mark.parametrize(
    ("cron", "zone", "after", "until", "expected"),
    [
        # An hour that comes twice has twice the times of an interval, and one that is left out has none.
        (
            "30 * * * *",
            "America/New_York",
            "2026-11-01",
            "2026-11-01T03:00",
            ["01 00:30-0400", "01 01:30-0400", "01 01:30-0500", "01 02:30-0500"],
        ),
        ("30 * * * *", "America/New_York", "2026-03-08", "2026-03-08T04:00", ["08 00:30-0500", "08 01:30-0500", "08 03:30-0400"]),
        ("*/30 2 * * *", "Europe/Berlin", "2026-10-25", "2026-10-26", ["25 02:00+0200", "25 02:30+0200", "25 02:00+0100", "25 02:30+0100"]),
        ("0 * * * *", "Asia/Kolkata", "2026-07-01", "2026-07-01T02:00", ["01 01:00+0530", "01 02:00+0530"]),
        # An interval of certain hours does not lose its day.
        ("*/30 2 * * *", "Europe/Berlin", "2026-03-29", "2026-03-30", ["29 03:00+0200"]),
        ("30 */2 * * *", "Europe/Berlin", "2026-03-29", "2026-03-29T05:00", ["29 00:30+0100", "29 03:00+0200", "29 04:30+0200"]),
        ("0 */12 * * *", "Africa/Cairo", "2026-04-23T13:00", "2026-04-24T13:00", ["24 01:00+0300", "24 12:00+0300"]),
    ],
)  # fmt: skip
def test_intervals(cron: str, zone: str, after: str, until: str, expected: list[str]) -> None:
    """Scars: D#17547, an hourly schedule left out the second of two hours; D#33448, in Kolkata it ran at half past."""
    assert local_times(cron, zone, after, until) == expected


@pytest.mark.parametrize(
    ("cron", "zone", "after", "until", "expected"),
    [
        # Half an hour is left out, and comes twice.
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-04", "2026-10-05T12:00", ["04 02:30+1100", "05 02:15+1100"]),
        ("45 1 * * *", "Australia/Lord_Howe", "2026-04-05", "2026-04-06T12:00", ["05 01:45+1100", "06 01:45+1030"]),
        ("*/15 1 * * *", "Australia/Lord_Howe", "2026-04-05", "2026-04-06", ["05 01:00+1100", "05 01:15+1100", "05 01:30+1100", "05 01:45+1100", "05 01:30+1030", "05 01:45+1030"]),
        ("0 * * * *", "Australia/Lord_Howe", "2026-10-04", "2026-10-04T04:00", ["04 01:00+1030", "04 03:00+1100", "04 04:00+1100"]),
        # Offsets of quarters of an hour, one of which changes at a quarter to.
        ("0 9 * * *", "Asia/Kolkata", "2026-07-01", "2026-07-02", ["01 09:00+0530"]),
        ("0 9 * * *", "Asia/Kathmandu", "2026-07-01", "2026-07-02", ["01 09:00+0545"]),
        ("0 3 * * *", "Pacific/Chatham", "2026-04-05", "2026-04-06T12:00", ["05 03:00+1345", "06 03:00+1245"]),
        ("0 3 * * *", "Pacific/Chatham", "2026-09-27", "2026-09-28T12:00", ["27 03:45+1345", "28 03:00+1345"]),
        # Two hours at once; a month of another offset each year; a whole day left out.
        ("30 1 * * *", "Antarctica/Troll", "2026-03-28T12:00", "2026-03-30", ["29 03:00+0200"]),
        ("30 2 * * *", "Antarctica/Troll", "2026-10-25", "2026-10-26T12:00", ["25 02:30+0200", "26 02:30+0000"]),
        ("30 2 * * *", "Africa/Casablanca", "2026-02-14T12:00", "2026-02-16T12:00", ["15 02:30+0100", "16 02:30+0000"]),
        ("30 2 * * *", "Africa/Casablanca", "2026-03-21T12:00", "2026-03-23T12:00", ["22 03:00+0100", "23 02:30+0100"]),
        ("0 12 * * *", "Pacific/Apia", "2011-12-29", "2011-12-31T13:00", ["29 12:00-1000", "31 00:00+1400", "31 12:00+1400"]),
        ("30 * * * *", "Pacific/Apia", "2011-12-29T22:00", "2011-12-31T01:00", ["29 22:30-1000", "29 23:30-1000", "31 00:30+1400"]),
        # A day that comes twice, as nearly in 1969: the clock of the island went back by 23 hours.
        ("0 12 * * *", "Pacific/Kwajalein", "1969-09-29T13:00", "1969-10-01T13:00", ["30 12:00+1100", "01 12:00-1200"]),
    ],
)  # fmt: skip
def test_rare_clocks(cron: str, zone: str, after: str, until: str, expected: list[str]) -> None:
    """Scars: D#33448 and its like: offsets and changes that are no whole hour."""
    assert local_times(cron, zone, after, until) == expected


def test_after_clocks_went_back_time_goes_on() -> None:
    """Scar: A#35272. The next time was now in the morning, now on the evening before, and nothing ran."""
    timing = Timing(crons=("0,15,30,45 6-22 * * *",), timezone="Europe/Brussels")
    evening = datetime(2023, 10, 28, 22, 45, tzinfo=ZoneInfo("Europe/Brussels")).timestamp()
    morning = datetime(2023, 10, 29, 6, tzinfo=ZoneInfo("Europe/Brussels")).timestamp()

    assert {next_time(timing, evening + minute * 60) for minute in range(8 * 60 + 15)} == {morning}


def test_half_past_asked_in_the_second_of_two_hours_has_been() -> None:
    """Scar: D#17489. Whoever asks after the change must not be given the time again, nor one that has passed."""
    timing = Timing(crons=("30 1 * * *",), timezone="America/New_York")
    second_one_oclock = datetime(2026, 11, 1, 6, tzinfo=UTC).timestamp()

    assert next_time(timing, second_one_oclock) == datetime(2026, 11, 2, 6, 30, tzinfo=UTC).timestamp()
    assert next_time(timing, second_one_oclock - 3600) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC).timestamp()


def test_the_documentation_says_what_is_so() -> None:
    page = (ROOT / "docs" / "concepts" / "schedules-and-sensors.md").read_text("utf-8")
    table = page.partition("| cron | 8 March | 1 November |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `(.+)` \| (.+) \| (.+) \|$", table, re.MULTILINE)

    assert len(rows) == 7
    for cron, *told in rows:
        for text, month, day in zip(told, (3, 11), (8, 1), strict=True):
            timing = Timing(crons=(cron,), timezone="America/New_York")
            midnight = datetime(2026, month, day, tzinfo=ZoneInfo("America/New_York")).timestamp()
            times = due_times(timing, midnight - 1, midnight + 22 * 3600)
            shown = [datetime.fromtimestamp(each, UTC).astimezone(ZoneInfo("America/New_York")) for each in times]
            expected = text.removesuffix(", …").split(", ")

            assert text.endswith("…") or len(shown) == len(expected)
            for each, written in zip(shown, expected, strict=False):
                assert f"{each:%H:%M %Z}".startswith(written)


@pytest.mark.slow
@pytest.mark.parametrize("cron", CRONS)
def test_each_change_of_every_zone_is_as_cronsim_has_it_or_as_is_listed(cron: str) -> None:
    """Scar: D#17489, D#17547, D#13272, D#33448, A#35272. `make zones` does it for all of ten years."""
    found = [
        each
        for change, zone in zones_of_changes(year(2025), year(2028)).items()
        for each in differences(cron, zone, change.instant - DAY_SECONDS, change.instant + DAY_SECONDS)
    ]

    assert [str(each) for each in found if not each.is_expected()] == []
    assert {each.cron for each in found if each.reason == GAP_END} == EXPECTED_GAP_ENDS & {cron}
    # Casey's clocks went a minute past the hour only in years before these.
    assert {(each.cron, each.zone) for each in found if each.reason == STEPPED_OVER} == {
        each for each in EXPECTED_STEPPED_OVER if each[0] == cron and each[1] != "Antarctica/Casey"
    }


ODD_CLOCKS = (
    "America/Caracas",
    "America/New_York",
    "Africa/Cairo",
    "Antarctica/Casey",
    "Antarctica/Troll",
    "Asia/Pyongyang",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
)
CHANGES = [(change, zone) for zone in ODD_CLOCKS for change in changes(zone, year(2007), year(2021))]


@given(
    st.sampled_from(CHANGES),
    st.sets(st.integers(0, 59), min_size=1, max_size=3) | st.just(set(range(60))),
    st.sets(st.integers(0, 23), min_size=1, max_size=6) | st.just(set(range(24))),
)
def test_a_scan_of_what_the_clock_shows_agrees(known: tuple[Change, str], minutes: set[int], hours: set[int]) -> None:
    change, zone = known
    written = [
        "*" if len(each) == most else ",".join(map(str, sorted(each))) for each, most in ((minutes, 60), (hours, 24))
    ]
    after, until = change.instant - DAY_SECONDS, change.instant + DAY_SECONDS
    timing = Timing(crons=(f"{' '.join(written)} * * *",), timezone=zone)

    scanned = scan(change, zone, minutes, hours, "*" in written)

    assert due_times(timing, after, until) == tuple(each for each in scanned if after < each <= until)


def scan(change: Change, zone: str, minutes: set[int], hours: set[int], is_interval: bool) -> Iterator[int]:
    """Yield when a cron is due, by the rule word for word: look at the clock each minute, for three days."""

    def is_time(wall: int) -> bool:
        return wall % 60 == 0 and wall // 60 % 60 in minutes and wall // 3600 % 24 in hours

    seen = set()
    for instant in range(change.instant - 2 * DAY_SECONDS, change.instant + DAY_SECONDS + 60, 60):
        wall = instant + offset_at(ZoneInfo(zone), instant)
        gap = range(change.instant + change.before, change.instant + change.after) if instant == change.instant else ()
        lost = any(is_time(each) for each in gap) and not (is_interval and len(hours) == 24)
        if lost or (is_time(wall) and (is_interval or wall not in seen)):
            yield instant
        seen.add(wall)
