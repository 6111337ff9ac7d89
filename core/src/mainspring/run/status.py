"""Statuses of runs and steps, and the one table of the changes that are allowed."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from mainspring.errors import TransitionError


class RunStatus(StrEnum):
    """Where a run stands."""

    QUEUED = "QUEUED"
    STARTING = "STARTING"
    STARTED = "STARTED"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    CANCELING = "CANCELING"
    CANCELED = "CANCELED"

    @property
    def is_final(self) -> bool:
        """Whether the attempt is over."""
        return self in (RunStatus.SUCCESS, RunStatus.FAILURE, RunStatus.CANCELED)


class StepStatus(StrEnum):
    """Where one attempt of a step stands."""

    STARTED = "STARTED"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    RETRY = "RETRY"
    SKIPPED = "SKIPPED"
    CANCELED = "CANCELED"


_S = RunStatus
TRANSITIONS: Mapping[RunStatus | None, frozenset[RunStatus]] = {
    None: frozenset({_S.QUEUED, _S.STARTED}),
    _S.QUEUED: frozenset({_S.STARTING, _S.STARTED, _S.CANCELED, _S.FAILURE}),
    _S.STARTING: frozenset({_S.STARTED, _S.QUEUED, _S.FAILURE, _S.CANCELING, _S.CANCELED}),
    _S.STARTED: frozenset({_S.SUCCESS, _S.FAILURE, _S.CANCELING, _S.CANCELED}),
    _S.CANCELING: frozenset({_S.CANCELED, _S.SUCCESS, _S.FAILURE}),
    _S.SUCCESS: frozenset(),
    _S.FAILURE: frozenset({_S.QUEUED, _S.STARTED}),
    _S.CANCELED: frozenset({_S.QUEUED, _S.STARTED}),
}
"""Which status may follow which. None is a run that does not exist yet; a run that is executed where it is made begins
STARTED. What leads out of FAILURE and CANCELED is a new attempt."""


def check_transition(run_id: str, old: RunStatus | None, new: RunStatus) -> None:
    """Check a change of status against the table.

    Raises:
        TransitionError: The table does not allow it.
    """
    if new not in TRANSITIONS[old]:
        before = "does not exist" if old is None else f"is {old}"
        raise TransitionError(f"run {run_id} {before} and cannot become {new}; read the run again before you change it")
