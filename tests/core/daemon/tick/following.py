"""Sensors that follow the log, as tests define them."""

from collections.abc import Callable
from typing import Any

import mainspring as ms
from mainspring.testing.contract.stored_runs import given_run
from tests.core.daemon.tick.deployed import LOCATION, Deployed


@ms.op
def one() -> int:
    return 1


@ms.job
def ingest() -> None:
    one()


@ms.job
def report() -> None:
    one()


@ms.job
def alert() -> None:
    one()


def each_one(context: ms.SensorContext, item: Any) -> ms.RunRequest:
    return ms.RunRequest(str(item.event_id))


def skip(context: ms.SensorContext, item: ms.MaterializationEvent) -> ms.SkipReason:
    return ms.SkipReason("no rows")


def watching(function: Callable[..., Any] = each_one, **changes: Any) -> ms.Definitions:
    """Return definitions with an asset sensor."""
    given = {"job": report, "asset": "orders", "name": "changed", "default_status": "running", **changes}
    return ms.Definitions(jobs=[ingest, report], sensors=[ms.asset_sensor(**given)(function)])


def alerting(function: Callable[..., Any] = each_one, **changes: Any) -> ms.Definitions:
    """Return definitions with a run status sensor."""
    given = {"job": alert, "statuses": ["FAILURE"], "name": "failed", "default_status": "running", **changes}
    return ms.Definitions(jobs=[ingest, report, alert], sensors=[ms.run_status_sensor(**given)(function)])


def given_failure(deployed: Deployed, run_id: str, **changes: Any) -> int:
    """Have a run fail, and return the event's id."""
    given = {"job_name": "ingest", "location": LOCATION, **changes}
    given_run(deployed.storage, ms.RunStatus.FAILURE, run_id, **given)
    deployed.automations.runs_changed()
    return deployed.storage.events.read(run_id)[-1].event_id or 0


def keys(deployed: Deployed) -> list[str]:
    """Return the run keys of all runs that were asked for."""
    return [run.run_key for run in deployed.runs() if run.run_key is not None]
