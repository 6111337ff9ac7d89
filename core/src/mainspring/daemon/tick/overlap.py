"""Overlap: what a schedule's live time does while runs of an earlier one are not done. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from mainspring.definition.catch_up import Overlap
from mainspring.run import Run, RunStatus
from mainspring.text import utc


@frozen
class Verdict:
    """What a time does.

    Attributes:
        refusal: Why it does not run; None where it does.
        waits_for_last: Whether its runs wait for the end of the others.
        to_cancel: The runs that are ended for it.
    """

    refusal: str | None = None
    waits_for_last: bool = False
    to_cancel: tuple[Run, ...] = ()


def judge(policy: Overlap, live: Sequence[Run]) -> Verdict:
    """Return what a live time does.

    Args:
        policy: The schedule's.
        live: The runs of the schedule that wait or are under way.
    """
    if not live or policy == "allow":
        return Verdict()
    if policy == "skip":
        return Verdict(refusal=f"{_told(live[0])} (overlap: skip)")
    if policy == "cancel_running":
        return Verdict(waits_for_last=True, to_cancel=tuple(live))
    waiting = [run for run in live if run.status is RunStatus.QUEUED]
    if waiting:
        return Verdict(refusal=f"{_told(waiting[0])}, and one may wait at a time (overlap: queue_one)")
    return Verdict(waits_for_last=True)


def _told(run: Run) -> str:
    due = "" if run.scheduled_time is None else f" of {utc(run.scheduled_time)}"
    return f"run {run.run_id}{due} is {run.status}"
