"""Following what the steps of a run print, while they do."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import click
from attrs import define, field

from mainspring.cli.complaint import note
from mainspring.cli.logs import LogPlace, attempts_of
from mainspring.cli.show import echo
from mainspring.errors import MainspringError
from mainspring.event import StepCanceled, StepFailed, StepRetried, StepStarted, StepSucceeded, StepWaiting
from mainspring.execute.worker import liveness
from mainspring.log.port import PIECE_BYTES, STREAMS, LogKey, LogStore, Stream
from mainspring.run import RunStatus
from mainspring.text import visible_json

if TYPE_CHECKING:
    from mainspring.instance import Instance
    from mainspring.run import Run

LOOK_SECONDS = 0.1
"""How often it is looked for more."""

EVENTS_AT_ONCE = 1000
"""Events that are read at a time."""

_KINDS = (StepWaiting.kind, StepStarted.kind, StepSucceeded.kind, StepFailed.kind, StepRetried.kind, StepCanceled.kind)

Print = Callable[[LogKey, str], None]
"""Shows one line of a stream."""


@define
class _Follower:
    """One stream of an attempt under way: how far it was read, and the line that has not ended yet."""

    key: LogKey
    position: int = 0
    partial: str = ""

    def read(self, store: LogStore, show: Print) -> None:
        """Show the lines that have ended since; one without end is shown in parts."""
        piece = store.piece(self.key, self.position)
        while piece.text:
            self.position = piece.end
            *lines, self.partial = f"{self.partial}{piece.text}".split("\n")
            for line in lines:
                show(self.key, line)
            if len(self.partial) > PIECE_BYTES:
                self.end(show)
            piece = store.piece(self.key, self.position)

    def end(self, show: Print) -> None:
        """Show what no line end came after."""
        if self.partial:
            show(self.key, self.partial)
            self.partial = ""


@define
class _Following:
    """A run that is followed: the attempts at work, and how far its events were read."""

    place: LogPlace
    stream: str | None
    instance: Instance
    show: Print
    last_event: int = 0
    at_work: dict[tuple[str, int], list[_Follower]] = field(factory=dict)

    def look(self) -> None:
        """Show all that is new. What a step prints is stored before the event that it has ended."""
        while True:
            events = self.instance.storage.events.read(
                self.place.run.run_id,
                after=self.last_event,
                step_key=self.place.step_key,
                kinds=_KINDS,
                limit=EVENTS_AT_ONCE,
            )
            for event in events:
                self.last_event = event.event_id or self.last_event
                attempt = (event.step_key or "", event.step_attempt or 1)
                if isinstance(event.fact, (StepWaiting, StepStarted)):
                    self._begin(*attempt)
                else:
                    self._end(attempt)
            if len(events) < EVENTS_AT_ONCE:
                break
        for followers in self.at_work.values():
            for each in followers:
                each.read(self.instance.logs, self.show)

    def close(self) -> None:
        """Show what attempts left that never ended."""
        for attempt in list(self.at_work):
            self._end(attempt)

    def _begin(self, step_key: str, attempt: int) -> None:
        if self.place.attempt in (None, attempt) and (step_key, attempt) not in self.at_work:
            streams: list[Stream] = [each for each in STREAMS if self.stream in (None, each)]
            run_id = self.place.run.run_id
            self.at_work[step_key, attempt] = [_Follower(LogKey(run_id, step_key, attempt, each)) for each in streams]

    def _end(self, attempt: tuple[str, int]) -> None:
        for each in self.at_work.pop(attempt, ()):
            each.read(self.instance.logs, self.show)
            each.end(self.show)


def follow_streams(place: LogPlace, instance: Instance, stream: str | None, *, as_json: bool) -> None:
    """Print what the steps of a run print, line by line behind the step's name, until the run is over.

    A run is over, too, when the process that carried it out is dead.

    Raises:
        UnknownNameError: The run is over and had no such step, or the step no such attempt.
    """
    following = _Following(place, stream, instance, _print_json if as_json else _print_text)
    while True:
        run = instance.storage.runs.get(place.run.run_id)
        is_over = run is None or run.status.is_final or _is_dead(run)
        following.look()
        if is_over:
            following.close()
            break
        instance.clock.wait(threading.Event(), LOOK_SECONDS)
    if run is None:
        raise MainspringError(f"run {place.run.run_id} has been deleted")
    attempts_of(place, instance)
    if run.status.is_final:
        note(f"run {run.run_id} ended {run.status}")
    else:
        note(f"the process that carried out run {run.run_id} is dead; `mainspring run show` says what can be done")


def _is_dead(run: Run) -> bool:
    under_way = run.status in (RunStatus.STARTED, RunStatus.CANCELING)
    return under_way and run.worker is not None and liveness(run.worker) == "dead"


def _print_text(key: LogKey, line: str) -> None:
    attempt = "" if key.attempt == 1 else f", attempt {key.attempt}"
    stream = "" if key.stream == "stdout" else f" {key.stream}"
    echo(f"{key.step_key}{attempt}{stream} | {line.rstrip(chr(13))}")


def _print_json(key: LogKey, line: str) -> None:
    row = {"step_key": key.step_key, "attempt": key.attempt, "stream": key.stream, "line": line}
    click.echo(visible_json(json.dumps(row, ensure_ascii=False)))
