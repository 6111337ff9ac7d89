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
from mainspring.cli.terminal import is_terminal
from mainspring.event import Event, facts
from mainspring.execute.tally import Tally
from mainspring.text import count, utc, visible

if TYPE_CHECKING:
    from mainspring.plan import Plan

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


@contextmanager
def watching(plan: Plan, stream: TextIO) -> Iterator[Display]:
    """Give what follows a run and shows it on a stream."""
    if not is_terminal(stream):
        yield PlainDisplay(plan, stream)
        return
    from mainspring.cli.live import LiveDisplay

    with LiveDisplay(plan, stream) as display:
        yield display


def _send_nowhere(stream: TextIO) -> None:
    """Let a stream whose reader has gone lead nowhere, for the ops that print to it as well."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
