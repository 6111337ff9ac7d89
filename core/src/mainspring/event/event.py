"""Events: facts with who, when and where they were recorded."""

from __future__ import annotations

from datetime import UTC, datetime

from attrs import frozen

from mainspring.event.facts import ErrorInfo, Fact

__all__ = ["ErrorInfo", "Event"]


@frozen(kw_only=True)
class Event:
    """A fact recorded about a run, a step or an asset; never changed.

    Attributes:
        run_id: The run.
        run_attempt: The attempt of the run.
        fact: What happened.
        timestamp: When, in seconds since the epoch.
        step_key: The step, for facts about one.
        step_attempt: The attempt of the step, for facts about one.
        event_id: Its place in the log: whoever has read up to n misses nothing smaller; None before it is stored.
    """

    run_id: str
    run_attempt: int
    fact: Fact
    timestamp: float
    step_key: str | None = None
    step_attempt: int | None = None
    event_id: int | None = None

    @property
    def kind(self) -> str:
        """What kind of fact it is: `STEP_SUCCESS`."""
        return self.fact.kind

    def stored_as(self, event_id: int) -> Event:
        """Return the event with the place in the log that it was given."""
        return Event(
            run_id=self.run_id,
            run_attempt=self.run_attempt,
            fact=self.fact,
            timestamp=self.timestamp,
            step_key=self.step_key,
            step_attempt=self.step_attempt,
            event_id=event_id,
        )

    @property
    def time(self) -> datetime:
        """When it happened; aware, UTC."""
        return datetime.fromtimestamp(self.timestamp, UTC)
