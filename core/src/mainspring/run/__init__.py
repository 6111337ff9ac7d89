"""Runs: what one is, the statuses it goes through, and the table that says which may follow which.

Pure: takes values and returns values; opens, reads and writes nothing.
"""

from mainspring.run.policy import RunPolicy
from mainspring.run.pool import NO_PLACES, PoolPlace
from mainspring.run.run import Run, StepRecord
from mainspring.run.status import RunStatus, StepStatus, check_transition
from mainspring.run.worker import WorkerIdentity

__all__ = [
    "NO_PLACES",
    "PoolPlace",
    "Run",
    "RunPolicy",
    "RunStatus",
    "StepRecord",
    "StepStatus",
    "WorkerIdentity",
    "check_transition",
]
