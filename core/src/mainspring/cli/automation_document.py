"""Schedules, sensors and their ticks as plain data: what `--json` prints and pages are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.cli.automation_reference import FoundAutomation
from mainspring.daemon.tick.due import backlog_size
from mainspring.daemon.tick.introduction import introduced
from mainspring.daemon.tick.offered import Offered, OfferedSchedule, OfferedSensor
from mainspring.daemon.tick.sense import next_evaluation
from mainspring.definition.timing import next_time
from mainspring.storage import AutomationState, LocationRecord, Storage, Tick, TickQuery
from mainspring.text import utc

_TICKS_SHOWN = 5
_CURSOR_SHOWN_CHARACTERS = 500


def automation_rows(storage: Storage, found: Sequence[FoundAutomation], now: float) -> list[dict[str, Any]]:
    """Return automations as a list shows them.

    Args:
        storage: Where they stand.
        found: The automations.
        now: Seconds since the epoch.
    """
    locations = {each.name: each for each in storage.locations.all()}
    last = {each.state.last_tick_id for each in found if each.state is not None} - {None}
    ticks = storage.automations.ticks_by_id([tick_id for tick_id in last if tick_id is not None])
    return [_row(each, locations.get(each.location), ticks, now) for each in found]


def automation_document(storage: Storage, found: FoundAutomation, now: float) -> dict[str, Any]:
    """Return all that is known of an automation, with its newest ticks.

    Args:
        storage: Where it stands.
        found: The automation.
        now: Seconds since the epoch.
    """
    (row,) = automation_rows(storage, [found], now)
    ticks = storage.automations.ticks(TickQuery(location=found.location, automation=found.name, limit=_TICKS_SHOWN))
    state = found.state
    common = {
        "outbox_parts": 0 if state is None else state.outbox,
        "last_run_key": None if state is None else state.last_run_key,
        "updated_at": None if state is None else utc(state.updated_at),
        "ticks": [tick_document(each) for each in ticks],
    }
    offered = found.offered
    details = {} if offered is None else _details(offered)
    if found.kind == "sensor":
        cursor = storage.automations.cursors(found.location, [found.name]).get(found.name)
        is_long = cursor is not None and len(cursor) > _CURSOR_SHOWN_CHARACTERS
        common["cursor"] = cursor[:_CURSOR_SHOWN_CHARACTERS] if cursor is not None and is_long else cursor
        common["cursor_characters"] = None if cursor is None else len(cursor)
    elif state is not None and isinstance(offered, OfferedSchedule):
        common["decided_until"] = utc(state.mark)
        common["to_catch_up"] = backlog_size(offered.timing, state.backlog)
    return {**row, **details, **common}


def tick_document(tick: Tick) -> dict[str, Any]:
    """Return a tick with all that is known of it."""
    return {
        "tick_id": tick.tick_id,
        "location": tick.location,
        "automation": tick.automation,
        "kind": tick.kind,
        "status": tick.status.value,
        "scheduled_time": utc(tick.scheduled_time),
        "since": utc(tick.since),
        "count": tick.count,
        "attempts": tick.attempts,
        "first_at": utc(tick.first_at),
        "last_at": utc(tick.last_at),
        "requested": tick.requested,
        "dropped": tick.dropped,
        "reason": tick.reason,
        "detail": dict(tick.detail),
    }


def when_of(row: Mapping[str, Any]) -> str:
    """Say when an automation is due: `0 3 * * * in Europe/Berlin`, `every 15 s`."""
    if row["every_seconds"] is not None:
        return f"every {row['every_seconds']:g} s"
    return f"{' | '.join(row['cron'])} in {row['timezone']}" if row.get("cron") else ""


def _row(
    found: FoundAutomation, location: LocationRecord | None, ticks: Mapping[int, Tick], now: float
) -> dict[str, Any]:
    offered = found.offered
    state = found.state
    if state is None and offered is not None:
        state = introduced(offered, now)
    tick = None if state is None else ticks.get(state.last_tick_id or 0)
    not_before = None if state is None else state.not_before
    return {
        "name": found.name,
        "location": found.location,
        "kind": found.kind,
        "status": _status(found),
        "is_switched": state is not None and state.switch is not None,
        "jobs": [] if offered is None else list(offered.jobs),
        **_timing(offered),
        "next_at": None if offered is None or state is None else utc(_next_at(offered, state, now)),
        "last_tick": None if tick is None else {**_brief(tick)},
        "failures": 0 if state is None else state.failures,
        "backs_off_until": utc(not_before) if not_before is not None and not_before > now else None,
        "location_status": None if location is None else location.status.value,
        "problem": found.problem,
    }


def _status(found: FoundAutomation) -> str:
    """Return whether it is on: `running`, `stopped`, `gone` where it is not offered any more, or `unreadable`."""
    if found.offered is None:
        return "gone" if found.problem is None else "unreadable"
    return "running" if found.offered.is_on(None if found.state is None else found.state.switch) else "stopped"


def _timing(offered: Offered | None) -> dict[str, Any]:
    match offered:
        case OfferedSchedule():
            timing = offered.timing
            return {"cron": list(timing.crons), "every_seconds": timing.every_seconds, "timezone": timing.timezone}
        case OfferedSensor():
            return {"every_seconds": offered.every_seconds}
        case None:
            return {"every_seconds": None}


def _next_at(offered: Offered, state: AutomationState, now: float) -> float | None:
    """Return when it is due next; one that is due already is due now."""
    match offered:
        case OfferedSchedule():
            return next_time(offered.timing, now) if offered.is_on(state.switch) else None
        case OfferedSensor():
            at = next_evaluation(offered, state, now)
            return None if at is None else max(at, now)


def _details(offered: Offered) -> dict[str, Any]:
    found = {
        "description": offered.description,
        "default_status": "running" if offered.is_running_by_default else "stopped",
        "mode": offered.mode,
        "tags": dict(offered.tags),
        "deadline_seconds": offered.deadline_seconds,
        "adopts": offered.adopts,
    }
    match offered:
        case OfferedSchedule():
            catch_up = {"limit": offered.catch_up.limit, "window_seconds": offered.catch_up.window_seconds}
            start, end = utc(offered.timing.start), utc(offered.timing.end)
            return {**found, "start": start, "end": end, "catch_up": catch_up, "overlap": offered.overlap}
        case OfferedSensor():
            return {**found, "source": offered.source}


def _brief(tick: Tick) -> dict[str, Any]:
    return {
        "tick_id": tick.tick_id,
        "status": tick.status.value,
        "at": utc(tick.last_at),
        "scheduled_time": utc(tick.scheduled_time),
        "reason": tick.reason,
    }
