"""`mainspring schedule preview`: when a schedule is due, and what it would ask for then."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from mainspring.cli.automation_command import found_in
from mainspring.cli.complaint import note
from mainspring.cli.preview import echo_evaluation, evaluation_document, try_out
from mainspring.cli.show import echo_heading, echo_json, echo_table
from mainspring.daemon.tick.offered import OfferedSchedule
from mainspring.daemon.tick.requests import plain_requests
from mainspring.definition.evaluation import Evaluation
from mainspring.definition.timing import due_times
from mainspring.location.evaluation import EvaluationReply, ask_schedule
from mainspring.text import utc

if TYPE_CHECKING:
    from mainspring.instance import Instance

_COUNT = 5
_COUNT_WITHIN = 1000


def preview_schedule(
    reference: str,
    home: str | None,
    *,
    since: float | None,
    until: float | None,
    count: int | None,
    is_evaluated: bool,
    as_json: bool,
) -> None:
    """Show when a schedule is due.

    Args:
        reference: The schedule.
        home: Its home.
        since: The first time that counts, in seconds since the epoch; now unless given.
        until: The last one.
        count: How many times at most.
        is_evaluated: Whether its function is asked what it wants at each of them.
        as_json: Whether that is shown as JSON.
    """
    if since is not None and until is not None and until < since:
        raise click.UsageError("--to is before --from; turn them around", click.get_current_context())
    limit = count or (_COUNT if until is None else _COUNT_WITHIN)
    with found_in(home, "schedule", reference) as (instance, found):
        schedule = found.offer()
        assert isinstance(schedule, OfferedSchedule)  # noqa: S101 - of the kind that was looked for
        begin = math.nextafter(instance.clock.time() if since is None else since, -math.inf)
        times = due_times(schedule.timing, begin, math.inf if until is None else until, limit + 1)
        rows = [_row(schedule, each) for each in times[:limit]]
        if is_evaluated and rows:
            documents = _evaluated(instance, schedule, times[:limit])
            rows = [{**row, **document} for row, document in zip(rows, documents, strict=True)]
    if as_json:
        echo_json(rows)
        return
    _echo(schedule, rows, is_evaluated=is_evaluated)
    if until is not None and len(times) > limit:
        note(f"there are more; --from {utc(times[limit])} goes on")


def _row(schedule: OfferedSchedule, time: float) -> dict[str, Any]:
    zone = schedule.timing.timezone
    local = datetime.fromtimestamp(time, ZoneInfo(zone)).isoformat(timespec="milliseconds" if time % 1 else "seconds")
    return {"scheduled_time": utc(time), "local_time": local, "timezone": zone}


def _evaluated(instance: Instance, schedule: OfferedSchedule, times: Sequence[float]) -> list[dict[str, Any]]:
    if schedule.has_function:
        asked = [
            ask_schedule(
                str(time), schedule.name, datetime.fromtimestamp(time, ZoneInfo("UTC")), schedule.deadline_seconds
            )
            for time in times
        ]
        replies = try_out(instance, schedule, asked)
    else:
        plain = Evaluation(plain_requests(schedule))
        replies = [EvaluationReply(str(time), "evaluated", plain) for time in times]
    return [
        evaluation_document(instance, schedule, reply, scheduled_time=time)
        for reply, time in zip(replies, times, strict=True)
    ]


def _echo(schedule: OfferedSchedule, rows: list[dict[str, Any]], *, is_evaluated: bool) -> None:
    if not rows:
        note(f"schedule {schedule.location}:{schedule.name} is not due then")
    elif is_evaluated:
        for row in rows:
            echo_heading(f"{row['local_time']} in {row['timezone']}, {row['scheduled_time']}")
            echo_evaluation(row)
    else:
        echo_table(
            (f"IN {schedule.timing.timezone}", "IN UTC"),
            [(row["local_time"], row["scheduled_time"].replace(".000Z", "Z")) for row in rows],
        )
