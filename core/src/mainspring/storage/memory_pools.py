"""The places of pools in memory: counted from the steps that are under way, as in the database."""

from __future__ import annotations

from collections.abc import Mapping

from mainspring.errors import PoolFullError
from mainspring.run import PoolPlace, Run, StepRecord, StepStatus
from mainspring.storage.rows import WORKING

Steps = Mapping[str, Mapping[tuple[str, int], StepRecord]]
"""The rows of steps by step and attempt, by run."""


def places_taken(runs: Mapping[str, Run], steps: Steps, pool: str) -> int:
    """Return how many places of a pool are taken."""
    return sum(_takes_place(row, runs[run_id], pool) for run_id, rows in steps.items() for row in rows.values())


def check_place(runs: Mapping[str, Run], steps: Steps, step_key: str, place: PoolPlace) -> None:
    """Check that a step which was claimed just now, as these rows have it, is not one too many in its pool.

    Raises:
        PoolFullError: It is.
    """
    if place.limit is not None and places_taken(runs, steps, place.pool) > place.limit:
        raise PoolFullError(step_key, place.pool, place.limit)


def _takes_place(row: StepRecord, run: Run, pool: str) -> bool:
    return (
        row.pool == pool
        and row.status is StepStatus.STARTED
        and row.run_attempt == run.attempt
        and run.status in WORKING
    )
