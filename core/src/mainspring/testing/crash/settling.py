"""Whether a home has done what it was asked to do up to a moment."""

from __future__ import annotations

from mainspring.storage import Storage

_ROWS = 500
"""How many runs of each kind are looked at: where there are more, it has not settled anyway."""


def unsettled(storage: Storage, until: float) -> set[str]:
    """Return the runs that were made up to a moment and are not over, and the automations with runs to be queued yet.

    Args:
        storage: Where they are recorded.
        until: The moment, seconds since the epoch.
    """
    runs = (*storage.runs.queued(_ROWS), *storage.runs.active(_ROWS), *storage.runs.to_retry(_ROWS))
    waiting = {run.run_id for run in runs if run.created_at <= until}
    return waiting | {f"{each.location}:{each.name}" for each in storage.automations.states() if each.outbox}
