"""Admission: having runs leave the queue, by which rules, and what came of it."""

from __future__ import annotations

from collections.abc import Collection

from attrs import field, frozen

from mainspring.run import Run
from mainspring.run.queue import QueueRules, Room
from mainspring.storage.automation import Committed


@frozen(kw_only=True)
class Admission:
    """By which rules runs leave the queue.

    Attributes:
        rules: How many may be under way.
        now: Seconds since the epoch.
        room: How many launches of a location may be under way.
        without: Runs that stay where they are.
    """

    rules: QueueRules
    now: float
    room: Room = field(factory=Room)
    without: Collection[str] = ()


@frozen
class Batch:
    """What came of decisions.

    Attributes:
        committed: What came of each, in their order.
        started: The runs that left the queue, in their order: STARTING.
    """

    committed: tuple[Committed, ...]
    started: tuple[Run, ...] = ()
