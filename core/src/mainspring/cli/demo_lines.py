"""The demonstration in plain lines: one for each thing that happens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

import click

from mainspring.text import count, duration, visible

if TYPE_CHECKING:
    from mainspring.demo.view import View
    from mainspring.run import Run
    from mainspring.storage import Tick


class Lines:
    """Prints what has happened since it was called last.

    Args:
        stream: Where to print it.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._last: View | None = None

    def __call__(self, view: View) -> None:
        """Print what is new."""
        for subject, said in news(self._last, view):
            line = visible(f"{view.at - view.began_at:5.1f} s  {subject:8}  {said}")
            click.echo(line, file=self._stream)
        self._stream.flush()
        self._last = view


def news(before: View | None, view: View) -> Iterator[tuple[str, str]]:
    """Yield what has happened between two views: what it happened to, and what."""
    known = {} if before is None else {each.name: each.status for each in before.locations}
    for location in view.locations:
        if known.get(location.name) != location.status:
            yield "location", f"{location.name} is {location.status}"
    for name, flights in view.arrived[0 if before is None else len(before.arrived) :]:
        yield "file", f"{name}.csv arrives, with {count(flights, 'flight')}"
    ticked = set() if before is None else {tick.tick_id for tick in before.ticks}
    for tick in view.ticks:
        if tick.tick_id not in ticked and (tick.requested or tick.reason):
            yield "tick", f"{tick.automation} {outcome_of(tick)}"
    stood = {} if before is None else {run.run_id: run.status for run in before.runs}
    for run in view.runs:
        if run.status.is_final and stood.get(run.run_id) != run.status:
            yield "run", f"{name_of(run)} ends {run.status}{took(run)}"


def name_of(run: Run) -> str:
    """Return what a run of the example is for."""
    return f"{run.job_name} {run.partition_key}" if run.partition_key else run.job_name


def took(run: Run) -> str:
    """Say how long a run was at work, and why it failed."""
    if run.started_at is None or run.ended_at is None:
        return ""
    seconds = f" after {duration(run.ended_at - run.started_at)}"
    return f"{seconds}: {run.reason}" if run.reason else seconds


def outcome_of(tick: Tick) -> str:
    """Say what came of a tick."""
    if tick.requested:
        return f"asks for {count(tick.requested, 'run')}"
    said = tick.reason or "nothing new"
    return f"{tick.status.lower()}, {tick.count} times: {said}" if tick.count > 1 else f"{tick.status.lower()}: {said}"
