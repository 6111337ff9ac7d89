"""Runs and their tags as rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import attrs
from sqlalchemy import Row

from mainspring.errors import StorageError
from mainspring.run import Run, RunPolicy, RunStatus, WorkerIdentity
from mainspring.run.policy import NO_POLICY
from mainspring.storage.sql.tables import runs

_FINDABLE_LIMIT = 300
_COLUMNS = [each.name for each in runs.c]


def to_row(run: Run) -> dict[str, Any]:
    """Return the row of a run."""
    return {
        "run_id": run.run_id,
        "job_name": run.job_name,
        "mode": run.mode,
        "status": run.status.value,
        "attempt": run.attempt,
        "config": json.dumps(run.config),
        "tags": json.dumps(dict(run.tags)),
        "selection": None if run.selection is None else json.dumps(run.selection),
        "run_key": run.run_key,
        "scheduled_time": run.scheduled_time,
        "partition_key": run.partition_key,
        "parent_run_id": run.parent_run_id,
        "priority": run.priority,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "reason": run.reason,
        "worker": worker_to_text(run.worker),
        "location": run.location,
        "automation": run.automation,
        "tick_id": run.tick_id,
        "policy": _policy_to_text(run.policy),
        "not_before": run.not_before,
        "retries_left": run.retries_left,
    }


def from_row(row: Row[Any]) -> Run:
    """Read the row of a run."""
    return from_values(row)


def from_values(values: Sequence[Any]) -> Run:
    """Read the row of a run from the values of all its columns, in their order."""
    fields = dict(zip(_COLUMNS, values, strict=True))
    run_id = fields["run_id"]
    try:
        return from_fields(fields)
    except (ValueError, TypeError) as error:
        raise StorageError(
            f"the row of run {run_id} is damaged ({error}); restore the database from a backup, or delete that row"
        ) from error


def from_fields(fields: dict[str, Any]) -> Run:
    """Return the run of a row's fields."""
    fields["status"] = RunStatus(fields["status"])
    fields["config"] = json.loads(fields["config"])
    fields["tags"] = json.loads(fields["tags"])
    if fields["selection"] is not None:
        fields["selection"] = tuple(json.loads(fields["selection"]))
    if fields["worker"] is not None:
        fields["worker"] = WorkerIdentity(**json.loads(fields["worker"]))
    fields["retries_left"] = fields["retries_left"] or 0
    fields["policy"] = NO_POLICY if fields["policy"] is None else RunPolicy(**json.loads(fields["policy"]))
    return Run(**fields)


def _policy_to_text(policy: RunPolicy) -> str | None:
    return None if policy == NO_POLICY else json.dumps(attrs.asdict(policy))


def worker_to_text(worker: WorkerIdentity | None) -> str | None:
    """Return a worker as text."""
    return None if worker is None else json.dumps(attrs.asdict(worker))


def findable(text: str) -> str:
    """Return what stands for a tag's key or value in the index, whose rows PostgreSQL limits to 2,704 bytes."""
    if len(text) <= _FINDABLE_LIMIT:
        return text
    import hashlib

    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{text[: _FINDABLE_LIMIT - len(digest)]}{digest}"


def tag_rows(run: Run) -> list[dict[str, Any]]:
    """Return the rows of a run's tags."""
    return [{"run_id": run.run_id, "key": findable(key), "value": findable(value)} for key, value in run.tags.items()]
