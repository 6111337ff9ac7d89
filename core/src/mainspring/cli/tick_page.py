"""Ticks as text: a table of them, and a page of one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.cli.show import echo, echo_facts, echo_heading, echo_table


def echo_tick_table(ticks: Sequence[Mapping[str, Any]]) -> None:
    """Print a table of ticks."""
    echo_table(
        ("TICK", "AT", "SCHEDULED", "STATUS", "COUNT", "REQUESTED", "DROPPED", "ATTEMPTS", "REASON"),
        [
            (
                str(each["tick_id"]),
                f"{each['last_at'].partition('.')[0]}Z",
                _scheduled(each),
                each["status"],
                str(each["count"]),
                str(each["requested"]),
                str(each["dropped"]),
                str(each["attempts"]),
                (each["reason"] or "").partition("\n")[0],
            )
            for each in ticks
        ],
    )


def echo_tick(tick: Mapping[str, Any]) -> None:
    """Print all that is recorded of a tick."""
    detail = tick["detail"]
    echo_facts(
        {
            "tick": str(tick["tick_id"]),
            tick["kind"]: f"{tick['location']}:{tick['automation']}",
            "status": tick["status"],
            "scheduled": _scheduled(tick),
            "count": str(tick["count"]) if tick["count"] > 1 else None,
            "decided": tick["first_at"],
            "last": tick["last_at"] if tick["last_at"] != tick["first_at"] else None,
            "attempts": str(tick["attempts"]),
            "tried again": _moment(detail.get("tried_again_at")),
            "caught up": "yes" if detail.get("caught_up") else None,
            "requested": str(tick["requested"]),
            "dropped": str(tick["dropped"]) if tick["dropped"] else None,
            "reason": tick["reason"],
            "cursor": json.dumps(detail["cursor"], ensure_ascii=False) if "cursor" in detail else None,
        }
    )
    _echo_list("runs", detail.get("run_ids", ()))
    _echo_list("run keys that were known", detail.get("dropped_run_keys", ()))
    if detail.get("error"):
        echo_heading("error")
        echo_plain_error(detail["error"])
    for failure in detail.get("failures", ()):
        echo_heading(f"earlier failure, {_moment(failure['at'])}")
        echo_plain_error(failure["error"])
    echo_logs(detail.get("logs", {}))


def echo_plain_error(error: Mapping[str, Any] | None) -> None:
    """Print an error with its causes."""
    lead = ""
    while error is not None:
        said = f"{error['type']}: {error['message']}" if error["message"] else error["type"]
        echo(f"{lead}{said}", lines=True)
        if error.get("traceback"):
            echo(error["traceback"].rstrip("\n"), lines=True)
        error = error.get("cause")
        lead = "caused by "


def echo_logs(logs: Mapping[str, str]) -> None:
    """Print what an evaluation printed and logged."""
    for stream, text in logs.items():
        if text:
            echo_heading(stream)
            echo(text.rstrip("\n"), lines=True)


def _echo_list(heading: str, texts: Sequence[str]) -> None:
    if texts:
        echo_heading(heading)
        for each in texts:
            echo(each)


def _scheduled(tick: Mapping[str, Any]) -> str:
    time = _whole_seconds(tick["scheduled_time"])
    return time if tick["since"] is None else f"{_whole_seconds(tick['since'])} to {time}"


def _whole_seconds(moment: str | None) -> str:
    return "" if moment is None else moment.replace(".000Z", "Z")


def _moment(seconds: float | None) -> str | None:
    from mainspring.text import utc

    return utc(seconds)
