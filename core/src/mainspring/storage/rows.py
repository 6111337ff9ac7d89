"""What an event does to the rows of runs and steps: the one account of it that every store follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mainspring.errors import SupersededError, TransitionError, shorten
from mainspring.event import Event
from mainspring.event.effect import RUN_STATUS, STEP_BEGIN, STEP_END, STEP_WITHIN
from mainspring.run import Run, RunStatus, StepStatus, WorkerIdentity, check_transition

WORKING = (RunStatus.STARTED, RunStatus.CANCELING)
"""The statuses in which a run's worker may write."""

ACTIVE = (RunStatus.STARTING, *WORKING)
"""The statuses in which a run takes up a place."""

WAITING = (RunStatus.QUEUED, RunStatus.STARTING)
"""The statuses in which a run waits for a worker."""


def check_in_charge(run_id: str, run: tuple[RunStatus, int] | None, run_attempt: int, events: list[Event]) -> None:
    """Check that an attempt may write these events to the run.

    Args:
        run_id: The run.
        run: Its status and attempt as stored, or None where there is no such run.
        run_attempt: The attempt that writes.
        events: What it writes.

    Raises:
        SupersededError: It may not.
    """
    if run is None:
        raise SupersededError(f"run {run_id} is gone; nothing was written")
    attempt = run[1]
    if attempt != run_attempt:
        raise SupersededError(
            f"attempt {run_attempt} of run {run_id} was superseded by attempt {attempt}; nothing was written"
        )
    for event in events:
        if event.run_id != run_id or event.run_attempt != run_attempt:
            raise SupersededError(
                f"an event of attempt {event.run_attempt} of run {event.run_id} came with those of attempt {run_attempt} "
                f"of run {run_id}; nothing was written"
            )


def check_working(run_id: str, status: RunStatus) -> None:
    """Check that the steps of a run in this status may write.

    Raises:
        SupersededError: They may not.
    """
    if status not in WORKING:
        raise SupersededError(f"run {run_id} is {status}, so its steps take no more events; nothing was written")


def attempts_to_check(run_id: str, events: Sequence[Event]) -> set[tuple[str, int]]:
    """Return the attempts of steps that must be under way for a batch, and that it neither begins nor ends itself.

    Raises:
        SupersededError: The batch tells something of an attempt before it begins it, or after it ends it.
    """
    to_check: set[tuple[str, int]] = set()
    begun: set[tuple[str, int]] = set()
    ended: set[tuple[str, int]] = set()
    for event in events:
        if event.step_key is None or event.step_attempt is None:
            continue
        place = (event.step_key, event.step_attempt)
        kind = type(event.fact)
        if (kind in STEP_BEGIN and place in to_check) or (kind in STEP_WITHIN and place in ended):
            raise not_claimed(run_id, *place)
        if kind in STEP_END or STEP_BEGIN.get(kind) is StepStatus.SKIPPED:
            ended.add(place)
            to_check.discard(place)
        elif kind in STEP_BEGIN:
            begun.add(place)
        elif kind in STEP_WITHIN and place not in begun:
            to_check.add(place)
    return to_check


def run_changes(run_id: str, old: RunStatus, event: Event) -> dict[str, Any] | None:
    """Return what an event changes in its run's row, or None for nothing.

    Raises:
        TransitionError: The table does not allow the change.
    """
    new = RUN_STATUS.get(type(event.fact))
    if new is None:
        return None
    check_transition(run_id, old, new)
    if old.is_final:
        raise TransitionError(f"run {run_id} is {old}; only a new attempt can make it {new}, so begin one")
    changes: dict[str, Any] = {"status": new, "reason": getattr(event.fact, "reason", None) or None}
    if new is RunStatus.STARTED:
        changes["started_at"] = event.timestamp
    changes["ended_at"] = event.timestamp if new.is_final else None
    return changes


def check_new(run: Run, *, exists: bool) -> None:
    """Check that a run may be inserted as it is.

    Raises:
        TransitionError: It may not.
    """
    if exists:
        raise TransitionError(f"there is a run {run.run_id} already; nothing was written")
    check_transition(run.run_id, None, run.status)


def new_attempt(run_id: str, run: Run | None, attempt: int, worker: WorkerIdentity | None, at: float) -> dict[str, Any]:
    """Return what the row of a run becomes when an attempt follows the one that is over.

    Raises:
        SupersededError: There is a later attempt already, or no such run.
        TransitionError: The attempt is not over.
    """
    check_follows(run_id, run, attempt, RunStatus.STARTED)
    return {
        "status": RunStatus.STARTED,
        "attempt": attempt + 1,
        "started_at": at,
        "ended_at": None,
        "reason": None,
        "worker": worker,
    }


def queued_attempt(
    run_id: str, run: Run | None, attempt: int, not_before: float | None, events: Sequence[Event]
) -> dict[str, Any]:
    """Return what the row of a run becomes when an attempt waits in the queue that follows the one that is over.

    Raises:
        SupersededError: There is a later attempt already, or no such run.
        TransitionError: The attempt is not over, or has succeeded.
    """
    check_follows(run_id, run, attempt, RunStatus.QUEUED)
    assert run is not None  # noqa: S101 - checked just now
    return {
        "status": RunStatus.QUEUED,
        "attempt": attempt + 1,
        "started_at": None,
        "ended_at": None,
        "reason": next((getattr(each.fact, "reason", None) or None for each in events), None),
        "worker": None,
        "not_before": not_before,
        "retries_left": max(run.retries_left - 1, 0),
    }


def check_follows(run_id: str, run: Run | None, attempt: int, new: RunStatus) -> None:
    """Check that a new attempt, which begins in this status, may follow one.

    Raises:
        SupersededError: There is a later attempt already, or no such run.
        TransitionError: The attempt is not over, or has succeeded.
    """
    check_in_charge(run_id, None if run is None else (run.status, run.attempt), attempt, [])
    assert run is not None  # noqa: S101 - checked just now
    if not run.status.is_final:
        raise TransitionError(f"run {run_id} is {run.status}, so its attempt {attempt} is not over; cancel it first")
    check_transition(run_id, run.status, new)


def claimed(run_id: str, run: Run | None, attempt: int, worker: WorkerIdentity, at: float) -> dict[str, Any]:
    """Return what the row of a run becomes when a worker takes charge of an attempt that was queued.

    Raises:
        SupersededError: It may not.
    """
    check_in_charge(run_id, None if run is None else (run.status, run.attempt), attempt, [])
    assert run is not None  # noqa: S101 - checked just now
    if run.status not in WAITING:
        raise SupersededError(
            f"attempt {attempt} of run {run_id} is {run.status}, so no worker can begin it; nothing was written"
        )
    return {"status": RunStatus.STARTED, "started_at": at, "ended_at": None, "reason": None, "worker": worker}


def claim_refused(run_id: str, step_key: str, attempt: int) -> SupersededError:
    """Return the error of a second claim of a step's attempt."""
    return SupersededError(
        f"attempt {attempt} of step {shorten(step_key)!r} in run {run_id} is claimed already; nothing was written"
    )


def not_claimed(run_id: str, step_key: str, attempt: int) -> SupersededError:
    """Return the error of a write to a step's attempt that is not, or no longer, under way."""
    return SupersededError(
        f"attempt {attempt} of step {shorten(step_key)!r} in run {run_id} is not under way any more; nothing was written"
    )
