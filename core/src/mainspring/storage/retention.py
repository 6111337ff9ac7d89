"""What is too old to be kept, and the chunks in which it goes."""

from __future__ import annotations

from typing import Generic, TypeVar

from attrs import Attribute, field, frozen

from mainspring.run import RunStatus

Id = TypeVar("Id", str, int)

CHUNK_ROWS = 200
"""How many rows are looked at for a chunk."""

CHUNK_EVENTS = 2000
"""How many events the runs of a chunk may have together, unless it is one run: writers wait while they are deleted."""


def _final(instance: object, attribute: Attribute[RunStatus], status: RunStatus) -> None:
    if not status.is_final:
        raise ValueError(f"runs that are {status} are not over, so they never expire")


@frozen(kw_only=True)
class ExpiredRuns:
    """The runs that may go: those that ended in a status before a time.

    Three kinds of them stay: a run that is to be tried again without a person; one that wrote what is still the newest
    materialization of an asset's partition in its mode; and one with facts that a follower has not read yet.

    Attributes:
        status: The status, a final one.
        before: When they ended at the latest, seconds since the epoch.
        read_to: The id of the last event that all followers have read; None where nobody follows.
    """

    status: RunStatus = field(validator=_final)
    before: float
    read_to: int | None = None


@frozen(kw_only=True)
class ExpiredTicks:
    """The ticks that may go: those that were last changed before a time.

    Two kinds of them stay: the last tick of an automation, which may be tried again or counted up; and one that asked for
    runs that are still to be queued. Neither states nor run keys of automations go with their ticks, so nothing is run
    again for want of them.

    Attributes:
        before: When they were changed at the latest, seconds since the epoch.
        kind: Of automations of this kind: `schedule` or `sensor`.
        status: In this status.
    """

    before: float
    kind: str | None = None
    status: str | None = None


@frozen
class Chunk(Generic[Id]):
    """Some of the rows that may go.

    Attributes:
        ids: Which.
        after: Where the next chunk begins; None where there is no more. A chunk may be empty and not be the last.
    """

    ids: tuple[Id, ...]
    after: Id | None


def has_expired(expired: ExpiredRuns, ended_at: float | None, retries_left: int | None) -> bool:
    """Return whether a run that is in the status has ended long enough ago, and for good."""
    is_to_retry = expired.status is RunStatus.FAILURE and (retries_left or 0) > 0
    return ended_at is not None and ended_at < expired.before and not is_to_retry
