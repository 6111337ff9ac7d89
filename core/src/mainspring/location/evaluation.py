"""What evaluations are asked with and answered by, on their way to an evaluator and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import attrs
from attrs import field, frozen

from mainspring.definition.evaluation import Evaluation
from mainspring.definition.request import plain_request, request_from_plain
from mainspring.definition.sensor_source import Item
from mainspring.event import ErrorInfo
from mainspring.location.frames import Message
from mainspring.serde import unstructured

Outcome = Literal["evaluated", "failed", "unavailable"]


@frozen
class EvaluationReply:
    """What came of one evaluation.

    Attributes:
        id: Which one.
        outcome: `evaluated`; `failed` by what its code did; or `unavailable`, not begun as the location could not.
        evaluation: What it asked for; of one that failed, what stands of it all the same.
        error: Why it failed, or could not begin.
        logs: What it printed and logged, by stream.
        moves_cursor: Whether the evaluation's cursor counts: not where nobody could tell it, as after a crash.
    """

    id: str
    outcome: Outcome
    evaluation: Evaluation
    error: ErrorInfo | None = None
    logs: Mapping[str, str] = field(factory=dict)
    moves_cursor: bool = True

    def cursor_after(self, before: str | None) -> str | None:
        """Return where a sensor goes on that began with a cursor."""
        return self.evaluation.cursor if self.moves_cursor else before


def ask_schedule(id_: str, name: str, scheduled_time: datetime, deadline_seconds: float) -> Message:
    """Return the request to evaluate a schedule at a time."""
    return {
        "id": id_,
        "kind": "schedule",
        "name": name,
        "scheduled_time": scheduled_time.timestamp(),
        "deadline_seconds": deadline_seconds,
    }


def ask_sensor(
    id_: str,
    name: str,
    deadline_seconds: float,
    *,
    cursor: str | None = None,
    last_tick_time: datetime | None = None,
    last_run_key: str | None = None,
    followed: Sequence[Mapping[str, Any]] = (),
) -> Message:
    """Return the request to evaluate a sensor from a cursor on; one that follows the log, with what is new there."""
    return {
        "id": id_,
        "kind": "sensor",
        "name": name,
        "cursor": cursor,
        "last_tick_time": None if last_tick_time is None else last_tick_time.timestamp(),
        "last_run_key": last_run_key,
        "followed": list(followed),
        "deadline_seconds": deadline_seconds,
    }


def ask_acknowledgement(id_: str, name: str, items: Sequence[Item], deadline_seconds: float) -> Message:
    """Return the request to tell the source of a sensor that items were taken; it may be made again."""
    plain = [attrs.asdict(each) for each in items]
    return {"id": id_, "kind": "acknowledge", "name": name, "items": plain, "deadline_seconds": deadline_seconds}


def plain_evaluation(evaluation: Evaluation) -> dict[str, Any]:
    """Return an evaluation as plain data.

    Raises:
        ConfigError: A request's config, or an item's payload, holds what JSON cannot.
    """
    return {
        "requests": [plain_request(each) for each in evaluation.requests],
        "skip_reason": evaluation.skip_reason,
        "cursor": evaluation.cursor,
        "duplicates": evaluation.duplicates,
        "items": [_plain_item(each) for each in evaluation.items],
    }


def plain_error(error: ErrorInfo) -> dict[str, Any]:
    """Return an error as plain data."""
    return {
        "type": error.type,
        "message": error.message,
        "traceback": error.traceback,
        "cause": None if error.cause is None else plain_error(error.cause),
    }


def read_reply(message: Message) -> EvaluationReply:
    """Read what an evaluator, or the front in its place, replied."""
    error = message.get("error")
    return EvaluationReply(
        message["id"],
        message["outcome"],
        Evaluation(
            requests=tuple(map(request_from_plain, message.get("requests", ()))),
            skip_reason=message.get("skip_reason"),
            cursor=message.get("cursor"),
            duplicates=message.get("duplicates", 0),
            items=tuple(Item(**each) for each in message.get("items", ())),
        ),
        None if error is None else _read_error(error),
        message.get("logs", {}),
        "cursor" in message,
    )


def _plain_item(item: Item) -> dict[str, Any]:
    payload = unstructured(f"the payload of item {item.key!r}", item.payload)
    return {"key": item.key, "payload": payload, "cursor": item.cursor}


def _read_error(error: Mapping[str, Any]) -> ErrorInfo:
    cause = error.get("cause")
    return ErrorInfo(
        type=error["type"],
        message=error["message"],
        traceback=error.get("traceback", ""),
        cause=None if cause is None else _read_error(cause),
    )
