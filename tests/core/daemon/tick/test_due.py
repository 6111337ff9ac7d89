"""What a schedule's state and the time call for: each time once, and each that does not run with a reason."""

from collections import Counter
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.daemon.tick.due import LIVE_SECONDS, Due, backlog_size, decided, introduce, look, next_look, put_off
from mainspring.daemon.tick.offered import OfferedSchedule
from mainspring.definition.catch_up import CatchUp
from mainspring.definition.timing import Timing, due_times
from mainspring.storage import AutomationState, Tick
from tests.core.daemon.tick.offers import offered_schedule

HOUR = 3600.0
NOON = 1_799_971_200.0
"""On the hour."""

policies = st.builds(
    CatchUp, st.one_of(st.none(), st.integers(0, 6)), st.one_of(st.none(), st.floats(0, 40 * HOUR, allow_nan=False))
)
timings = st.one_of(
    st.sampled_from([600.0, 3600.0, 86_400.0]).map(lambda every: Timing(every_seconds=every)),
    st.sampled_from(["0 * * * *", "*/20 3-7 * * *", "30 1 * * *", "0 0 31 * *"]).map(
        lambda cron: Timing(crons=(cron,), timezone="Europe/Berlin")
    ),
)


def works_off(
    schedule: OfferedSchedule, state: AutomationState, now: float
) -> tuple[AutomationState, list[Tick], list[Due]]:
    """Decide all that is called for at one moment, and return the records and what was decided."""
    ticks: list[Tick] = []
    decisions: list[Due] = []
    while True:
        due = look(schedule, state, now)
        ticks += due.ticks
        state = due.state
        if due.time is None:
            return state, ticks, decisions
        decisions.append(due)
        state = decided(state, due.time, is_caught_up=due.is_caught_up)


def covered(schedule: OfferedSchedule, tick: Tick) -> list[float]:
    """Return the times that a record is about."""
    assert tick.scheduled_time is not None
    since = tick.scheduled_time if tick.since is None else tick.since
    return list(due_times(schedule.timing, since - 0.001, tick.scheduled_time))


@settings(max_examples=150)
@given(timings, policies, st.lists(st.floats(1, 60 * HOUR), min_size=1, max_size=6))
def test_each_time_is_decided_once_or_recorded_as_missed(timing: Timing, policy: CatchUp, gaps: list[float]) -> None:
    """Scars: D#25594, T#4332. However long nobody looks, whatever the policy."""
    schedule = offered_schedule(timing, catch_up=policy)
    state = introduce(schedule, NOON)
    now = NOON
    seen: Counter[float] = Counter()
    for gap in gaps:
        now += gap
        state, ticks, decisions = works_off(schedule, state, now)
        seen.update(time for tick in ticks for time in covered(schedule, tick))
        seen.update(due.time for due in decisions if due.time is not None)
        caught_up = [due for due in decisions if due.is_caught_up]
        assert policy.limit is None or len(caught_up) <= policy.limit
        assert all(
            policy.window_seconds is None or now - due.time <= policy.window_seconds for due in caught_up if due.time
        )
        assert [due.time for due in caught_up] == sorted(due.time or 0.0 for due in caught_up)

    assert seen == Counter(due_times(timing, NOON, now))


@settings(max_examples=150)
@given(timings, policies, st.lists(st.floats(1, 60 * HOUR), min_size=1, max_size=6))
def test_a_schedule_that_was_decided_is_looked_at_no_later_than_there_is_something_to_do(
    timing: Timing, policy: CatchUp, gaps: list[float]
) -> None:
    schedule = offered_schedule(timing, catch_up=policy)
    state = introduce(schedule, NOON)
    now = NOON
    for gap in gaps:
        now += gap
        while (due := look(schedule, state, now)).time is not None:
            state = decided(due.state, due.time, is_caught_up=due.is_caught_up)
            at = next_look(schedule, state, now)
            after = look(schedule, state, now)
            if state.backlog or after.time is not None:
                assert at is not None
                assert at <= now
            else:
                assert at == after.next_at
        state = due.state


def test_a_schedule_that_was_switched_off_or_changed_as_it_was_decided_is_looked_at_at_once() -> None:
    schedule = offered_schedule()
    state = decided(introduce(schedule, NOON), NOON + HOUR, is_caught_up=False)

    assert next_look(schedule, state, NOON + HOUR) == NOON + 2 * HOUR
    assert next_look(schedule, evolve(state, switch="stopped"), NOON + HOUR) == NOON + HOUR
    assert next_look(offered_schedule(Timing(every_seconds=60.0)), state, NOON + HOUR) == NOON + HOUR


@pytest.mark.parametrize(
    ("policy", "caught_up", "missed"),
    [
        (CatchUp(0, None), 0, 3),
        (CatchUp(1, None), 1, 2),
        (CatchUp(None, None), 3, 0),
        (CatchUp(), 3, 0),
        (CatchUp(5, 2 * HOUR), 2, 1),
    ],
)
def test_three_hours_down(policy: CatchUp, caught_up: int, missed: int) -> None:
    """Scars: D#25594, T#4332."""
    schedule = offered_schedule(catch_up=policy)
    state = introduce(schedule, NOON - 1)
    state, _, (first,) = works_off(schedule, state, NOON)
    assert first.time == NOON
    _, ticks, decisions = works_off(schedule, state, NOON + 3 * HOUR + 120)

    assert [due.is_caught_up for due in decisions] == [True] * caught_up
    assert sum(tick.count for tick in ticks) == missed
    assert all(tick.reason for tick in ticks)


