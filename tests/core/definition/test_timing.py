"""One function says when schedules are due: the ways to ask it agree, and a scan of all minutes agrees with them."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from mainspring.definition.timing import Timing, count_times, due_times, last_times, next_time, timing_of
from mainspring.location.automation_document import schedule_document
from tests.zones.oracle import oracle_times

HOUR = 3600.0
DAY = 86_400.0
SUMMER = datetime(2026, 7, 1, tzinfo=UTC).timestamp()


def utc(*when: int) -> float:
    year, month, day, hour = (*when, 0)[:4]
    return datetime(year, month, day, hour, tzinfo=UTC).timestamp()


CRONS = st.sampled_from(
    ["* * * * *", "*/7 * * * *", "30 1 * * *", "30 */2 * * *", "15,45 1-3 * * 0,6", "0 0 L * *", "@daily", "0 0 29 2 *"]
)
ZONES = st.sampled_from(["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Antarctica/Troll"])
# Most of them around changes of clocks, where the ways to ask could come to differ.
AROUND = [(2026, 3, 8), (2026, 3, 29), (2026, 4, 4), (2026, 10, 3), (2026, 10, 25), (2026, 11, 1), (2028, 2, 29)]
MOMENTS = st.builds(
    lambda day, seconds: utc(*day) + seconds,
    st.sampled_from(AROUND),
    st.integers(-90_000, 180_000) | st.floats(-90_000, 180_000),
)
PERIODS = st.sampled_from([0.001, 0.1, 0.3, 0.5, 1.0, 7.0, 3600.0, 86_400.5, 1e7]) | st.floats(0.001, 1e5)


@st.composite
def timings(draw: st.DrawFn) -> Timing:
    start = draw(st.none() | MOMENTS)
    end = draw(st.none() | MOMENTS)
    if draw(st.booleans()):
        return Timing(every_seconds=draw(PERIODS), start=start, end=end)
    crons = tuple(draw(st.lists(CRONS, min_size=1, max_size=3)))
    return Timing(crons=crons, timezone=draw(ZONES), start=start, end=end)


@st.composite
def stretches(draw: st.DrawFn) -> tuple[Timing, float, float, float]:
    """Draw a timing and three moments in order, with some thousand due times between them at most."""
    timing = draw(timings())
    longest = DAY if timing.every_seconds is None else min(DAY, 500 * timing.every_seconds)
    first = draw(MOMENTS)
    second = first + draw(st.floats(0, longest))
    return timing, first, second, second + draw(st.floats(0, longest))


@given(stretches())
def test_two_stretches_give_what_one_does(drawn: tuple[Timing, float, float, float]) -> None:
    timing, first, second, third = drawn

    together = due_times(timing, first, third)

    assert together == due_times(timing, first, second) + due_times(timing, second, third)
    assert all(earlier < later for earlier, later in pairwise(together))
    assert all(first < each <= third for each in together)
    assert all(timing.start is None or timing.start <= each for each in together)
    assert all(timing.end is None or each < timing.end for each in together)


@given(stretches(), st.integers(0, 5))
def test_all_ways_to_ask_agree(drawn: tuple[Timing, float, float, float], limit: int) -> None:
    timing, first, _, last = drawn
    times = due_times(timing, first, last)

    following = next_time(timing, first)

    assert times[:1] == ((following,) if following is not None and following <= last else ())
    assert due_times(timing, first, last, limit) == times[:limit]
    assert last_times(timing, first, last, limit) == times[len(times) - min(limit, len(times)) :]
    assert count_times(timing, first, last) == len(times)
    assert count_times(timing, first, last, at_most=limit) == min(limit, len(times))


@given(timings(), MOMENTS)
def test_a_step_from_each_time_leads_to_the_next(timing: Timing, after: float) -> None:
    times = due_times(timing, after, after + 40 * DAY, limit=30)

    assert [next_time(timing, each) for each in times[:-1]] == list(times[1:])


FIELDS = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)]


@given(
    st.tuples(*[st.none() | st.sets(st.integers(*each), min_size=1, max_size=4) for each in FIELDS]),
    st.integers(0, 4000),
)
def test_in_utc_a_scan_of_all_minutes_agrees(fields: tuple[set[int] | None, ...], day: int) -> None:
    first = utc(2020, 1, 1) + day * DAY
    minutes, hours, days, months, weekdays = fields
    cron = " ".join("*" if each is None else ",".join(map(str, each)) for each in fields)

    def matches(moment: datetime) -> bool:
        is_on_day = [
            fits
            for fits, given in (
                (moment.day in (days or ()), days),
                (moment.isoweekday() % 7 in (weekdays or ()), weekdays),
            )
            if given is not None
        ]
        return (
            (minutes is None or moment.minute in minutes)
            and (hours is None or moment.hour in hours)
            and (months is None or moment.month in months)
            and (not is_on_day or any(is_on_day))
        )

    try:
        timing = Timing(crons=(cron,))
    except ms.DefinitionError:  # a day that no year has
        return
    scanned = [first + 60 * minute for minute in range(1, 3 * 1440 + 1)]
    assert due_times(timing, first, first + 3 * DAY) == tuple(
        each for each in scanned if matches(datetime.fromtimestamp(each, UTC))
    )


@given(PERIODS, st.integers(-(10**9), 4 * 10**9))
def test_every_falls_on_the_floats_nearest_to_its_multiples(seconds: float, after: int) -> None:
    step = Fraction(repr(seconds))
    index = after // step

    times = due_times(Timing(every_seconds=seconds), float(after), after + 100 * seconds)

    exact = [float((index + each) * step) for each in range(110)]
    assert times == tuple(each for each in exact if after < each <= after + 100 * seconds)


def test_every_tenth_of_a_second_meets_each_second_for_ever() -> None:
    tenths = Timing(every_seconds=0.1)

    for moment in (SUMMER, SUMMER + 1e9):
        assert next_time(tenths, moment - 0.05) == moment
        assert count_times(tenths, moment, moment + DAY, at_most=10**9) == 864_000
        assert next_time(tenths, moment + 0.3) == moment + 0.4


def test_every_is_counted_and_looked_back_on_without_walking() -> None:
    each_second = Timing(every_seconds=1, start=0)

    assert last_times(each_second, -1e10, SUMMER, 3) == (SUMMER - 2, SUMMER - 1, SUMMER)
    assert count_times(each_second, -1.0, SUMMER, at_most=10**12) == SUMMER + 1
    assert last_times(each_second, SUMMER, SUMMER + 2.5, 10**6) == (SUMMER + 1, SUMMER + 2)


def test_looks_back_over_years_of_a_cron() -> None:
    leap_days = Timing(crons=("0 0 29 2 *",))
    minutes = Timing(crons=("* * * * *",), timezone="Europe/Berlin")

    assert last_times(leap_days, 0, SUMMER, 2) == (utc(2020, 2, 29), utc(2024, 2, 29))
    assert last_times(leap_days, 0, SUMMER, 100)[0] == utc(1972, 2, 29)
    assert last_times(minutes, 0, SUMMER, 2) == (SUMMER - 60, SUMMER)


def test_several_crons_give_each_time_once() -> None:
    timing = Timing(crons=("0 */6 * * *", "0 12 * * *", "30 12 * * *"))

    times = due_times(timing, SUMMER, SUMMER + DAY)

    assert [(each - SUMMER) / HOUR for each in times] == [6, 12, 12.5, 18, 24]


def test_start_is_due_and_end_is_not() -> None:
    for how in ({"crons": ("0 * * * *",)}, {"every_seconds": HOUR}):
        timing = Timing(**how, start=SUMMER, end=SUMMER + 3 * HOUR)

        assert due_times(timing, 0.0, SUMMER + DAY) == (SUMMER, SUMMER + HOUR, SUMMER + 2 * HOUR)
        assert next_time(timing, 0.0) == SUMMER
        assert next_time(timing, SUMMER + 2 * HOUR) is None
        assert last_times(timing, 0.0, SUMMER + DAY, 1) == (SUMMER + 2 * HOUR,)
        assert count_times(timing, 0.0, SUMMER + DAY) == 3


def test_day_31_comes_in_the_months_that_have_one() -> None:
    """A day that a month lacks is left out, neither moved nor the end of the schedule."""
    times = due_times(Timing(crons=("0 0 31 * *",)), utc(2026, 1, 1), utc(2026, 12, 31))

    assert [datetime.fromtimestamp(each, UTC).month for each in times] == [1, 3, 5, 7, 8, 10, 12]


@pytest.mark.parametrize(
    ("cron", "after", "expected"),
    [
        ("0 0 29 2 *", (2096, 3, 1), (2104, 2, 29)),  # 2100 has none
        ("0 0 29 2 *", (2026, 1, 1), (2028, 2, 29)),
        ("0 0 L 2 *", (2026, 1, 1), (2026, 2, 28)),
        ("0 0 L 2 *", (2028, 1, 1), (2028, 2, 29)),
        ("0 0 * * L5", (2026, 7, 1), (2026, 7, 31)),
        ("0 0 * * MON#1", (2026, 7, 1), (2026, 7, 6)),
        ("0 0 * * MON#5", (2026, 7, 1), (2026, 8, 31)),
        ("0 22-2 * * *", (2026, 7, 1, 2), (2026, 7, 1, 22)),
        ("@Yearly", (2026, 7, 1), (2027, 1, 1)),
        ("@hourly", (2026, 7, 1), (2026, 7, 1, 1)),
    ],
)
def test_rare_days(cron: str, after: tuple[int, ...], expected: tuple[int, ...]) -> None:
    assert next_time(Timing(crons=(cron,)), utc(*after)) == utc(*expected)


@pytest.mark.parametrize(
    "cron",
    [
        "0 0 L * *",
        "0 0 13,L 2 *",
        "0 0 * * L0",
        "0 0 * * MON#5",
        "0 0 * * TUE#1,FRI#2",
        "0 0 1-31/7 1/2 *",
        "0 0 * * 5-7",
        "0 0 30 * *",
        "0 0 31 4-7 *",
        "0 0 29 2 *",
        "0 0 13 * FRI",
        "7/13 5/9 1 * *",
        "0 0 * * 1-5/2",
    ],
)
def test_years_of_days_are_as_cronsim_has_them(cron: str) -> None:
    first, last = int(utc(2019, 1, 1)), int(utc(2029, 1, 1))

    assert due_times(Timing(crons=(cron,)), first, last) == tuple(oracle_times(cron, "UTC", first, last))


@pytest.mark.parametrize(
    ("cron", "days"),
    [
        ("0 0 13 * FRI", [3, 10, 13, 17, 24, 31]),  # either is enough
        ("0 0 */10 * FRI", [1, 3, 10, 11, 17, 21, 24, 31]),  # even where one begins with a star
        ("0 0 1-7 * MON#1", [6]),  # with # or L both must hold
    ],
)
def test_of_day_and_weekday_either_is_enough(cron: str, days: list[int]) -> None:
    july = due_times(Timing(crons=(cron,)), SUMMER - 1, SUMMER + 31 * DAY - 1)

    assert [datetime.fromtimestamp(each, UTC).day for each in july] == days


def test_threads_do_not_disturb_each_other() -> None:
    crons = ["3 4 * * MON-FRI", "3 4 */2 * *", "3 4 L * *"]
    moments = [SUMMER + day * DAY for day in range(300)]

    def ask(cron: str, order: int) -> list[float | None]:
        return [next_time(Timing(crons=(cron,)), each) for each in moments[::order]][::order]

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(ask, crons * 4, [1, -1] * 6))

    assert together == [ask(cron, 1) for cron in crons] * 4
    assert together[0][:2] == [SUMMER + 4 * HOUR + 180, SUMMER + DAY + 4 * HOUR + 180]


def test_a_timing_of_nothing_is_never_due() -> None:
    assert next_time(Timing(), 0.0) is None
    assert due_times(Timing(), 0.0, SUMMER) == last_times(Timing(), 0.0, SUMMER, 5) == ()
    assert count_times(Timing(), 0.0, SUMMER) == 0


@pytest.mark.parametrize("after", [-1e300, -1e11, 2.4e11, 2.5e11, 1e13, 1e300])
def test_moments_beyond_the_calendar_are_no_error(after: float) -> None:
    for timing in (Timing(crons=("0 0 29 2 *",), timezone="Europe/Berlin"), Timing(every_seconds=5)):
        found = next_time(timing, after)

        assert found is None or found > after
        assert (found is None) == (after >= 2.5e11)
        assert last_times(timing, after, after, 3) == ()


def test_fits_what_a_location_says_of_a_schedule() -> None:
    @ms.op
    def look() -> None: ...

    @ms.job
    def looks() -> None:
        look()

    start = datetime(2026, 7, 1, tzinfo=UTC)
    for schedule in (
        ms.Schedule(name="s", job=looks, cron=["0  3 * * *", "@daily"], timezone="Europe/Berlin", start=start),
        ms.Schedule(name="s", job=looks, every=5, end=start),
    ):
        timing = timing_of(json.loads(json.dumps(schedule_document(schedule))))

        assert timing.crons == schedule.cron
        assert timing.every_seconds == schedule.every_seconds
        assert timing.timezone == schedule.timezone
        assert (timing.start, timing.end) == ((SUMMER, None) if schedule.start else (None, SUMMER))
        assert timing_of(json.loads(json.dumps(timing.plain()))) == timing


def test_equal_timings_have_equal_plain_data() -> None:
    written = Timing(crons=["@daily", " 0 3 * * * ", "@daily"], start=5)
    counted = Timing(every_seconds=5, end=7)

    assert json.dumps(written.plain()) == json.dumps(Timing(crons=("@daily", "0 3 * * *"), start=5.0).plain())
    assert json.dumps(counted.plain()) == json.dumps(Timing(every_seconds=5.0, end=7.0).plain())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"crons": "61 * * * *"}, "timing: cron '61 * * * *' cannot be read: '61' is no minute"),
        ({"every_seconds": 0}, "timing: every_seconds=0.0 must be seconds"),
        ({"timezone": "Europe/Berln"}, "timing: there is no time zone 'Europe/Berln'"),
        ({"crons": "@daily", "every_seconds": 5}, "timing: it has both crons and every_seconds; give one of them"),
    ],
)
def test_what_cannot_be_read_is_said(given: dict[str, object], said: str) -> None:
    with pytest.raises(ms.DefinitionError) as raised:
        Timing(**given)  # type: ignore[arg-type]

    assert str(raised.value).startswith(said)


def test_croniter_is_imported_for_crons_alone() -> None:
    program = """if True:
        import sys
        from mainspring.definition.timing import Timing, next_time
        next_time(Timing(every_seconds=5), 0.0)
        print("croniter" in sys.modules)
        next_time(Timing(crons=("* * * * *",)), 0.0)
        print("croniter" in sys.modules)
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "True"]
