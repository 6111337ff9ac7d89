"""Runs, steps, outputs and events as plain data: what `--json` prints and pages are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mainspring.cli.run_wait import waits_for
from mainspring.event import AssetMaterialized, RunFailed, StepFailed, StepOutput, StepRetried, StepWaiting
from mainspring.execute.worker import liveness
from mainspring.run import RunStatus
from mainspring.text import utc

if TYPE_CHECKING:
    from mainspring.event import ErrorInfo, Event
    from mainspring.instance import Instance
    from mainspring.run import Run, StepRecord

_SHOWN_KINDS = (
    StepWaiting.kind,
    StepOutput.kind,
    AssetMaterialized.kind,
    StepFailed.kind,
    StepRetried.kind,
    RunFailed.kind,
)


def run_row(run: Run) -> dict[str, Any]:
    """Return a run as a list of runs shows it."""
    return {
        "run_id": run.run_id,
        "job_name": run.job_name,
        "mode": run.mode,
        "status": run.status.value,
        "attempt": run.attempt,
        "tags": dict(run.tags),
        "created_at": utc(run.created_at),
        "started_at": utc(run.started_at),
        "ended_at": utc(run.ended_at),
        "duration_seconds": _seconds(run.started_at, run.ended_at),
        "reason": run.reason,
        "run_key": run.run_key,
        "partition_key": run.partition_key,
        "parent_run_id": run.parent_run_id,
        "location": run.location,
        "automation": run.automation,
        "tick_id": run.tick_id,
    }


def run_document(run: Run, instance: Instance) -> dict[str, Any]:
    """Return all that is recorded of a run but its logs."""
    events = instance.storage.events.read(run.run_id, kinds=_SHOWN_KINDS)
    steps = instance.storage.events.steps(run.run_id)
    return {
        **run_row(run),
        "config": run.config,
        "selection": None if run.selection is None else list(run.selection),
        "scheduled_time": utc(run.scheduled_time),
        "priority": run.priority,
        "waits_for": waits_for(run, instance) if run.status is RunStatus.QUEUED else [],
        "worker": _worker(run),
        "waiting": _waiting(run, events, steps),
        "steps": [_step(record) for record in steps],
        "outputs": _outputs(events, steps),
        "materializations": [
            {
                "asset": event.fact.asset,
                "partition_key": event.fact.partition_key,
                "step_key": event.step_key,
                "timestamp": utc(event.timestamp),
                "metadata": dict(event.fact.metadata),
            }
            for event in events
            if isinstance(event.fact, AssetMaterialized)
        ],
        "failures": [
            {
                "step_key": event.step_key,
                "attempt": event.step_attempt,
                "run_attempt": event.run_attempt,
                "is_retried": isinstance(event.fact, StepRetried),
                "timestamp": utc(event.timestamp),
                "error": error_document(event.fact.error),
            }
            for event in events
            if isinstance(event.fact, (StepFailed, StepRetried))
            or (isinstance(event.fact, RunFailed) and not any(each.kind == StepFailed.kind for each in events))
        ],
    }


def event_document(event: Event) -> dict[str, Any]:
    """Return an event with the fields of its fact."""
    import json

    from mainspring.event.codec import encode_fact

    return {
        "event_id": event.event_id,
        "timestamp": utc(event.timestamp),
        "kind": event.kind,
        "run_attempt": event.run_attempt,
        "step_key": event.step_key,
        "attempt": event.step_attempt,
        "fact": json.loads(encode_fact(event.fact)),
    }


def error_document(error: ErrorInfo | None) -> dict[str, Any] | None:
    """Return an exception with its traceback and its causes."""
    if error is None:
        return None
    return {
        "type": error.type,
        "message": error.message,
        "traceback": error.traceback,
        "metadata": dict(error.metadata),
        "cause": error_document(error.cause),
    }


def _worker(run: Run) -> dict[str, Any] | None:
    """Return the process that carries out a run under way, and whether it lives, as far as this host can tell."""
    if run.worker is None or run.status not in (RunStatus.STARTED, RunStatus.CANCELING):
        return None
    return {"host": run.worker.host, "pid": run.worker.pid, "liveness": liveness(run.worker)}


def _waiting(run: Run, events: Sequence[Event], steps: Sequence[StepRecord]) -> list[dict[str, Any]]:
    """Return the steps that could begin but for their pools, of a run that somebody carries out."""
    if run.status is not RunStatus.STARTED or (run.worker is not None and liveness(run.worker) == "dead"):
        return []
    begun = {(record.step_key, record.attempt) for record in steps}
    return [
        {
            "step_key": event.step_key,
            "attempt": event.step_attempt,
            "pool": event.fact.pool,
            "since": utc(event.timestamp),
        }
        for event in events
        if isinstance(event.fact, StepWaiting)
        and event.run_attempt == run.attempt
        and (event.step_key, event.step_attempt) not in begun
    ]


def _step(record: StepRecord) -> dict[str, Any]:
    return {
        "step_key": record.step_key,
        "attempt": record.attempt,
        "status": record.status.value,
        "started_at": utc(record.started_at),
        "ended_at": utc(record.ended_at),
        "duration_seconds": _seconds(record.started_at, record.ended_at),
    }


def _outputs(events: Sequence[Event], steps: Sequence[StepRecord]) -> list[dict[str, Any]]:
    """Return the values that count: those of the attempts that succeeded."""
    succeeded = {(record.step_key, record.attempt) for record in steps if record.status == "SUCCESS"}
    return [
        {
            "step_key": event.step_key,
            "attempt": event.step_attempt,
            "output": event.fact.output,
            "mapping_key": event.fact.mapping_key,
            "type": event.fact.type,
            "io_manager": event.fact.io_manager,
            "metadata": dict(event.fact.metadata),
        }
        for event in events
        if isinstance(event.fact, StepOutput)
        and not event.fact.is_empty
        and (event.step_key, event.step_attempt) in succeeded
    ]


def _seconds(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None else round(end - start, 6)
