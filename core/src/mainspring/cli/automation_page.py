"""Schedules and sensors as text: a table of them, and a page of one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.cli.automation_document import when_of
from mainspring.cli.show import echo_facts, echo_heading, echo_table
from mainspring.cli.tick_page import echo_tick_table


def echo_automations(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print a table of automations."""
    kind = rows[0]["kind"]
    echo_table(
        (kind.upper(), "LOCATION", "STATUS", "JOBS", "WHEN", "NEXT", "LAST TICK", "REMARK"),
        [
            (
                row["name"],
                row["location"],
                row["status"],
                ", ".join(row["jobs"]),
                when_of(row),
                _whole_seconds(row["next_at"]),
                _last_tick(row["last_tick"]),
                "; ".join(_remarks(row)),
            )
            for row in rows
        ],
    )


def echo_automation(document: Mapping[str, Any]) -> None:
    """Print all that is known of an automation."""
    by = "switched by a person" if document["is_switched"] else "as its definition says"
    echo_facts(
        {
            document["kind"]: document["name"],
            "location": document["location"],
            "description": document.get("description"),
            "status": f"{document['status']}, {by}"
            if document["status"] in ("running", "stopped")
            else document["status"],
            "when": when_of(document),
            "from": document.get("start"),
            "to": document.get("end"),
            "next": document["next_at"],
            "remarks": "; ".join(_remarks(document)),
            "jobs": ", ".join(document["jobs"]),
            "mode": document.get("mode"),
            "tags": ", ".join(f"{key}={value}" for key, value in document.get("tags", {}).items()),
            "source": document.get("source"),
            "catch up": _catch_up(document.get("catch_up")),
            "overlap": document.get("overlap"),
            "decided until": document.get("decided_until"),
            "to catch up": _positive(document.get("to_catch_up", 0), "missed time"),
            "to be queued": _positive(document["outbox_parts"], "part"),
            "cursor": _cursor(document),
            "last run key": document["last_run_key"],
        }
    )
    if document["ticks"]:
        echo_heading("ticks")
        echo_tick_table(document["ticks"])


def _remarks(row: Mapping[str, Any]) -> list[str]:
    """Say what is not as it should be."""
    remarks = [] if row["problem"] is None else [row["problem"]]
    if row["status"] == "gone":
        remarks.append("its location does not offer it any more")
    if row["failures"]:
        until = row["backs_off_until"]
        tail = "" if until is None else f", tried again at {_whole_seconds(until)}"
        remarks.append(f"failed {row['failures']} {'time' if row['failures'] == 1 else 'times'} in a row{tail}")
    if row["location_status"] not in ("LOADED", None):
        remarks.append(f"location is {row['location_status']}")
    return remarks


def _last_tick(tick: Mapping[str, Any] | None) -> str:
    return "" if tick is None else f"{tick['status']} {_whole_seconds(tick['at'])}"


def _whole_seconds(moment: str | None) -> str:
    return "" if moment is None else f"{moment.partition('.')[0]}Z"


def _catch_up(policy: Mapping[str, Any] | None) -> str | None:
    if policy is None:
        return None
    if policy["limit"] == 0:
        return "none"
    newest = "all" if policy["limit"] is None else f"the newest {policy['limit']}"
    window = policy["window_seconds"]
    return newest if window is None else f"{newest} of the last {window:g} s"


def _positive(number: int, noun: str) -> str | None:
    from mainspring.text import count

    return count(number, noun) if number else None


def _cursor(document: Mapping[str, Any]) -> str | None:
    if document.get("cursor") is None:
        return None
    shown = json.dumps(document["cursor"], ensure_ascii=False)
    characters = document["cursor_characters"]
    is_cut = characters > len(document["cursor"])
    return f"{shown}, and {characters - len(document['cursor']):,} characters more" if is_cut else shown
