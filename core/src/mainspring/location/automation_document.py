"""Schedules and sensors as plain data: all that is needed to tick them, short of calling their functions."""

from __future__ import annotations

from typing import Any

from mainspring.definition.asset_sensor import AssetSensor
from mainspring.definition.automation import Automation
from mainspring.definition.run_status_sensor import RunStatusSensor
from mainspring.definition.schedule import Schedule
from mainspring.definition.sensor import Sensor
from mainspring.definition.sensor_source import AcknowledgingSource
from mainspring.errors import MainspringError


def schedule_document(schedule: Schedule) -> dict[str, Any]:
    """Return what is known of a schedule without its code; times in seconds since the epoch."""
    config = _plain_config(schedule)
    return {
        **_automation(schedule),
        "cron": list(schedule.cron),
        "every_seconds": schedule.every_seconds,
        "timezone": schedule.timezone,
        "start": None if schedule.start is None else schedule.start.timestamp(),
        "end": None if schedule.end is None else schedule.end.timestamp(),
        "catch_up": {"limit": schedule.catch_up.limit, "window_seconds": schedule.catch_up.window_seconds},
        "overlap": schedule.overlap,
        "has_function": schedule.function is not None or config is None,
        "config": config or {},
    }


def sensor_document(sensor: Sensor) -> dict[str, Any]:
    """Return what is known of a sensor without its code."""
    source = sensor.source
    return {
        **_automation(sensor),
        "every_seconds": sensor.every_seconds,
        "partial": sensor.partial,
        "source": None if source is None else type(source).__name__,
        "acknowledges": isinstance(source, AcknowledgingSource),
        "follows": _followed(sensor),
    }


def _followed(sensor: Sensor) -> dict[str, Any] | None:
    """Return what a sensor follows in the log; None for one that looks elsewhere."""
    match sensor:
        case AssetSensor():
            return {"assets": sorted(map(str, sensor.assets))}
        case RunStatusSensor():
            jobs = None if sensor.of is None else sorted(job.name for job in sensor.of)
            return {"statuses": sorted(sensor.statuses), "jobs": jobs, "own_runs": sensor.own_runs}
        case _:
            return None


def _plain_config(schedule: Schedule) -> dict[str, Any] | None:
    """Return the config of a schedule's plain requests; None where it cannot be told without its code."""
    from mainspring.serde import unstructured

    try:
        plain: dict[str, Any] = unstructured(f"the config of {schedule}", schedule.config)
    except MainspringError:
        return None
    return plain


def _automation(automation: Automation) -> dict[str, Any]:
    return {
        "name": automation.name,
        "jobs": [job.name for job in automation.jobs],
        "mode": automation.mode,
        "default_status": automation.default_status,
        "deadline_seconds": automation.deadline_seconds,
        "adopts": automation.adopts,
        "tags": dict(automation.tags),
        "description": automation.description,
    }
