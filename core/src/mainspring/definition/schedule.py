"""Schedules: runs at set times."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, ClassVar, TypeAlias, get_args

from attrs import Attribute, evolve, field, frozen

from mainspring.definition.automation import (
    DEADLINE_SECONDS,
    Automation,
    Switch,
    check_choice,
    name_of,
    own_mapping,
    takes_context,
)
from mainspring.definition.automation_context import ScheduleContext, check_aware
from mainspring.definition.call import describe
from mainspring.definition.catch_up import DEFAULT_CATCH_UP, CatchUp, Overlap, catch_up_of, check_catch_up
from mainspring.definition.cron import check_crons, crons_of
from mainspring.definition.duration import check_seconds, in_seconds
from mainspring.definition.evaluation import Asked, Evaluation, Gathering, asked_by, failure
from mainspring.definition.job import Job
from mainspring.definition.request import RunRequest, checked_config
from mainspring.definition.time_zone import check_time_zone, zone_name
from mainspring.errors import DefinitionError, shorten

ScheduleFunction: TypeAlias = Callable[[ScheduleContext], Asked] | Callable[[], Asked]


@frozen(kw_only=True, eq=False, repr=False)
class Schedule(Automation):
    """Asks for runs at set times.

    Attributes:
        cron: When, as cron expressions in the time zone: minute, hour, day, month, weekday, or `@daily` and its kin.
        every_seconds: Else how often, in seconds, on multiples since the epoch. Given as `every`.
        timezone: The IANA name of the time zone.
        start: No scheduled time before it; aware.
        end: No scheduled time from it on; aware.
        catch_up: What becomes of times that were missed. Given also as `"none"`, `"latest"` or `"all"`.
        overlap: What becomes of a time at which the last run is still queued or running: it is allowed or skipped, one
            waits, or the last run is canceled.
        config: The config of requests that have none.
        function: Says what to ask for at a time; None for a plain request of each job.
    """

    kind: ClassVar[str] = "schedule"

    cron: tuple[str, ...] = field(default=(), converter=crons_of)
    every_seconds: float | None = field(default=None, alias="every", converter=in_seconds)
    timezone: str = field(default="UTC", converter=zone_name)
    start: datetime | None = field(default=None)
    end: datetime | None = field(default=None)
    catch_up: CatchUp = field(default=DEFAULT_CATCH_UP, converter=catch_up_of)
    overlap: Overlap = field(default="allow")
    config: Mapping[str, Any] = field(factory=dict, converter=own_mapping)
    function: ScheduleFunction | None = field(default=None)

    def __attrs_post_init__(self) -> None:
        if bool(self.cron) == (self.every_seconds is not None):
            raise DefinitionError(f"{self} needs either cron=… or every=…, and not both")
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise DefinitionError(
                f"{self} ends at {self.end.isoformat()}, which is not after its start; correct one of them"
            )

    @cron.validator
    def _check_cron(self, attribute: Attribute[Any], value: object) -> None:
        check_crons(str(self), value)

    @every_seconds.validator
    def _check_every(self, attribute: Attribute[Any], value: object) -> None:
        if value is not None:
            check_seconds(str(self), "every", value, least=0.001)

    @timezone.validator
    def _check_timezone(self, attribute: Attribute[Any], value: object) -> None:
        check_time_zone(str(self), value)

    @start.validator
    @end.validator
    def _check_moment(self, attribute: Attribute[Any], value: object) -> None:
        if value is not None:
            check_aware(f"the {attribute.name} of {self}", value)

    @catch_up.validator
    def _check_catch_up(self, attribute: Attribute[Any], value: object) -> None:
        check_catch_up(str(self), value)

    @config.validator
    def _check_config(self, attribute: Attribute[Any], value: object) -> None:
        checked_config(str(self), value)

    @overlap.validator
    def _check_overlap(self, attribute: Attribute[Any], value: object) -> None:
        check_choice(str(self), "overlap", value, get_args(Overlap))

    @function.validator
    def _check_function(self, attribute: Attribute[Any], value: object) -> None:
        if value is not None:
            takes_context(str(self), value)

    def complete(self, request: RunRequest) -> RunRequest:
        """Return a request with all that it leaves to its schedule: job, mode, tags and config."""
        completed = super().complete(request)
        return completed if request.config or not self.config else evolve(completed, config=self.config)

    def evaluate(self, context: ScheduleContext) -> Evaluation:
        """Say what to ask for at a time; nothing is recorded or run.

        A function that returns None asks for a plain request of each job, as does a schedule without one.

        Args:
            context: `ms.testing.schedule_context(scheduled_time=…)` makes one.

        Raises:
            EvaluationFailedError: The function raised, or gave something that is no request.
        """
        if not isinstance(context, ScheduleContext):
            raise DefinitionError(f"{self} is evaluated with an ms.ScheduleContext, not with {shorten(repr(context))}")
        gathering = Gathering(self.complete)
        try:
            returned = self._call(context)
            if returned is None:
                returned = [RunRequest(job=job.name) for job in self.jobs]
            for each in asked_by(returned):
                gathering.take(each)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # what people write may raise anything, SystemExit too
            raise failure(str(self), error, Evaluation()) from error
        gathering.checkpoint(None)
        return gathering.evaluation()

    @cached_property
    def _takes_context(self) -> bool:
        return takes_context(str(self), self.function)

    def _call(self, context: ScheduleContext) -> Any:
        function: Callable[..., Any] | None = self.function
        if function is None:
            return None
        return function(context) if self._takes_context else function()


def schedule(
    *,
    job: Job | None = None,
    jobs: Sequence[Job] = (),
    cron: str | Sequence[str] | None = None,
    every: float | timedelta | None = None,
    timezone: str = "UTC",
    start: datetime | None = None,
    end: datetime | None = None,
    mode: str | None = None,
    name: str | None = None,
    config: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
    default_status: Switch = "stopped",
    catch_up: CatchUp | str = DEFAULT_CATCH_UP,
    overlap: Overlap = "allow",
    deadline: float | timedelta = DEADLINE_SECONDS,
    adopts: str | None = None,
    description: str | None = None,
) -> Callable[[ScheduleFunction], Schedule]:
    """Make a schedule of a function that says what to ask for at a time.

    The function takes an `ms.ScheduleContext`, or nothing. It returns an `ms.RunRequest`, an `ms.SkipReason`, a list of
    requests, or None for a plain request; or it yields requests and skip reasons.

    Args:
        job: The job that it asks for runs of.
        jobs: Or several jobs, one of which each request names.
        cron: When: `"0 3 * * MON-FRI"`, `"@daily"`, or several.
        every: Else how often, in seconds, on multiples since the epoch.
        timezone: The IANA name of the time zone in which the crons are read.
        start: No scheduled time before it; aware.
        end: No scheduled time from it on; aware.
        mode: The mode of its runs; the instance's, else the job's first, unless given.
        name: Its name; the function's unless given.
        config: The config of requests that have none.
        tags: Tags of each run.
        default_status: `"running"` or `"stopped"`, until somebody has switched it.
        catch_up: What becomes of times that were missed: `"none"`, `"latest"`, `"all"`, or an `ms.CatchUp`.
        overlap: Whether a time starts while the last run is queued or running.
        deadline: How long one evaluation may take, in seconds.
        adopts: The name that it had before, whose state and keys it keeps.
        description: What it does; the function's docstring unless given.

    Raises:
        DefinitionError: Something does not fit.
    """

    def decorate(function: ScheduleFunction) -> Schedule:
        return Schedule(
            name=name_of("schedule", function, name),
            job=job,
            jobs=jobs,
            cron=cron,
            every=every,
            timezone=timezone,
            start=start,
            end=end,
            mode=mode,
            config=config,
            tags=tags,
            default_status=default_status,
            catch_up=catch_up,
            overlap=overlap,
            deadline=deadline,
            adopts=adopts,
            description=describe(function, description),
            function=function,
        )

    return decorate
