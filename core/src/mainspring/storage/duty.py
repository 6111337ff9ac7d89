"""Duties: what daemons agree on, so that one of them does a thing, and what they tell of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from attrs import frozen


@frozen
class Duty:
    """The lease that somebody acts under.

    Attributes:
        name: Its name.
        holder: Who has it, as they think.
    """

    name: str
    holder: str


@frozen
class Lease:
    """A duty that one process has at a time.

    Attributes:
        name: The duty.
        holder: Who has it.
        version: What is raised for as long as the holder goes on.
        identity: The holder's process, as JSON text.
    """

    name: str
    holder: str
    version: int
    identity: str = ""


@frozen
class Heartbeat:
    """What a daemon tells of itself.

    Attributes:
        daemon_id: The daemon.
        version: How often it has told.
        beat_at: When it has told last, in seconds since the epoch on its own clock.
        body: What it tells, as plain data.
    """

    daemon_id: str
    version: int
    beat_at: float
    body: Mapping[str, Any]


class DutyStore(Protocol):
    """Keeps what daemons agree on, and what they tell of themselves."""

    def leases(self) -> list[Lease]:
        """Return all leases, by name."""

    def take_lease(self, lease: Lease, before: Lease | None) -> bool:
        """Take a lease, or raise its version, if it is as it was before; return whether that was so.

        Args:
            lease: What it becomes.
            before: What it was when it was read; None where there was none.
        """

    def release_lease(self, name: str, holder: str) -> None:
        """Give up a lease, if one has it."""

    def beat(self, heartbeat: Heartbeat) -> None:
        """Store what a daemon tells of itself, in the place of what it told before."""

    def heartbeats(self) -> list[Heartbeat]:
        """Return what daemons tell of themselves, by id."""

    def forget_heartbeat(self, daemon_id: str) -> None:
        """Forget a daemon that has ended."""
