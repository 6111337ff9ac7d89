"""`mainspring sensor preview`: what a sensor would ask for now."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from mainspring.cli.automation_command import found_in
from mainspring.cli.preview import echo_evaluation, evaluation_document, try_out
from mainspring.cli.show import echo_facts, echo_json
from mainspring.definition.cursor import checked_cursor
from mainspring.location.evaluation import ask_sensor


def preview_sensor(reference: str, home: str | None, *, cursor: str | None, as_json: bool) -> None:
    """Evaluate a sensor once, and show what came of it; nothing is recorded.

    Args:
        reference: The sensor.
        home: Its home.
        cursor: Where it goes on; at its stored cursor unless given.
        as_json: Whether that is shown as JSON.
    """
    with found_in(home, "sensor", reference) as (instance, found):
        sensor = found.offer()
        checked_cursor(f"sensor {found.name!r}", cursor)
        before = cursor
        if cursor is None:
            before = instance.storage.automations.cursors(found.location, [found.name]).get(found.name)
        mark = None if found.state is None else found.state.mark
        asked = ask_sensor(
            "preview",
            sensor.name,
            sensor.deadline_seconds,
            cursor=before,
            last_tick_time=None if mark is None else datetime.fromtimestamp(mark, UTC),
            last_run_key=None if found.state is None else found.state.last_run_key,
        )
        (reply,) = try_out(instance, sensor, [asked])
        document = {
            "name": found.name,
            "location": found.location,
            **evaluation_document(instance, sensor, reply),
            "cursor_before": before,
            "cursor": reply.cursor_after(before),
        }
    if as_json:
        echo_json(document)
        return
    echo_evaluation(document)
    echo_facts({"cursor before": _told(before), "cursor after": _told(document["cursor"])})


def _told(cursor: str | None) -> str:
    return json.dumps(cursor, ensure_ascii=False)
