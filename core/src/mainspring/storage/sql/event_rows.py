"""Events as rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from mainspring.event import Event
from mainspring.event.codec import decode_fact, encode_fact


def to_event(row: Row[Any]) -> Event:
    """Return the event of a row."""
    return Event(
        run_id=row.run_id,
        run_attempt=row.run_attempt,
        fact=decode_fact(row.kind, row.body),
        timestamp=row.timestamp,
        step_key=row.step_key,
        step_attempt=row.step_attempt,
        event_id=row.event_id,
    )


def to_row(event: Event) -> dict[str, Any]:
    """Return the row of an event that is not stored yet."""
    return {
        "run_id": event.run_id,
        "run_attempt": event.run_attempt,
        "step_key": event.step_key,
        "step_attempt": event.step_attempt,
        "kind": event.fact.kind,
        "timestamp": event.timestamp,
        "body": encode_fact(event.fact),
    }
