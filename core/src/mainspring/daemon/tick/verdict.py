"""Turning what an evaluation came to into a decision: keys are looked up, runs are made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mainspring.daemon.tick.offered import OfferedSchedule, OfferedSensor
from mainspring.daemon.tick.outcome import Said, schedule_outcome, sensor_outcome
from mainspring.daemon.tick.requests import Requester, keys_of, plain_requests, without_known
from mainspring.daemon.tick.work import AtWork, Decided
from mainspring.definition.evaluation import Evaluation
from mainspring.errors import UnknownNameError
from mainspring.execute.error import error_info
from mainspring.run import Run

if TYPE_CHECKING:
    from mainspring.instance import Instance
    from mainspring.location.evaluation import EvaluationReply


def decide_plainly(instance: Instance, work: AtWork, schedule: OfferedSchedule, now: float) -> Decided:
    """Return the decision of the time of a schedule without a function."""
    assert work.due is not None  # noqa: S101 - a schedule's work has one
    said = _said(instance, work, schedule, Evaluation(plain_requests(schedule)), None, now)
    return Decided(work.roster, work.entry, schedule_outcome(schedule, work.due, said, now))


def decide_as_evaluated(instance: Instance, work: AtWork, reply: EvaluationReply, now: float) -> Decided | None:
    """Return the decision that follows from a reply; None where the automation is not what it was any more."""
    match work.entry.offered:
        case OfferedSchedule() as schedule if work.due is not None:
            said = _said(instance, work, schedule, reply.evaluation, reply, now)
            return Decided(work.roster, work.entry, schedule_outcome(schedule, work.due, said, now), reply)
        case OfferedSensor() as sensor if work.due is None:
            said = _said(instance, work, sensor, reply.evaluation, reply, now)
            decision = sensor_outcome(sensor, work.state, work.cursor, said, work.began_at, now)
            return Decided(work.roster, work.entry, decision, reply)
        case _:
            return None


def _said(
    instance: Instance,
    work: AtWork,
    automation: OfferedSchedule | OfferedSensor,
    evaluation: Evaluation,
    reply: EvaluationReply | None,
    now: float,
) -> Said:
    """Return what was said, with runs made of the requests that are news."""
    known = instance.storage.automations.known_keys(*automation.key, keys_of(evaluation.requests))
    new, known_keys = without_known(evaluation.requests, known)
    error = None if reply is None else reply.error
    logs: Mapping[str, str] = {} if reply is None else reply.logs
    cursor = evaluation.cursor if reply is None else reply.cursor_after(work.cursor)
    runs: tuple[Run, ...] = ()
    due_at = None if work.due is None else work.due.time
    try:
        requester = _requester(instance, work)
        runs = requester.runs(automation, new, now, scheduled_time=due_at, waits_for_last=work.waits_for_last)
    except UnknownNameError as unknown:
        error, cursor = error_info(unknown), work.cursor
    return Said(
        runs=runs,
        skip_reason=evaluation.skip_reason,
        cursor=cursor,
        dropped=evaluation.duplicates + len(known_keys),
        dropped_keys=known_keys,
        error=error,
        logs=logs,
    )


def _requester(instance: Instance, work: AtWork) -> Requester:
    settings = instance.settings
    if settings is None:
        return Requester(work.roster.jobs, None, (), instance.randomness)
    return Requester(work.roster.jobs, settings.mode, settings.modes, instance.randomness)
