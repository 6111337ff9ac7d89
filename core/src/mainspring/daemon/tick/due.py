"""What a schedule's state and the time call for: which times are missed, and which one is to be decided now. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from attrs import evolve, frozen

from mainspring.daemon.tick.interest import read_follows
from mainspring.daemon.tick.offered import OfferedSchedule, read_timing
from mainspring.definition.timing import Timing, count_times, due_times, last_times, next_time
from mainspring.storage import AutomationState, Tick, TickStatus

LIVE_SECONDS = 60.0
"""How old the newest due time may be to be decided as it stands; an older one was missed."""

COUNT_LIMIT = 1_000_000
"""Up to how many times of one stretch are counted."""

Stretch = tuple[float, float]


@frozen(kw_only=True)
class Due:
    """What is called for.

    Attributes:
        state: What the state becomes before anything else.
        ticks: Records of times that do not run, to be stored with it.
        time: The time to be decided now, if there is one.
        is_caught_up: Whether that is one that was missed.
        next_at: When to look again, if nothing else happens before; None for never.
    """

    state: AutomationState
    ticks: tuple[Tick, ...] = ()
    time: float | None = None
    is_caught_up: bool = False
    next_at: float | None = None


def introduce(schedule: OfferedSchedule, now: float) -> AutomationState:
    """Return how a schedule stands that was never seen before: nothing of the past is due."""
    return AutomationState(
        location=schedule.location,
        name=schedule.name,
        kind="schedule",
        mark=now,
        timing=schedule.timing_text if schedule.is_running_by_default else None,
        timed_at=now,
        updated_at=now,
    )


def switched_on(schedule: OfferedSchedule, state: AutomationState, now: float) -> Due:
    """Return what becomes of a schedule that is switched on: what falls due from now on is kept, whoever is up to decide it.

    What fell due before, while it was off or while nobody decided, never runs.
    """
    ticks = _dropped(state, now, "it was not decided before the schedule was switched off")
    return Due(state=evolve(_afresh(state, now, schedule.timing_text), switch="running"), ticks=ticks)


def look(schedule: OfferedSchedule | None, state: AutomationState, now: float, *, is_in_turn: bool = True) -> Due:
    """Return what a schedule calls for.

    Args:
        schedule: What is offered; None where its location does not offer it any more.
        state: How it stands.
        now: Seconds since the epoch.
        is_in_turn: Whether the last one of the missed times that run later is done, so that the next may begin.
    """
    if schedule is None or not schedule.is_on(state.switch):
        return _retired(state, now)
    if state.timing != schedule.timing_text:
        return _retimed(schedule, state, now)
    mark = now if state.mark is None else state.mark
    if state.mark is None or state.timed_at is None:
        state = evolve(state, mark=mark, timed_at=mark if state.timed_at is None else state.timed_at)
    pending = _first_two(schedule.timing, mark, now)
    newest = pending if len(pending) < 2 else last_times(schedule.timing, mark, now, 1)
    time = newest[0] if newest and now - newest[0] <= LIVE_SECONDS else None
    ticks: tuple[Tick, ...] = ()
    if len(pending) == 2 or (pending and time is None):
        until = now if time is None else math.nextafter(time, -math.inf)
        state, ticks = _sort_out_missed(schedule, state, mark, until, now)
    if time is not None:
        return Due(state=state, ticks=ticks, time=time, next_at=now)
    head = _first_of(schedule.timing, state.backlog)
    next_at = next_time(schedule.timing, max(mark, now))
    if head is None:
        return Due(state=evolve(state, backlog=()) if state.backlog else state, ticks=ticks, next_at=next_at)
    if state.not_before is not None and state.not_before > now:
        return Due(state=state, ticks=ticks, next_at=min(state.not_before, next_at or math.inf))
    if not is_in_turn:
        return Due(state=state, ticks=ticks, next_at=next_at)
    return Due(state=state, ticks=ticks, time=head, is_caught_up=True, next_at=now)


def next_look(schedule: OfferedSchedule, state: AutomationState, now: float) -> float | None:
    """Return when to look at a schedule again that was decided just now; None for never.

    Where nothing is left of its past, and it is due as it was, it is its next time that `look` would come to.
    """
    if state.backlog or state.mark is None or not schedule.is_on(state.switch) or state.timing != schedule.timing_text:
        return now
    return next_time(schedule.timing, state.mark)


def decided(state: AutomationState, time: float, *, is_caught_up: bool, **others: Any) -> AutomationState:
    """Return the state once a time is decided, with what else changes by that."""
    if is_caught_up:
        return evolve(state, backlog=_without_first(state.backlog, time), not_before=None, failures=0, **others)
    return evolve(state, mark=time, **others)


def put_off(state: AutomationState, time: float, *, is_caught_up: bool, not_before: float) -> AutomationState:
    """Return the state once the evaluation of a time has failed that is to be tried again: times after it go on."""
    if is_caught_up:
        return evolve(state, not_before=not_before, failures=state.failures + 1)
    later = (*state.backlog, (math.nextafter(time, -math.inf), time))
    state = evolve(state, mark=time, backlog=later)
    return evolve(state, not_before=not_before, failures=1) if len(later) == 1 else state


def backlog_size(timing: Timing, backlog: Sequence[Stretch]) -> int:
    """Return how many missed times are to run yet."""
    return sum(count_times(timing, after, until, COUNT_LIMIT) for after, until in backlog)


def _sort_out_missed(
    schedule: OfferedSchedule, state: AutomationState, mark: float, until: float, now: float
) -> tuple[AutomationState, tuple[Tick, ...]]:
    """Part the missed times of a stretch, of which there is one at least, into those that run later and the others."""
    chosen = _caught_up(schedule, state, mark, until, now)
    (last,) = last_times(schedule.timing, mark, until, 1)
    ticks = _missed(state, schedule.timing, (mark, until if chosen is None else chosen[0]), now, _why_missed(schedule))
    backlog = state.backlog if chosen is None else (*state.backlog, chosen)
    return evolve(state, mark=last, backlog=backlog), ticks


def _caught_up(
    schedule: OfferedSchedule, state: AutomationState, mark: float, until: float, now: float
) -> Stretch | None:
    """Return the stretch of missed times that run later: the newest ones, as its policy says."""
    policy = schedule.catch_up
    begin = mark if policy.window_seconds is None else max(mark, math.nextafter(now - policy.window_seconds, -math.inf))
    if begin >= until:
        return None
    if policy.limit is None:
        first = due_times(schedule.timing, begin, until, 1)
        return (begin, until) if first else None
    room = policy.limit - backlog_size(schedule.timing, state.backlog)
    times = last_times(schedule.timing, begin, until, room) if room > 0 else ()
    return (math.nextafter(times[0], -math.inf), times[-1]) if times else None


def _why_missed(schedule: OfferedSchedule) -> str:
    policy = schedule.catch_up
    if policy.limit == 0:
        return "nobody decided it in time, and missed times do not run later (catch_up)"
    parts = [
        *([] if policy.limit is None else [f"the {policy.limit} newest" if policy.limit > 1 else "the newest"]),
        *([] if policy.window_seconds is None else [f"those of the last {_told(policy.window_seconds)}"]),
    ]
    return f"nobody decided it in time, and of missed times only {' of '.join(parts)} run later (catch_up)"


def _told(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= length and seconds % length == 0:
            count = round(seconds / length)
            return unit[:-1] if count == 1 else f"{count} {unit}"
    return f"{seconds:g} s"


def _missed(state: AutomationState, timing: Timing, stretch: Stretch, now: float, reason: str) -> tuple[Tick, ...]:
    """Return the record of a stretch of times that do not run; none where there is no time in it."""
    first = due_times(timing, *stretch, 1)
    if not first:
        return ()
    (last,) = last_times(timing, *stretch, 1)
    tick = Tick(
        location=state.location,
        automation=state.name,
        kind="schedule",
        status=TickStatus.MISSED,
        scheduled_time=last,
        since=first[0] if first[0] < last else None,
        count=count_times(timing, *stretch, COUNT_LIMIT),
        attempts=0,
        first_at=now,
        last_at=now,
        reason=reason,
    )
    return (tick,)


def _retired(state: AutomationState, now: float) -> Due:
    """Return what becomes of a schedule that is off or not offered any more: what is left of its past never runs."""
    if state.timing is None:
        return Due(state=state)
    ticks = _dropped(state, now, "the schedule was switched off, or its location did not offer it any more")
    return Due(state=_afresh(state, now, None), ticks=ticks)


def _retimed(schedule: OfferedSchedule, state: AutomationState, now: float) -> Due:
    """Return what becomes of a schedule with other times than before, or that is on again: its past is not replayed."""
    ticks = _dropped(state, now, "the times of the schedule were changed before it was decided")
    next_at = next_time(schedule.timing, now)
    return Due(state=_afresh(state, now, schedule.timing_text), ticks=ticks, next_at=next_at)


def _afresh(state: AutomationState, now: float, timing: str | None) -> AutomationState:
    mark = max(now, state.mark or now)
    return evolve(state, mark=mark, timing=timing, timed_at=mark, backlog=(), turn=(), not_before=None, failures=0)


def _dropped(state: AutomationState, now: float, reason: str) -> tuple[Tick, ...]:
    """Return the records of the times of a schedule's past that are not decided and never will be."""
    if state.timing is None or state.mark is None or read_follows(state.timing) is not None:
        return ()
    timing = read_timing(state.timing)
    stretches = [*state.backlog, (state.mark, now)]
    return tuple(tick for each in stretches for tick in _missed(state, timing, each, now, reason))


def _first_two(timing: Timing, after: float, until: float) -> tuple[float, ...]:
    """Return the first two due times after a time and until another, or as many as there are."""
    first = next_time(timing, after)
    if first is None or first > until:
        return ()
    second = next_time(timing, first)
    return (first,) if second is None or second > until else (first, second)


def _first_of(timing: Timing, backlog: Sequence[Stretch]) -> float | None:
    for after, until in backlog:
        found = due_times(timing, after, until, 1)
        if found:
            return found[0]
    return None


def _without_first(backlog: Sequence[Stretch], time: float) -> tuple[Stretch, ...]:
    """Return the backlog behind a time, which is its first one."""
    left = [(max(after, time), until) for after, until in backlog]
    return tuple((after, until) for after, until in left if after < until)
