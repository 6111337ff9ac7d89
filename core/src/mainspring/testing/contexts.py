"""Contexts for calling ops as functions, and for evaluating schedules and sensors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mainspring.definition.automation_context import ScheduleContext, SensorContext
from mainspring.definition.context import OpContext
from mainspring.definition.resource import GivenResources


def op_context(
    *,
    resources: Mapping[str, Any] | None = None,
    run_id: str = "test-run",
    job_name: str = "test_job",
    mode: str = "test",
    step_key: str = "test_op",
    attempt: int = 1,
    run_tags: Mapping[str, str] | None = None,
    run_key: str | None = None,
    scheduled_time: datetime | None = None,
    partition_key: str | None = None,
    mapping_key: str | None = None,
) -> OpContext:
    """Return a context with which an op can be called as a function.

    What the op attaches to its outputs and the materializations that it logs can be read from the context afterwards.

    Args:
        resources: What the op finds in `context.resources`, and gets for resource parameters that are not passed.
        run_id: The run's id.
        job_name: The job's name.
        mode: The mode's name.
        step_key: The step's key.
        attempt: Which attempt this is.
        run_tags: The run's tags.
        run_key: The run's key.
        scheduled_time: When the run was due; aware.
        partition_key: The partition.
        mapping_key: The step's mapping key.
    """
    return OpContext(
        run_id=run_id,
        job_name=job_name,
        mode=mode,
        step_key=step_key,
        attempt=attempt,
        run_tags=dict(run_tags or {}),
        run_key=run_key,
        scheduled_time=scheduled_time,
        partition_key=partition_key,
        mapping_key=mapping_key,
        resources=GivenResources(resources or {}),
    )


def schedule_context(*, scheduled_time: datetime, schedule_name: str = "test_schedule") -> ScheduleContext:
    """Return a context with which a schedule can be evaluated: `schedule.evaluate(schedule_context(scheduled_time=…))`.

    Args:
        scheduled_time: The time that is decided; aware.
        schedule_name: The schedule's name.
    """
    return ScheduleContext(scheduled_time=scheduled_time, schedule_name=schedule_name)


def sensor_context(
    *,
    cursor: str | None = None,
    sensor_name: str = "test_sensor",
    last_tick_time: datetime | None = None,
    last_run_key: str | None = None,
) -> SensorContext:
    """Return a context with which a sensor can be evaluated: `sensor.evaluate(sensor_context(cursor=…))`.

    Args:
        cursor: Where the last evaluation left off.
        sensor_name: The sensor's name.
        last_tick_time: When the sensor was last evaluated; aware.
        last_run_key: The run key that it asked for last.
    """
    return SensorContext(
        cursor=cursor, sensor_name=sensor_name, last_tick_time=last_tick_time, last_run_key=last_run_key
    )
