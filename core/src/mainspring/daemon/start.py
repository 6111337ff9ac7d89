"""When a run is tried again that could not be started: pure decisions."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import frozen

from mainspring.launch import WorkerHealth

FIRST_BACK_OFF_SECONDS = 0.5
LAST_BACK_OFF_SECONDS = 30.0
"""How long it takes until a run that could not be started is tried again, at first and at last."""

UNACKNOWLEDGED_SECONDS = 5.0
"""How long a launch may go unacknowledged before somebody else looks after it."""


@frozen
class Refusal:
    """That a run could not be started.

    Attributes:
        count: How often, in a row.
        at: When it was last, in seconds on the monotonic clock.
    """

    count: int
    at: float

    @property
    def again_at(self) -> float:
        """When it may be tried again, in seconds on the monotonic clock."""
        return self.at + min(FIRST_BACK_OFF_SECONDS * 2.0 ** (min(self.count, 10) - 1), LAST_BACK_OFF_SECONDS)


Fate: TypeAlias = Literal["leave", "requeue"]


def fate_of_starting(health: WorkerHealth) -> Fate:
    """Return what becomes of a run that was to be started and that no worker has claimed for too long.

    Args:
        health: How its worker does.
    """
    # A worker that runs will claim it; where that cannot be told, a second worker would do no harm but help neither.
    return "leave" if health.status in ("RUNNING", "UNKNOWN") else "requeue"
