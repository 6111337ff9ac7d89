"""The recorder: makes events, writes them in order, and tells observers once they are stored."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from mainspring.clock import Clock
from mainspring.crashpoint import CrashPoint
from mainspring.event import Event, Fact
from mainspring.execute.interrupt import shield
from mainspring.execute.uncertain import write_surely
from mainspring.run import NO_PLACES, PoolPlace
from mainspring.storage import EventLog

Observer = Callable[[Event], None]
"""Called with each event after it is stored."""


class Recorder:
    """Writes the events of one attempt of a run; safe to use from several threads.

    Events that are held go with the next write, in one transaction with it.

    Attributes:
        run_id: The run.
        run_attempt: Its attempt.
        log: Where they are written.
    """

    def __init__(
        self,
        log: EventLog,
        clock: Clock,
        run_id: str,
        run_attempt: int,
        observers: Sequence[Observer],
        crash_point: CrashPoint,
    ) -> None:
        self.run_id = run_id
        self.run_attempt = run_attempt
        self.log = log
        self._clock = clock
        self._observers = observers
        self._crash_point = crash_point
        self._lock = threading.Lock()
        self._held: list[Event] = []

    def event(self, fact: Fact, step_key: str | None = None, step_attempt: int | None = None) -> Event:
        """Return a new event of this run, as of now."""
        return Event(
            run_id=self.run_id,
            run_attempt=self.run_attempt,
            fact=fact,
            timestamp=self._clock.time(),
            step_key=step_key,
            step_attempt=step_attempt,
        )

    def hold(self, events: Sequence[Event]) -> None:
        """Keep events for the next write."""
        with self._lock:
            self._held.extend(events)

    def begin(self, started: Event, write: Callable[[], None]) -> None:
        """Store the attempt's first event, which is written together with the run's row.

        Args:
            started: The event.
            write: Writes it.

        Raises:
            MainspringError: What `write` raises.
        """
        self._store(write, [started])

    def write(self, events: Sequence[Event] = (), places: Mapping[str, PoolPlace] = NO_PLACES) -> None:
        """Store what is held and then these events, all or none; an interrupt waits until that is done.

        Args:
            events: The events.
            places: The places in pools that steps take up which these claim, by step.

        Raises:
            PoolFullError: All places of a pool are taken; what is held stays so.
            SupersededError: This attempt of the run, or of a step, is no longer in charge.
            OutcomeUnknownError: The database failed, and stayed out of reach when what it has stored was to be read.
            StorageError: The database failed, and stored nothing.
        """
        with shield, self._lock:
            batch = [*self._held, *events]
            if not batch:
                return
            self._crash_point("events.flush")
            self._store(lambda: self.log.record(self.run_id, self.run_attempt, batch, places), batch)
            self._crash_point("events.flushed")
            self._held = []
        self.tell(batch)

    def tell(self, events: Sequence[Event]) -> None:
        """Tell the observers of events that are stored."""
        for observer in self._observers:
            for event in events:
                observer(event)

    def _store(self, write: Callable[[], None], events: Sequence[Event]) -> None:
        write_surely(write, events, self.log, self._clock)
