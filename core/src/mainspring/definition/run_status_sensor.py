"""Run status sensors: runs when other runs come to a status."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from attrs import Attribute, field, frozen

from mainspring.definition.automation import DEADLINE_SECONDS, Switch, name_of
from mainspring.definition.automation_context import SensorContext
from mainspring.definition.call import describe
from mainspring.definition.evaluation import Asked
from mainspring.definition.follower import Follower
from mainspring.definition.job import Job
from mainspring.definition.sensor import EVERY_SECONDS, Partial
from mainspring.errors import DefinitionError, UnknownNameError, shorten

if TYPE_CHECKING:
    from mainspring.run import Run, RunStatus

STATUSES = ("QUEUED", "STARTING", "STARTED", "SUCCESS", "FAILURE", "CANCELING", "CANCELED")
"""The names of `RunStatus`, once more, as definitions know nothing of runs; a test compares them."""


@frozen(kw_only=True)
class RunStatusEvent:
    """That a run came to a status, as a run status sensor is told.

    Attributes:
        event_id: Its place in the log; no other event has it.
        status: The status.
        run: The run as it stands, which may have gone on since.
        reason: Why it failed or was canceled, in a sentence, or waits.
        timestamp: When, in seconds since the epoch.
    """

    event_id: int
    status: RunStatus
    run: Run
    reason: str | None = None
    timestamp: float = 0.0

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.run.run_id

    @property
    def job_name(self) -> str:
        """The run's job."""
        return self.run.job_name


StatusFunction: TypeAlias = Callable[[SensorContext, RunStatusEvent], Asked]


def _status_names(value: object) -> Any:
    several = (value,) if isinstance(value, str) else value
    return tuple(dict.fromkeys(map(str, several))) if isinstance(several, (list, tuple, set, frozenset)) else value


def _watched(value: object) -> Any:
    return (value,) if isinstance(value, Job) else tuple(value) if isinstance(value, (list, tuple)) else value


@frozen(kw_only=True, eq=False, repr=False)
class RunStatusSensor(Follower):
    """Asks for runs when other runs come to a status: it is called for each change, in order.

    Attributes:
        statuses: The statuses.
        of: The jobs whose runs it watches; None for all of its location.
        own_runs: Whether it is told of runs that it asked for itself.
    """

    item: ClassVar[type] = RunStatusEvent
    made_by: ClassVar[str] = "ms.testing.run_event(…)"

    statuses: tuple[str, ...] = field(converter=_status_names)
    of: tuple[Job, ...] | None = field(default=None, converter=_watched)
    own_runs: bool = field(default=False)

    @property
    def related_jobs(self) -> tuple[Job, ...]:
        """The jobs that it may ask for runs of, and those that it watches."""
        return (*self.jobs, *(self.of or ()))

    @statuses.validator
    def _check_statuses(self, attribute: Attribute[Any], value: object) -> None:
        if not isinstance(value, tuple) or not value:
            raise DefinitionError(f"{self} needs statuses=…, as [ms.RunStatus.FAILURE], not {shorten(repr(value))}")
        for each in value:
            if each not in STATUSES:
                raise UnknownNameError("status", each, STATUSES, place=f"the statuses of {self}")

    @of.validator
    def _check_of(self, attribute: Attribute[Any], value: object) -> None:
        if value is None:
            return
        if not isinstance(value, tuple) or not value or not all(isinstance(each, Job) for each in value):
            raise DefinitionError(
                f"{self} watches of={shorten(repr(value))}; give a job or a list of jobs, or None for all of its location"
            )

    @own_runs.validator
    def _check_own_runs(self, attribute: Attribute[Any], value: object) -> None:
        if not isinstance(value, bool):
            raise DefinitionError(f"{self}: own_runs={shorten(repr(value))} must be True or False")


def run_status_sensor(
    *,
    job: Job | None = None,
    jobs: Sequence[Job] = (),
    statuses: Sequence[RunStatus | str] | RunStatus | str,
    of: Sequence[Job] | Job | None = None,
    own_runs: bool = False,
    every: float | timedelta = EVERY_SECONDS,
    mode: str | None = None,
    name: str | None = None,
    tags: Mapping[str, str] | None = None,
    default_status: Switch = "stopped",
    partial: Partial = "none",
    deadline: float | timedelta = DEADLINE_SECONDS,
    adopts: str | None = None,
    description: str | None = None,
) -> Callable[[StatusFunction], RunStatusSensor]:
    """Make a sensor of a function that is called each time a run comes to one of some statuses.

    The function takes an `ms.SensorContext` and an `ms.RunStatusEvent`. It returns or yields what the function of an
    `ms.sensor` may. It begins with what happens once it is on, is called in the order of the log, and misses none. It is
    told of runs of its own code location only.

    Args:
        job: The job that it asks for runs of.
        jobs: Or several jobs, one of which each request names.
        statuses: The statuses.
        of: The jobs whose runs it watches; None for all of its location.
        own_runs: Whether it is told of runs that it asked for itself, too: one that always asks for another never ends.
        every: How long it is left alone after it has failed, in seconds, and twice as long each time it fails again. A change
            wakes it at once.
        mode: The mode of its runs; the instance's, else the job's first, unless given.
        name: Its name; the function's unless given.
        tags: Tags of each run.
        default_status: `"running"` or `"stopped"`, until somebody has switched it.
        partial: What stands of an evaluation that fails half-way: nothing, or `"commit"` for the changes before.
        deadline: How long one evaluation, of up to fifty changes, may take, in seconds.
        adopts: The name that it had before, whose state and keys it keeps.
        description: What it does; the function's docstring unless given.

    Raises:
        DefinitionError: Something does not fit.
    """

    def decorate(function: StatusFunction) -> RunStatusSensor:
        return RunStatusSensor(
            name=name_of("sensor", function, name),
            job=job,
            jobs=jobs,
            statuses=statuses,
            of=of,
            own_runs=own_runs,
            every=every,
            mode=mode,
            tags=tags,
            default_status=default_status,
            partial=partial,
            deadline=deadline,
            adopts=adopts,
            description=describe(function, description),
            on_each=function,
        )

    return decorate
