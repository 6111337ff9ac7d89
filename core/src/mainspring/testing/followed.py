"""What asset sensors and run status sensors are called with, made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

from mainspring.definition.asset import AssetKey, Materialization, asset_key
from mainspring.definition.asset_sensor import MaterializationEvent
from mainspring.definition.run_status_sensor import RunStatusEvent
from mainspring.run import Run, RunStatus

_ids = count(1)


def materialization(
    asset: str | AssetKey,
    *,
    metadata: Mapping[str, Any] | None = None,
    partition_key: str | None = None,
    run_id: str = "test-run",
    step_key: str = "test_op",
    event_id: int | None = None,
    timestamp: float = 0.0,
) -> MaterializationEvent:
    """Return what an asset sensor is called with: `sensor.evaluate(sensor_context(), [materialization("orders")])`.

    Args:
        asset: The asset's key.
        metadata: What its writer says of it.
        partition_key: Which partition was written.
        run_id: The run that wrote it.
        step_key: The step that wrote it.
        event_id: Its place in the log; behind those of all made before unless given.
        timestamp: When, in seconds since the epoch.
    """
    written = Materialization(asset_key(asset), metadata or {}, partition_key)
    return MaterializationEvent(
        event_id=next(_ids) if event_id is None else event_id,
        asset_key=written.asset,
        run_id=run_id,
        step_key=step_key,
        partition_key=written.partition_key,
        metadata=written.metadata,
        timestamp=timestamp,
    )


def run_event(
    status: RunStatus | str,
    *,
    job_name: str = "test_job",
    run_id: str = "test-run",
    mode: str = "test",
    tags: Mapping[str, str] | None = None,
    partition_key: str | None = None,
    reason: str | None = None,
    event_id: int | None = None,
    timestamp: float = 0.0,
) -> RunStatusEvent:
    """Return what a run status sensor is called with: `sensor.evaluate(sensor_context(), [run_event("FAILURE")])`.

    Args:
        status: The status that the run came to.
        job_name: The run's job.
        run_id: The run.
        mode: The run's mode.
        tags: The run's tags.
        partition_key: The run's partition.
        reason: Why it failed or was canceled.
        event_id: Its place in the log; behind those of all made before unless given.
        timestamp: When, in seconds since the epoch.
    """
    run = Run(
        run_id=run_id,
        job_name=job_name,
        mode=mode,
        status=RunStatus(status),
        tags=dict(tags or {}),
        partition_key=partition_key,
        reason=reason,
    )
    place = next(_ids) if event_id is None else event_id
    return RunStatusEvent(event_id=place, status=run.status, run=run, reason=reason, timestamp=timestamp)
