"""Showing a run under way: live on a terminal, a line an event where the output is piped."""

from __future__ import annotations

import errno
from abc import ABC, abstractmethod
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

import click

from mainspring.cli.complaint import send_nowhere
from mainspring.cli.event_text import say
from mainspring.cli.terminal import is_terminal
from mainspring.event import Event, facts
from mainspring.execute.tally import Tally
from mainspring.text import count, utc, visible

if TYPE_CHECKING:
    from mainspring.event import RunState
    from mainspring.plan import Plan

_TOLD = (
    facts.StepWaiting,
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
        tally: Counts the run's steps.
        stream: Where to show them.
    """

    def __init__(self, tally: Tally, stream: TextIO) -> None:
        self.tally = tally
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
            send_nowhere(self._stream)

    @abstractmethod
    def show(self, event: Event, took_seconds: float | None) -> None:
        """Show an event, and how long the attempt took that it ends, if it ends one."""


class PlainDisplay(Display):
    """A line an event: time, step, what happened."""

    def show(self, event: Event, took_seconds: float | None) -> None:
        if isinstance(event.fact, facts.RunStarted):
            plan = self.tally.plan
            again = f", attempt {event.run_attempt}" if event.run_attempt > 1 else ""
            said = f"of job {plan.job_name} in mode {plan.mode.name}{again}, {count(self.tally.total, 'step')}"
            self._line(event, f"run {event.run_id}", f"{said}, started")
        elif isinstance(event.fact, _TOLD):
            self._line(event, event.step_key or "run", say(event, took_seconds))

    def _line(self, event: Event, subject: str, said: str) -> None:
        click.echo(visible(f"{utc(event.timestamp)}  {subject}  {said}"), file=self._stream)


class Watch:
    """Shows a run from the moment that its plan is known; use it as a context manager.

    Args:
        stream: Where to show it.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._display: Display | None = None
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open.close()

    @property
    def run_id(self) -> str | None:
        """The run that is shown; None before its first event."""
        return None if self._display is None else self._display.run_id

    def begin(self, plan: Plan, taken_over: RunState) -> None:
        """Show a run of this plan, which has taken that over from another run or from an earlier attempt."""
        tally = Tally(plan, taken_over)
        if not is_terminal(self._stream):
            self._display = PlainDisplay(tally, self._stream)
            return
        from mainspring.cli.live import LiveDisplay

        self._display = self._open.enter_context(LiveDisplay(tally, self._stream))

    def follow(self, event: Event) -> None:
        """Show an event."""
        if self._display is not None:
            self._display(event)
