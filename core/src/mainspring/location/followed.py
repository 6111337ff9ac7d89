"""What sensors that follow the log are called with, as plain data on its way to an evaluator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from mainspring.definition.asset_sensor import MaterializationEvent
from mainspring.definition.run_status_sensor import RunStatusEvent
from mainspring.event import AssetMaterialized, Event
from mainspring.event.effect import RUN_STATUS
from mainspring.run import Run, RunPolicy, RunStatus, WorkerIdentity


def plain_materialization(event: Event) -> dict[str, Any]:
    """Return a materialization as plain data."""
    fact = event.fact
    assert isinstance(fact, AssetMaterialized)  # noqa: S101 - the log was asked for these
    return {
        "event_id": event.event_id,
        "asset_key": fact.asset,
        "run_id": event.run_id,
        "step_key": event.step_key,
        "partition_key": fact.partition_key,
        "metadata": fact.metadata,
        "timestamp": event.timestamp,
    }


def plain_change(event: Event, run: Run) -> dict[str, Any]:
    """Return a change of a run's status as plain data."""
    return {
        "event_id": event.event_id,
        "status": RUN_STATUS[type(event.fact)].value,
        "run": attrs.asdict(run),
        "reason": getattr(event.fact, "reason", None) or None,
        "timestamp": event.timestamp,
    }


def read_followed(message: Mapping[str, Any]) -> MaterializationEvent | RunStatusEvent:
    """Read what a sensor is called with."""
    if "run" not in message:
        return MaterializationEvent(**message)
    return RunStatusEvent(**{**message, "status": RunStatus(message["status"]), "run": _run(message["run"])})


def _run(fields: Mapping[str, Any]) -> Run:
    worker, selection = fields["worker"], fields["selection"]
    return Run(
        **{
            **fields,
            "status": RunStatus(fields["status"]),
            "policy": RunPolicy(**fields["policy"]),
            "worker": None if worker is None else WorkerIdentity(**worker),
            "selection": None if selection is None else tuple(selection),
        }
    )
