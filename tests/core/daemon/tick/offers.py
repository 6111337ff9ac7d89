"""Schedules and sensors as locations offer them."""

from typing import Any

from mainspring.daemon.tick.offered import OfferedSchedule, OfferedSensor
from mainspring.definition.catch_up import CatchUp
from mainspring.definition.timing import Timing

_COMMON: dict[str, Any] = {
    "location": "sales",
    "jobs": ("ingest",),
    "mode": None,
    "is_running_by_default": True,
    "deadline_seconds": 60.0,
    "adopts": None,
    "tags": {},
    "description": "",
    "code": "c0de",
}


def offered_schedule(timing: Timing | None = None, **changes: Any) -> OfferedSchedule:
    """Return a schedule: hourly unless given."""
    given = {
        **_COMMON,
        "name": "nightly",
        "timing": Timing(every_seconds=3600) if timing is None else timing,
        "catch_up": CatchUp(),
        "overlap": "allow",
        "has_function": False,
        **changes,
    }
    return OfferedSchedule(**given)


def offered_sensor(**changes: Any) -> OfferedSensor:
    """Return a sensor."""
    given = {**_COMMON, "name": "uploads", "every_seconds": 15.0, "acknowledges": False, **changes}
    return OfferedSensor(**given)
