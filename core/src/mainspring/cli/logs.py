"""What the steps of a run printed and logged, and the run's events, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import frozen

from mainspring.cli.complaint import note
from mainspring.cli.event_text import say
from mainspring.cli.run_document import event_document
from mainspring.cli.show import echo, echo_heading, echo_json
from mainspring.errors import UnknownNameError
from mainspring.log.port import STREAMS, LogKey
from mainspring.text import utc

if TYPE_CHECKING:
    from mainspring.instance import Instance
    from mainspring.run import Run


@frozen
class LogPlace:
    """Which part of a run's logs is meant; what is None is not narrowed."""

    run: Run
    step_key: str | None = None
    attempt: int | None = None


def echo_streams(place: LogPlace, instance: Instance, stream: str | None, limit: int | None, *, as_json: bool) -> None:
    """Print what was captured, each stream of each attempt under a heading.

    Raises:
        UnknownNameError: The run has no such step, or the step no such attempt.
    """
    found = [(key, _last_lines(text, limit)) for key, text in _texts(place, instance, stream)]
    if as_json:
        echo_json(
            [
                {
                    "run_id": key.run_id,
                    "step_key": key.step_key,
                    "attempt": key.attempt,
                    "stream": key.stream,
                    "text": text,
                }
                for key, text in found
            ]
        )
        return
    if not found:
        note("nothing was printed or logged there")
    for key, text in found:
        echo_heading(f"{key.step_key}, attempt {key.attempt}, {key.stream}")
        echo(text.rstrip("\n"), lines=True)
    if place.step_key is None and stream is None:
        _echo_workers(place, instance)


def echo_events(place: LogPlace, instance: Instance, limit: int | None, *, as_json: bool) -> None:
    """Print a run's events in order, the last ones where there is a limit.

    Raises:
        UnknownNameError: The run has no such step, or the step no such attempt.
    """
    attempts_of(place, instance)
    events = [
        event
        for event in instance.storage.events.read(place.run.run_id, step_key=place.step_key)
        if place.attempt is None or event.step_attempt == place.attempt
    ]
    events = events if limit is None else events[-limit:]
    if as_json:
        echo_json([event_document(event) for event in events])
        return
    for event in events:
        echo(f"{utc(event.timestamp)}  {event.kind:18}  {event.step_key or '-'}  {say(event)}".rstrip())


def _texts(place: LogPlace, instance: Instance, stream: str | None) -> Iterator[tuple[LogKey, str]]:
    for step_key, attempt in attempts_of(place, instance):
        for each in STREAMS:
            key = LogKey(place.run.run_id, step_key, attempt, each)
            text = instance.logs.read(key) if stream in (None, each) else ""
            if text:
                yield key, text


def attempts_of(place: LogPlace, instance: Instance) -> list[tuple[str, int]]:
    """Return the attempts of steps that are meant, in the order in which they were claimed.

    Raises:
        UnknownNameError: The run has no such step, or the step no such attempt.
    """
    records = instance.storage.events.steps(place.run.run_id)
    where = f"run {place.run.run_id}"
    if place.step_key is not None:
        records = [record for record in records if record.step_key == place.step_key]
        if not records:
            known = {record.step_key for record in instance.storage.events.steps(place.run.run_id)}
            raise UnknownNameError("step", place.step_key, known, place=where)
        where = f"step {place.step_key!r} of {where}"
    if place.attempt is not None:
        known = {str(record.attempt) for record in records}
        records = [record for record in records if record.attempt == place.attempt]
        if not records:
            raise UnknownNameError("attempt", str(place.attempt), known, place=where)
    return [(record.step_key, record.attempt) for record in records]


def _echo_workers(place: LogPlace, instance: Instance) -> None:
    """Print what the workers of a run printed last, beside its steps: a crash's last words, mostly."""
    if instance.home is None:
        return
    from mainspring.location.worker_output import last_output

    for attempt in range(1, place.run.attempt + 1):
        text = "" if place.attempt not in (None, attempt) else last_output(instance.home, place.run.run_id, attempt)
        if text:
            echo_heading(f"the worker of attempt {attempt}, last lines")
            echo(text, lines=True)


def _last_lines(text: str, limit: int | None) -> str:
    return text if limit is None else "".join(text.splitlines(keepends=True)[-limit:])