def test_missed_times_run_one_after_the_other_and_hold_up_no_live_one() -> None:
    schedule = offered_schedule()
    state = introduce(schedule, NOON)
    first = look(schedule, state, NOON + 3 * HOUR + 600)
    assert (first.time, first.is_caught_up) == (NOON + HOUR, True)
    state = decided(first.state, NOON + HOUR, is_caught_up=True)
    waiting = look(schedule, state, NOON + 3 * HOUR + 700, is_in_turn=False)
    assert (waiting.time, waiting.next_at) == (None, NOON + 4 * HOUR)
    live = look(schedule, waiting.state, NOON + 4 * HOUR, is_in_turn=False)
    assert (live.time, live.is_caught_up) == (NOON + 4 * HOUR, False)
    state = decided(live.state, NOON + 4 * HOUR, is_caught_up=False)
    assert look(schedule, state, NOON + 4 * HOUR + 1).time == NOON + 2 * HOUR


def test_the_newest_time_is_live_for_a_minute() -> None:
    schedule = offered_schedule(catch_up=CatchUp(0, None))
    state = introduce(schedule, NOON)
    assert look(schedule, state, NOON + HOUR + LIVE_SECONDS).time == NOON + HOUR
    late = look(schedule, state, NOON + HOUR + LIVE_SECONDS + 1)
    assert late.time is None
    assert [tick.scheduled_time for tick in late.ticks] == [NOON + HOUR]


def test_what_was_there_before_a_schedule_is_not_due() -> None:
    schedule = offered_schedule(catch_up=CatchUp(None, None))
    due = look(schedule, introduce(schedule, NOON), NOON)

    assert (due.time, due.ticks, due.next_at) == (None, (), NOON + HOUR)


def test_switching_on_runs_nothing_of_the_past() -> None:
    schedule = offered_schedule(is_running_by_default=False, catch_up=CatchUp(None, None))
    state = introduce(schedule, NOON)
    off = look(schedule, state, NOON + 5 * HOUR)
    assert (off.time, off.next_at, off.ticks) == (None, None, ())
    on = look(schedule, evolve(off.state, switch="running"), NOON + 9 * HOUR + 5)
    assert (on.time, on.ticks, on.next_at) == (None, (), NOON + 10 * HOUR)


@pytest.mark.parametrize("later", [None, offered_schedule(Timing(every_seconds=60.0))], ids=["gone", "edited"])
def test_an_edit_or_a_removal_replays_nothing_and_records_what_was_left(later: OfferedSchedule | None) -> None:
    """Scars: D#13597, D#9805."""
    state = introduce(offered_schedule(), NOON)
    due = look(later, state, NOON + 2.5 * HOUR)

    assert due.time is None
    assert [(tick.since, tick.scheduled_time, tick.count) for tick in due.ticks] == [(NOON + HOUR, NOON + 2 * HOUR, 2)]
    assert look(later, due.state, NOON + 2.5 * HOUR).time is None
    back = look(offered_schedule(), due.state, NOON + 2.75 * HOUR)
    assert (back.time, back.next_at) == (None, NOON + 3 * HOUR)
    assert sum(tick.count for tick in back.ticks) == (0 if later is None else 15)


def test_a_clock_that_was_set_back_decides_no_time_again() -> None:
    schedule = offered_schedule()
    state = introduce(schedule, NOON)
    state, _, decisions = works_off(schedule, state, NOON + HOUR)
    assert len(decisions) == 1
    again = look(schedule, state, NOON)
    assert (again.time, again.ticks, again.next_at) == (None, (), NOON + 2 * HOUR)


def test_a_clock_that_jumps_ahead_decides_a_time_once() -> None:
    schedule = offered_schedule()
    state, _, ahead = works_off(schedule, introduce(schedule, NOON), NOON + 24 * HOUR)
    _, _, back = works_off(schedule, state, NOON + HOUR)
    _, _, later = works_off(schedule, state, NOON + 25 * HOUR)

    assert [due.time for due in ahead][-1] == NOON + 23 * HOUR
    assert back == []
    assert [due.time for due in later] == [NOON + 25 * HOUR]


def test_a_time_that_failed_is_tried_again_and_holds_up_no_other() -> None:
    """Scar: D#20380."""
    schedule = offered_schedule(catch_up=CatchUp(0, None))
    state = introduce(schedule, NOON)
    at = NOON + HOUR
    state = put_off(state, at, is_caught_up=False, not_before=at + 5)
    assert look(schedule, state, at + 4).next_at == at + 5
    again = look(schedule, state, at + 5)
    assert (again.time, again.is_caught_up) == (at, True)
    state = put_off(again.state, at, is_caught_up=True, not_before=at + 2 * HOUR)
    assert state.failures == 2
    assert look(schedule, state, at + HOUR).time == at + HOUR
    done = decided(look(schedule, state, at + 2 * HOUR + 90).state, at, is_caught_up=True)
    assert (done.failures, done.not_before, backlog_size(schedule.timing, done.backlog)) == (0, None, 0)


@pytest.mark.parametrize("changes", [{}, {"switch": "running"}])
def test_a_schedule_that_ended_has_nothing_more_to_do(changes: dict[str, Any]) -> None:
    schedule = offered_schedule(Timing(every_seconds=HOUR, end=NOON + 2 * HOUR))
    state = evolve(introduce(schedule, NOON), **changes)
    state, ticks, decisions = works_off(schedule, state, NOON + 9 * HOUR)

    assert [due.time for due in decisions] == [NOON + HOUR]
    assert ticks == []
    assert look(schedule, state, NOON + 9 * HOUR).next_at is None
