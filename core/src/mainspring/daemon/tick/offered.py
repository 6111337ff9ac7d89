"""Schedules and sensors as their locations offered them: all that is needed to decide, short of calling their functions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any, TypeAlias

from attrs import field, frozen

from mainspring.daemon.tick.interest import Follows, follows_of
from mainspring.definition.catch_up import CatchUp, Overlap
from mainspring.definition.timing import Timing, timing_of
from mainspring.errors import DefinitionError
from mainspring.storage import DefinitionRecord


@frozen(kw_only=True)
class OfferedAutomation:
    """What schedules and sensors have in common.

    Attributes:
        location: The code location.
        name: The name.
        jobs: The names of the jobs that it may ask for runs of.
        mode: The mode of its runs, if it names one.
        is_running_by_default: Whether it is on until somebody has switched it.
        deadline_seconds: How long one evaluation may take.
        adopts: The name that it had before.
        tags: The tags of its runs.
        description: What it does.
        code: The hash of its definition.
    """

    location: str
    name: str
    jobs: tuple[str, ...]
    mode: str | None
    is_running_by_default: bool
    deadline_seconds: float
    adopts: str | None
    tags: Mapping[str, str]
    description: str
    code: str

    @property
    def key(self) -> tuple[str, str]:
        """Its location and its name."""
        return self.location, self.name

    def is_on(self, switch: str | None) -> bool:
        """Return whether it is on; what somebody has switched overrides what its definition says."""
        return self.is_running_by_default if switch is None else switch == "running"


@frozen(kw_only=True)
class OfferedSchedule(OfferedAutomation):
    """A schedule.

    Attributes:
        timing: When it is due.
        catch_up: What becomes of missed times.
        overlap: What becomes of a time at which its last run is not done.
        has_function: Whether a function says what to ask for; else it is a plain run of each job.
        config: The config of plain runs.
    """

    kind = "schedule"

    timing: Timing
    catch_up: CatchUp
    overlap: Overlap
    has_function: bool
    config: Mapping[str, Any] = field(factory=dict)

    @cached_property
    def timing_text(self) -> str:
        """Its timing as text: equal for equal timings."""
        return timing_text(self.timing)


@frozen(kw_only=True)
class OfferedSensor(OfferedAutomation):
    """A sensor.

    Attributes:
        every_seconds: How often it is evaluated.
        acknowledges: Whether its source wants to be told what was recorded.
        source: What its source is, if it has one.
        follows: What it follows in the log, if it does.
    """

    kind = "sensor"

    every_seconds: float
    acknowledges: bool
    source: str | None = None
    follows: Follows | None = None


Offered: TypeAlias = OfferedSchedule | OfferedSensor


def timing_text(timing: Timing) -> str:
    """Return a timing as text: equal for equal timings."""
    return json.dumps(timing.plain(), sort_keys=True)


def read_timing(text: str) -> Timing:
    """Return the timing that was made text.

    Raises:
        DefinitionError: It cannot be read.
    """
    return timing_of(json.loads(text))


def read_offered(record: DefinitionRecord) -> Offered:
    """Read what a location said of a schedule or a sensor.

    Raises:
        DefinitionError: It cannot be read here, as where this machine does not know a time zone.
    """
    try:
        body = json.loads(record.body)
        common = {
            "location": record.location,
            "name": record.name,
            "jobs": tuple(body["jobs"]),
            "mode": body["mode"],
            "is_running_by_default": body["default_status"] == "running",
            "deadline_seconds": float(body["deadline_seconds"]),
            "adopts": body["adopts"],
            "tags": body["tags"],
            "description": body["description"],
            "code": record.hash,
        }
        if record.kind == "sensor":
            return OfferedSensor(
                **common,
                every_seconds=float(body["every_seconds"]),
                acknowledges=body["acknowledges"],
                source=body["source"],
                follows=follows_of(body.get("follows")),
            )
        return OfferedSchedule(
            **common,
            timing=timing_of(body),
            catch_up=CatchUp(body["catch_up"]["limit"], body["catch_up"]["window_seconds"]),
            overlap=body["overlap"],
            has_function=body["has_function"],
            config=body.get("config", {}),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DefinitionError(
            f"{record.kind} {record.name!r} of location {record.location!r} cannot be read ({error}); upgrade Mainspring "
            "here or in the location's environment, so that both are of one version"
        ) from error
