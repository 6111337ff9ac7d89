"""Automations and ticks as rows."""

from __future__ import annotations

import json
from typing import Any

import attrs
from sqlalchemy import Row

from mainspring.errors import StorageError
from mainspring.storage.automation import AutomationState, Tick, TickStatus


def to_row(state: AutomationState) -> dict[str, Any]:
    """Return the row of an automation, without its cursor."""
    row = {each.name: getattr(state, each.name) for each in attrs.fields(AutomationState)}
    row["backlog"] = json.dumps(state.backlog) if state.backlog else None
    row["turn"] = json.dumps(state.turn) if state.turn else None
    return row


def from_row(row: Row[Any]) -> AutomationState:
    """Read the row of an automation."""
    fields = row._asdict()
    try:
        fields["backlog"] = tuple((float(a), float(b)) for a, b in json.loads(fields["backlog"] or "[]"))
        fields["turn"] = tuple(json.loads(fields["turn"] or "[]"))
        return AutomationState(**fields)
    except (ValueError, TypeError) as error:
        raise StorageError(
            f"the row of {row.kind} {row.name!r} is damaged ({error}); restore the database from a backup"
        ) from error


def tick_row(tick: Tick) -> dict[str, Any]:
    """Return the row of a tick."""
    row = {each.name: getattr(tick, each.name) for each in attrs.fields(Tick) if each.name != "detail"}
    return {**row, "status": tick.status.value, "body": json.dumps(tick.detail)}


def to_tick(row: Row[Any]) -> Tick:
    """Read the row of a tick."""
    fields = row._asdict()
    try:
        detail = json.loads(fields.pop("body"))
        return Tick(**{**fields, "status": TickStatus(fields["status"]), "detail": detail})
    except (ValueError, TypeError) as error:
        raise StorageError(
            f"the row of tick {row.tick_id} is damaged ({error}); restore the database from a backup"
        ) from error
