"""A run as a page of text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import click

from mainspring.cli.complaint import note
from mainspring.cli.show import echo, echo_facts, echo_heading, echo_table
from mainspring.text import count, duration

FAILURES_SHOWN = 5
"""Failures that a page shows in full; one run can have thousands of the same."""


def echo_run(document: Mapping[str, Any]) -> None:
    """Print all that is recorded of a run but its logs, and what to do where its worker has died."""
    _echo_head(document)
    if document["steps"]:
        echo_heading("steps")
        echo_table(
            ("STEP", "ATTEMPT", "STATUS", "STARTED", "DURATION"),
            [
                (each["step_key"], str(each["attempt"]), each["status"], each["started_at"], _duration(each))
                for each in document["steps"]
            ],
        )
    if document["outputs"]:
        echo_heading("outputs")
        for each in document["outputs"]:
            echo(f"{_output_name(each)}  {each['type']}  {each['io_manager']}")
            _echo_metadata(each["metadata"])
    if document["materializations"]:
        echo_heading("materializations")
        for each in document["materializations"]:
            partition = f", partition {each['partition_key']}" if each["partition_key"] else ""
            echo(f"{each['asset']}{partition}  by {each['step_key']}")
            _echo_metadata(each["metadata"])
    if document["failures"]:
        echo_heading("failures")
        echo_failures(document["failures"])
    worker = document["worker"]
    if worker is not None and worker["liveness"] == "dead":
        click.echo()
        note(
            f"the process that carried out run {document['run_id']} is dead; `mainspring run retry {document['run_id']} "
            "-f FILE` completes the run, and `mainspring run cancel` gives it up"
        )


def echo_failures(failures: list[dict[str, Any]]) -> None:
    """Print failures with their tracebacks, the first few of them."""
    for each in failures[:FAILURES_SHOWN]:
        subject = "the run" if each["step_key"] is None else f"step {each['step_key']!r}, attempt {each['attempt']}"
        echo(f"{subject}{', tried again' if each['is_retried'] else ''}:")
        _echo_error(each["error"])
    if len(failures) > FAILURES_SHOWN:
        echo(f"and {len(failures) - FAILURES_SHOWN:,} more; --json shows them all")


def places_of(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return where the outputs of a run lie: each that has a path, with it."""
    return [
        (_output_name(each), str(each["metadata"]["path"]))
        for each in document["outputs"]
        if "path" in each["metadata"]
    ]


def _echo_head(document: Mapping[str, Any]) -> None:
    took = document["duration_seconds"]
    ended = document["ended_at"]
    config = json.dumps(document["config"], indent=2, ensure_ascii=False) if document["config"] else None
    echo_facts(
        {
            "run": document["run_id"],
            "job": document["job_name"],
            "mode": document["mode"],
            "status": document["status"],
            "reason": document["reason"],
            "waits for": "\n".join(document["waits_for"]),
            "worker": _worker(document["worker"]),
            "waits": "\n".join(_waits(document["waiting"])),
            "attempt": str(document["attempt"]),
            "created": document["created_at"],
            "started": document["started_at"],
            "ended": ended if took is None else f"{ended} (after {duration(took)})",
            "location": document["location"],
            "automation": _automation(document),
            "scheduled": document["scheduled_time"],
            "priority": str(document["priority"]) if document["priority"] else None,
            "partition": document["partition_key"],
            "run key": document["run_key"],
            "parent": document["parent_run_id"],
            "selection": " ".join(document["selection"] or ()),
            "tags": ", ".join(f"{key}={value}" for key, value in document["tags"].items()),
            "config": config,
        }
    )


def _waits(waiting: list[dict[str, Any]]) -> Iterator[str]:
    """Yield a line for each pool that steps wait for, the earliest step first."""
    for pool in dict.fromkeys(each["pool"] for each in waiting):
        first, *others = [each for each in waiting if each["pool"] == pool]
        more = f" (and {count(len(others), 'more step')})" if others else ""
        yield f"step {first['step_key']!r}{more} for a place in pool {pool}, since {first['since']}"


def _automation(document: Mapping[str, Any]) -> str | None:
    if document["automation"] is None:
        return None
    tick = "" if document["tick_id"] is None else f", tick {document['tick_id']}"
    return f"{document['location']}:{document['automation']}{tick}"


def _worker(worker: Mapping[str, Any] | None) -> str | None:
    if worker is None:
        return None
    said = {"alive": "at work", "dead": "dead", "elsewhere": "which only that host can see"}[worker["liveness"]]
    return f"process {worker['pid']} on {worker['host']}, {said}"


def _echo_metadata(metadata: Mapping[str, Any]) -> None:
    for key, value in metadata.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        echo(f"    {key}: {text}", lines=True)


def _echo_error(error: Mapping[str, Any] | None) -> None:
    lead = ""
    while error is not None:
        said = f"{error['type']}: {error['message']}" if error["message"] else error["type"]
        echo(_indented(f"{lead}{said}\n{error['traceback']}"), lines=True)
        for key, value in error["metadata"].items():
            echo(f"    {key}: {value}", lines=True)
        error = error["cause"]
        lead = "caused by "


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.rstrip("\n").split("\n"))


def _output_name(output: Mapping[str, Any]) -> str:
    name = output["step_key"] if output["output"] == "result" else f"{output['step_key']}.{output['output']}"
    return name if output["mapping_key"] is None else f"{name}[{output['mapping_key']}]"


def _duration(step: Mapping[str, Any]) -> str:
    return "" if step["duration_seconds"] is None else duration(step["duration_seconds"])
