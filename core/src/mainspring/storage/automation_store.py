"""The part of the storage port that is about automations."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from mainspring.storage.admission import Admission, Batch
from mainspring.storage.automation import AutomationState, Decision, RunKey, Tick, TickQuery
from mainspring.storage.duty import Duty


class AutomationStore(Protocol):
    """Keeps how automations stand, their ticks, the requests that are to be queued yet, and the ledger of run keys."""

    def states(self, location: str | None = None) -> list[AutomationState]:
        """Return how all automations stand, or those of a location, by location and name."""

    def get(self, location: str, name: str) -> AutomationState | None:
        """Return how an automation stands, or None where it was never seen."""

    def cursors(self, location: str, names: Collection[str]) -> dict[str, str | None]:
        """Return the cursors of automations of a location, by name."""

    def follower_cursors(self) -> list[str | None]:
        """Return the cursors of all sensors that follow the log: those with a `timing`, if their location offers them."""

    def introduce(self, states: Sequence[AutomationState]) -> None:
        """Store how automations stand that were not seen before; those that were stay as they are."""

    def adopt(self, location: str, old: str, new: str, at: float) -> bool:
        """Give an automation another name, with its ticks and keys; False where there is none, or one of that name.

        Args:
            location: Its location.
            old: The name that it had.
            new: The one that it has.
            at: Seconds since the epoch.
        """

    def commit(
        self, decisions: Sequence[Decision], admission: Admission | None = None, duty: Duty | None = None
    ) -> Batch:
        """Store decisions, and have runs that may start now leave the queue, in one durable transaction.

        A decision about an automation that somebody else has changed in the meantime changes nothing, and the others do.

        Args:
            decisions: At most one an automation.
            admission: By which rules runs start; None for none.
            duty: The lease that the caller acts under, if any.

        Raises:
            SupersededError: Somebody else has the lease; nothing was stored.
        """

    def expand(self, location: str, admission: Admission | None = None, duty: Duty | None = None) -> Batch | None:
        """Queue some of the runs that ticks of a location have asked for, in one durable transaction; None for none left.

        Raises:
            SupersededError: Somebody else has the lease; nothing was stored.
        """

    def known_keys(self, location: str, name: str, keys: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        """Return those of an automation's jobs and run keys that are in the ledger, by one query."""

    def keys(self, location: str, name: str, run_key: str | None = None, limit: int = 100) -> list[RunKey]:
        """Return keys of an automation in the ledger, those that were asked for last first."""

    def clear_keys(self, location: str, name: str, run_key: str, job_name: str | None = None) -> int:
        """Forget a run key, so that it can be asked for again; return for how many jobs."""

    def ticks(self, query: TickQuery) -> list[Tick]:
        """Return the ticks that fit, the newest first."""

    def ticks_by_id(self, tick_ids: Collection[int]) -> dict[int, Tick]:
        """Return those of these ticks that there are, by id."""
