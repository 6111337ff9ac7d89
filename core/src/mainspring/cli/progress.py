"""Showing a run under way: live on a terminal, a line an event where the output is piped."""

from __future__ import annotations

import errno
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

import click

from mainspring.cli.event_text import say
from mainspring.cli.tally import Tally
from mainspring.cli.terminal import is_terminal
from mainspring.cli.text import count, cut, utc, visible
from mainspring.event import Event, facts

if TYPE_CHECKING:
    from rich.progress import Progress

    from mainspring.plan import Plan

WORKING_SHOWN = 3
"""Steps at work that the live line names."""

_TOLD = (
    facts.StepStarted,
    facts.StepSucceeded,
    facts.StepFailed,
    facts.StepRetried,
    facts.StepSkipped,
    facts.StepCanceled,
    facts.AssetMaterialized,
    facts.HookFailed,
)


class Display(ABC):
    """Follows a run's events and shows them; that nobody reads any more what it shows does not disturb the run.

    Args:
        plan: The run's steps.
        stream: Where to show them.
    """

    def __init__(self, plan: Plan, stream: TextIO) -> None:
        self.tally = Tally(plan)
        self.run_id: str | None = None
        self._stream = stream

    def __call__(self, event: Event) -> None:
        """Show an event."""
        self.run_id = event.run_id
        took = self.tally.count(event)
        try:
            self.show(event, took)
        except OSError as error:
            if error.errno != errno.EPIPE:
                raise
            _send_nowhere(self._stream)

    @abstractmethod
    def show(self, event: Event, took_seconds: float | None) -> None:
        """Show an event, and how long the attempt took that it ends, if it ends one."""


class PlainDisplay(Display):
    """A line an event: time, step, what happened."""

    def show(self, event: Event, took_seconds: float | None) -> None:
        if isinstance(event.fact, facts.RunStarted):
            plan = self.tally.plan
            said = f"of job {plan.job_name} in mode {plan.mode.name}, {count(self.tally.total, 'step')}"
            self._line(event, f"run {event.run_id}", f"{said}, started")
        elif isinstance(event.fact, _TOLD):
            self._line(event, event.step_key or "run", say(event, took_seconds))

    def _line(self, event: Event, subject: str, said: str) -> None:
        click.echo(visible(f"{utc(event.timestamp)}  {subject}  {said}"), file=self._stream)


class LiveDisplay(Display):
    """A line that lives at the bottom, and above it a line for each step that ended."""

    def __init__(self, plan: Plan, stream: TextIO, progress: Progress) -> None:
        super().__init__(plan, stream)
        self._progress = progress
        self._task = progress.add_task("", total=self.tally.total, working="")

    def show(self, event: Event, took_seconds: float | None) -> None:
        from rich.text import Text

        mark, style = _MARKS.get(type(event.fact), ("", ""))
        if mark:
            step = event.step_key or "run"
            line = Text(f"{mark} ", style=style).append(visible(f"{step}  {say(event, took_seconds)}"), style="default")
            self._progress.console.print(line, soft_wrap=True)
        working = list(self.tally.working)
        more = f" and {len(working) - WORKING_SHOWN} more" if len(working) > WORKING_SHOWN else ""
        named = ", ".join(cut(visible(each), 40) for each in working[:WORKING_SHOWN])
        self._progress.update(self._task, total=self.tally.total, completed=self.tally.done, working=f"{named}{more}")


_MARKS: dict[type, tuple[str, str]] = {
    facts.StepSucceeded: ("✓", "green"),
    facts.StepFailed: ("✗", "red"),
    facts.StepRetried: ("↻", "yellow"),
    facts.StepSkipped: ("-", "dim"),
    facts.StepCanceled: ("-", "yellow"),
    facts.HookFailed: ("!", "yellow"),
}


@contextmanager
def watching(plan: Plan, stream: TextIO) -> Iterator[Display]:
    """Give what follows a run and shows it on a stream."""
    if not is_terminal(stream):
        yield PlainDisplay(plan, stream)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    columns = (
        SpinnerColumn(),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[working]}", markup=False),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield LiveDisplay(plan, stream, progress)


def _send_nowhere(stream: TextIO) -> None:
    """Let a stream whose reader has gone lead nowhere, for the ops that print to it as well."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
