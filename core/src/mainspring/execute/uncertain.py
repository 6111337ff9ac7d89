"""Writes whose outcome is unknown: what is stored is read before they are written again.

Nothing is written twice by that: whoever still commits the first write holds the run's row until it has, and what steps and
runs have begun or ended cannot be begun or ended again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from mainspring.clock import Clock
from mainspring.errors import OutcomeUnknownError, StorageError, SupersededError, TransitionError
from mainspring.event import Event
from mainspring.storage import EventLog

PATIENCE_SECONDS = 60.0
"""How long a database may be out of reach while what it has stored is to be read."""

AGAIN_SECONDS = 0.5
"""How long to wait before it is tried again."""


def write_surely(write: Callable[[], None], events: Sequence[Event], log: EventLog, clock: Clock) -> None:
    """Write events, and find out whether they are stored where the answer got lost.

    Args:
        write: Writes all of them, or none.
        events: The events.
        log: Where they are then found.
        clock: The time.

    Raises:
        OutcomeUnknownError: The database stayed out of reach.
        MainspringError: What `write` raises where it is known that nothing was stored.
    """
    try:
        write()
    except OutcomeUnknownError as unknown:
        _settle(write, events, log, clock, unknown)


def _settle(
    write: Callable[[], None], events: Sequence[Event], log: EventLog, clock: Clock, unknown: OutcomeUnknownError
) -> None:
    """Read, and write again where nothing is stored, until the outcome is known."""
    limit = clock.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            if not is_stored(events, log):
                write()
        except (SupersededError, TransitionError):
            if not is_stored(events, log):  # the first write was still being committed when this was read before
                raise
        except StorageError:
            if clock.monotonic() >= limit:
                raise unknown from None
            clock.wait(threading.Event(), AGAIN_SECONDS)
            continue
        return


def is_stored(events: Sequence[Event], log: EventLog) -> bool:
    """Return whether events that were written together are in the log: all are, or none."""
    from mainspring.event.codec import encode_fact  # a run in memory never comes here

    def content(event: Event) -> tuple[object, ...]:
        return (event.run_attempt, event.step_key, event.step_attempt, event.timestamp, encode_fact(event.fact))

    event = events[-1]
    found = log.read(event.run_id, step_key=event.step_key, kinds=[event.kind])
    return any(content(each) == content(event) for each in found)
