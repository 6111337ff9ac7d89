"""Which of the runs that wait are started now: a pure decision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal, TypeAlias

from attrs import frozen

from mainspring.launch import WorkerHealth
from mainspring.run import Run

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


def choose(
    queued: Sequence[Run],
    refusals: Mapping[str, Refusal],
    now: float,
    room: int,
    under_way: Mapping[str | None, int] = MappingProxyType({}),
) -> list[Run]:
    """Return the runs to start now, in their order; a location that is slow to start its own holds up no others.

    Args:
        queued: The runs that wait, in the order in which they leave the queue.
        refusals: Those of runs that could not be started when they were last tried, by run.
        now: Seconds on the monotonic clock.
        room: How many of a location may be started at a time.
        under_way: How many are being started already, by location.
    """
    count = Counter(under_way)
    chosen: list[Run] = []
    for run in queued:
        is_ready = run.run_id not in refusals or refusals[run.run_id].again_at <= now
        if is_ready and count[run.location] < room:
            count[run.location] += 1
            chosen.append(run)
    return chosen


Fate: TypeAlias = Literal["leave", "requeue"]


def fate_of_starting(health: WorkerHealth) -> Fate:
    """Return what becomes of a run that was to be started and that no worker has claimed for too long.

    Args:
        health: How its worker does.
    """
    # A worker that runs will claim it; where that cannot be told, a second worker would do no harm but help neither.
    return "leave" if health.status in ("RUNNING", "UNKNOWN") else "requeue"
