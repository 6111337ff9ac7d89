"""Since when nothing was deleted: only of what is younger can it be said that something is missing."""

from __future__ import annotations

import math
from collections.abc import Sequence

from attrs import evolve, frozen

from mainspring.settings import RetentionSettings
from mainspring.storage import AuditEntry, AuditQuery, Storage

_ALL = 1_000_000


@frozen
class Horizon:
    """Since when nothing was deleted, in seconds since the epoch.

    Attributes:
        runs: All runs made since then are there.
        ticks: All ticks since then that asked for runs, or decided a time.
    """

    runs: float = -math.inf
    ticks: float = -math.inf

    def no_earlier_than(self, since: float) -> Horizon:
        """Return one that leaves out what is from before a time."""
        return Horizon(max(self.runs, since), max(self.ticks, since))


EVERYTHING = Horizon()


def horizon_now(storage: Storage, retention: RetentionSettings, now: float) -> Horizon:
    """Return since when all is there in a storage.

    Args:
        storage: Where it is recorded what people have deleted.
        retention: How long what was recorded is kept.
        now: Seconds since the epoch.
    """
    return horizon_of(retention, storage.audit.find(AuditQuery(action="instance prune", limit=_ALL)), now)


def horizon_of(retention: RetentionSettings, prunings: Sequence[AuditEntry], now: float) -> Horizon:
    """Return since when all is there, by the settings as they are and by what people have deleted. Pure.

    Args:
        retention: How long what was recorded is kept.
        prunings: The recorded acts of deleting what was too old.
        now: Seconds since the epoch.
    """
    runs = [now - age for age in (retention.runs, retention.failed_runs) if age is not None]
    ticks = [] if retention.ticks is None else [now - retention.ticks]
    horizon = Horizon(max(runs, default=-math.inf), max(ticks, default=-math.inf))
    for act in prunings:
        horizon = horizon.no_earlier_than(act.at - _shortest_kept(act))
    return evolve(horizon, runs=max(horizon.runs, horizon.ticks))  # a run is looked at beside its tick


def _shortest_kept(act: AuditEntry) -> float:
    """Return how old what was deleted was at the least, in seconds."""
    ages = act.detail.get("ages")
    if ages is None:  # recorded by code that did not tell
        return act.detail.get("older_than") or 0.0
    return min(ages, default=math.inf)
