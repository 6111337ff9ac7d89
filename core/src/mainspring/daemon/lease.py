"""Leases: which daemon does what only one is to do at a time, without comparing the clocks of two hosts."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Literal, TypeAlias

from attrs import frozen

from mainspring.storage import DutyStore, Lease

TERM_SECONDS = 5.0
"""How long a lease may stay as it is until somebody else takes it, on that one's own monotonic clock."""

RENEW_SECONDS = 1.5
"""How often its holder raises its version."""

Step: TypeAlias = Literal["take", "renew", "leave"]


@frozen
class Seen:
    """A lease as it was seen.

    Attributes:
        lease: The lease.
        since: Since when it has looked so, in seconds on the monotonic clock.
    """

    lease: Lease
    since: float


def next_step(seen: Seen | None, own: str, now: float, *, is_dead: Callable[[str], bool]) -> Step:
    """Return what to do about a lease that one wants.

    Args:
        seen: How it was seen; None where nobody has it.
        own: Who one is.
        now: Seconds on the monotonic clock.
        is_dead: Whether the process of an identity is known to have died, as far as can be told on this host.
    """
    if seen is None:
        return "take"
    if seen.lease.holder == own:
        return "renew"
    return "take" if now - seen.since >= TERM_SECONDS or is_dead(seen.lease.identity) else "leave"


class Leases:
    """The leases that one process holds.

    Args:
        store: Where they are kept.
        own: Who this is: unique to the process.
        identity: The process, as text that `is_dead` reads.
        is_dead: Whether the process of an identity is known to have died.
    """

    def __init__(self, store: DutyStore, own: str, identity: str, is_dead: Callable[[str], bool]) -> None:
        self._store = store
        self._own = own
        self._identity = identity
        self._is_dead = is_dead
        self._seen: dict[str, Seen] = {}
        self._held: set[str] = set()

    @property
    def held(self) -> frozenset[str]:
        """The leases that this process has, as far as it knows; storage has the last word."""
        return frozenset(self._held)

    def reconcile(self, wanted: Collection[str], now: float) -> None:
        """Renew, take and give up leases, so that those are held that are wanted and to be had.

        Args:
            wanted: Their names.
            now: Seconds on the monotonic clock.
        """
        self._look(now)
        held: set[str] = set()
        for name in sorted(wanted):
            seen = self._seen.get(name)
            if next_step(seen, self._own, now, is_dead=self._is_dead) != "leave" and self._take(name, seen, now):
                held.add(name)
        for name in self._held - set(wanted):
            self._store.release_lease(name, self._own)
        self._held = held

    def lose(self, name: str) -> None:
        """Note that somebody else has a lease now."""
        self._held.discard(name)

    def release(self) -> None:
        """Give all of them up."""
        for name in sorted(self._held):
            self._store.release_lease(name, self._own)
        self._held = set()

    def _look(self, now: float) -> None:
        seen: dict[str, Seen] = {}
        for lease in self._store.leases():
            before = self._seen.get(lease.name)
            seen[lease.name] = before if before is not None and before.lease == lease else Seen(lease, now)
        self._seen = seen

    def _take(self, name: str, seen: Seen | None, now: float) -> bool:
        before = None if seen is None else seen.lease
        lease = Lease(name, self._own, 1 if before is None else before.version + 1, self._identity)
        if not self._store.take_lease(lease, before):
            return False
        self._seen[name] = Seen(lease, now)
        return True
