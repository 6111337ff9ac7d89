"""What becomes of a tick once its automation was evaluated: a pure function of what it said and of how it stood."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from attrs import evolve, field, frozen

from mainspring.daemon.tick.due import Due, decided, put_off
from mainspring.daemon.tick.offered import OfferedSchedule, OfferedSensor
from mainspring.daemon.tick.sense import back_off_seconds
from mainspring.event import ErrorInfo
from mainspring.run import Run
from mainspring.storage import AutomationState, Decision, Tick, TickStatus
from mainspring.storage.automation import SHOWN

RETRY_SECONDS = (1.0, 5.0, 25.0)
"""After how long a schedule's time is evaluated again that has failed, each time; after the last one it stays so."""

PUT_OFF_LIMIT = 20
"""How many times of a schedule may wait to be evaluated again; later ones that fail stay so at once."""

SHOWN_CURSOR = 500
"""Up to how many characters a tick shows the cursor that it left."""


@frozen(kw_only=True)
class Said:
    """What an evaluation came to.

    Attributes:
        runs: The runs that it asked for, without those whose run key is known.
        skip_reason: Why it asked for nothing.
        cursor: Where a sensor's next evaluation goes on.
        dropped: How many requests were dropped.
        dropped_keys: Run keys of these that are known from the ledger.
        error: Why it failed, if it did.
        logs: What it printed and logged, by stream.
    """

    runs: tuple[Run, ...] = ()
    skip_reason: str | None = None
    cursor: str | None = None
    dropped: int = 0
    dropped_keys: tuple[str, ...] = ()
    error: ErrorInfo | None = None
    logs: Mapping[str, str] = field(factory=dict)


def schedule_outcome(schedule: OfferedSchedule, due: Due, said: Said, now: float) -> Decision:
    """Return the decision of a schedule's time.

    Args:
        schedule: The schedule.
        due: What was called for; it has a time.
        said: What its evaluation came to.
        now: Seconds since the epoch.
    """
    time = now if due.time is None else due.time
    state, is_late = due.state, due.is_caught_up
    tick = _tick(schedule, said, now, scheduled_time=time, caught_up=is_late)
    last = (said.runs[-1].run_key if said.runs else None) or state.last_run_key
    tries = state.failures if is_late else 0
    may_wait = is_late or len(state.backlog) < PUT_OFF_LIMIT
    if tick.status is TickStatus.FAILED and tries < len(RETRY_SECONDS) and may_wait:
        not_before = now + RETRY_SECONDS[tries]
        after = put_off(state, time, is_caught_up=is_late, not_before=not_before)
        after = evolve(after, last_run_key=last, updated_at=now)
        tick = evolve(tick, detail={**tick.detail, "tried_again_at": not_before})
    else:
        after = decided(state, time, is_caught_up=is_late, last_run_key=last, updated_at=now)
    return Decision(state=after, ticks=(*due.ticks, tick), runs=said.runs)


def overlap_outcome(schedule: OfferedSchedule, due: Due, reason: str, now: float) -> Decision:
    """Return the decision of a schedule's time that does not run because of the last one's runs."""
    time = now if due.time is None else due.time
    tick = Tick(
        location=schedule.location,
        automation=schedule.name,
        kind="schedule",
        status=TickStatus.OVERLAP,
        scheduled_time=time,
        attempts=0,
        first_at=now,
        last_at=now,
        reason=reason,
    )
    after = decided(due.state, time, is_caught_up=due.is_caught_up, updated_at=now)
    return Decision(state=after, ticks=(*due.ticks, tick))


def sensor_outcome(
    sensor: OfferedSensor, state: AutomationState, cursor: str | None, said: Said, began_at: float, now: float
) -> Decision:
    """Return the decision of a sensor's evaluation.

    Args:
        sensor: The sensor.
        state: How it stood.
        cursor: The cursor that it began with.
        said: What its evaluation came to.
        began_at: When it began, in seconds since the epoch.
        now: Seconds since the epoch.
    """
    tick = _tick(sensor, said, now, scheduled_time=None, caught_up=False)
    last = next((run.run_key for run in reversed(said.runs) if run.run_key is not None), state.last_run_key)
    after = evolve(state, mark=began_at, last_run_key=last, last_skip=None, not_before=None, failures=0, updated_at=now)
    if sensor.follows is None:
        after = evolve(after, timing=None)  # of what it was before, a schedule or a follower
    moves = said.cursor != cursor
    if tick.status is TickStatus.FAILED:
        failures = state.failures + 1
        not_before = began_at + back_off_seconds(sensor.every_seconds, failures)
        after = evolve(after, failures=failures, not_before=not_before)
        tick = evolve(tick, detail={**tick.detail, "tried_again_at": not_before})
    elif tick.status is TickStatus.SKIPPED and not said.logs:
        after = evolve(after, last_skip=_skip_of(sensor, said))
        if state.last_skip == after.last_skip and state.last_tick_id is not None:
            tick = evolve(tick, tick_id=state.last_tick_id)
    if said.cursor is not None and len(said.cursor) <= SHOWN_CURSOR and not (sensor.follows and after.last_skip):
        tick = evolve(tick, detail={**tick.detail, "cursor": said.cursor})
    return Decision(state=after, ticks=(tick,), runs=said.runs, cursor=said.cursor, moves_cursor=moves)


def _tick(
    automation: OfferedSchedule | OfferedSensor,
    said: Said,
    now: float,
    *,
    scheduled_time: float | None,
    caught_up: bool,
) -> Tick:
    status, reason = TickStatus.REQUESTED, None
    detail: dict[str, Any] = {"code": automation.code}
    if said.error is not None:
        status, reason = TickStatus.FAILED, said.error.summary
        detail["error"] = _plain_error(said.error)
    elif not said.runs:
        status, reason = TickStatus.SKIPPED, said.skip_reason
        if reason is None and said.dropped:
            reason = "all that it asked for had been asked for before"
    if said.dropped_keys:
        detail["dropped_run_keys"] = list(said.dropped_keys[:SHOWN])
    if said.logs:
        detail["logs"] = dict(said.logs)
    if caught_up:
        detail["caught_up"] = True
    return Tick(
        location=automation.location,
        automation=automation.name,
        kind=automation.kind,
        status=status,
        scheduled_time=scheduled_time,
        first_at=now,
        last_at=now,
        dropped=said.dropped,
        reason=reason,
        detail=detail,
    )


def _skip_of(sensor: OfferedSensor, said: Said) -> str:
    """Return what tells one skip from another: its reason, the cursor and the code; a follower's cursor always moves on."""
    cursor = said.cursor if sensor.follows is None else None
    told = "\0".join(repr(each) for each in (said.skip_reason, cursor, sensor.code))
    return blake2b(told.encode("utf-8", "backslashreplace"), digest_size=12).hexdigest()


def _plain_error(error: ErrorInfo) -> dict[str, Any]:
    cause = None if error.cause is None else _plain_error(error.cause)
    return {"type": error.type, "message": error.message, "traceback": error.traceback, "cause": cause}
