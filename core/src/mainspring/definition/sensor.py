"""Sensors: runs when something happens in the outside world."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any, ClassVar, Literal, TypeAlias, TypeVar, get_args

from attrs import Attribute, evolve, field, frozen

from mainspring.definition.automation import (
    DEADLINE_SECONDS,
    Automation,
    Switch,
    check_choice,
    name_of,
    takes_context,
)
from mainspring.definition.automation_context import SensorContext
from mainspring.definition.call import describe
from mainspring.definition.duration import check_seconds, in_seconds
from mainspring.definition.evaluation import Asked, Evaluation, Gathering, asked_by, failure
from mainspring.definition.job import Job
from mainspring.definition.request import RunRequest, SkipReason
from mainspring.definition.sensor_source import AcknowledgingSource, Item, SensorSource
from mainspring.errors import DefinitionError, shorten

EVERY_SECONDS = 15.0
"""How often a sensor is evaluated unless it says otherwise."""

Partial = Literal["none", "commit"]
"""What stands of an evaluation that fails half-way."""

SensorFunction: TypeAlias = Callable[[SensorContext], Asked] | Callable[[], Asked]
ItemFunction: TypeAlias = Callable[[Item], Asked]
C = TypeVar("C", bound=SensorContext)


@frozen(kw_only=True, eq=False, repr=False)
class Sensor(Automation):
    """Asks for runs when something happens in the outside world.

    It has a function that looks, or a source that lists what is new.

    Attributes:
        every_seconds: How often it is evaluated, in seconds. Given as `every`.
        partial: What stands of an evaluation that fails half-way: nothing, or `"commit"` for what came before.
        function: Looks, and says what to ask for.
        source: Lists what is new.
        request: Says what to ask for, of an item of the source; a run whose key is the item's unless given.
    """

    kind: ClassVar[str] = "sensor"

    every_seconds: float = field(default=EVERY_SECONDS, alias="every", converter=in_seconds)
    partial: Partial = field(default="none")
    function: SensorFunction | None = field(default=None)
    source: SensorSource | None = field(default=None)
    request: ItemFunction | None = field(default=None)

    def __attrs_post_init__(self) -> None:
        if (self.function is None) == (self.source is None):
            raise DefinitionError(f"{self} needs either a function or source=…, and not both")
        if self.request is not None and self.source is None:
            raise DefinitionError(f"{self} has request=… but no source whose items that could be asked for")

    @every_seconds.validator
    def _check_every(self, attribute: Attribute[Any], value: object) -> None:
        check_seconds(str(self), "every", value, least=1)

    @partial.validator
    def _check_partial(self, attribute: Attribute[Any], value: object) -> None:
        check_choice(str(self), "partial", value, get_args(Partial))

    @function.validator
    def _check_function(self, attribute: Attribute[Any], value: object) -> None:
        if value is not None:
            takes_context(str(self), value)

    @source.validator
    def _check_source(self, attribute: Attribute[Any], value: object) -> None:
        if value is not None and not isinstance(value, SensorSource):
            hint = "; call the class" if isinstance(value, type) else ""
            raise DefinitionError(
                f"the source of {self} is {shorten(repr(value))}, which does not derive from ms.SensorSource{hint}"
            )

    @request.validator
    def _check_request(self, attribute: Attribute[Any], value: object) -> None:
        if value is not None and not takes_context(str(self), value, "item"):
            raise DefinitionError(f"the request=… of {self} takes no item; write it as lambda item: ms.RunRequest(…)")

    def evaluate(self, context: SensorContext) -> Evaluation:
        """Look, and say what to ask for; nothing is recorded, run or acknowledged.

        Args:
            context: `ms.testing.sensor_context(cursor=…)` makes one; its cursor moves.

        Raises:
            EvaluationFailedError: The function or the source raised, or gave something that is no request. With
                `partial="commit"` the error holds what came before, with the cursor as it stood at the last yield or after
                the last whole item.
        """
        if not isinstance(context, SensorContext):
            raise DefinitionError(f"{self} is evaluated with an ms.SensorContext, not with {shorten(repr(context))}")
        return self._gather(context, self._ask_function if self.source is None else self._ask_source)

    def acknowledge(self, items: Sequence[Item]) -> None:
        """Tell the source, if it wants to know, that what these items asked for is recorded."""
        if items and isinstance(self.source, AcknowledgingSource):
            self.source.ack(items)

    def _gather(self, context: C, ask: Callable[[C, Gathering], None]) -> Evaluation:
        """Return what is asked for; of what fails half-way, what stands all the same is in the error."""
        begun = Evaluation(cursor=context.cursor)
        gathering = Gathering(self.complete, context.cursor)
        try:
            ask(context, gathering)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # what people write may raise anything, SystemExit too
            stands = gathering.evaluation() if self.partial == "commit" else begun
            raise failure(str(self), error, stands) from error
        gathering.checkpoint(context.cursor)
        return gathering.evaluation()

    @cached_property
    def _takes_context(self) -> bool:
        return takes_context(str(self), self.function)

    def _ask_function(self, context: SensorContext, gathering: Gathering) -> None:
        function: Callable[..., Any] | None = self.function
        if function is None:
            return
        returned = function(context) if self._takes_context else function()
        for each in asked_by(returned):
            gathering.take(each)
            gathering.checkpoint(context.cursor)

    def _ask_source(self, context: SensorContext, gathering: Gathering) -> None:
        source = self.source
        if source is None:
            return
        wants_to_know = isinstance(source, AcknowledgingSource)
        for item in source.poll(context.cursor):
            if not isinstance(item, Item):
                raise DefinitionError(
                    f"its source gave {shorten(repr(item))}, which is no ms.Item; yield ms.Item(key, …)"
                )
            for each in asked_by(RunRequest() if self.request is None else self.request(item)):
                gathering.take(_keyed(each, item))
            if item.cursor is not None:
                context.set_cursor(item.cursor)
            if wants_to_know:
                gathering.keep_for_acknowledgement(item)
            gathering.checkpoint(context.cursor)


def _keyed(asked: RunRequest | SkipReason, item: Item) -> RunRequest | SkipReason:
    return evolve(asked, run_key=item.key) if isinstance(asked, RunRequest) and asked.run_key is None else asked


def sensor(
    *,
    job: Job | None = None,
    jobs: Sequence[Job] = (),
    every: float | timedelta = EVERY_SECONDS,
    mode: str | None = None,
    name: str | None = None,
    tags: Mapping[str, str] | None = None,
    default_status: Switch = "stopped",
    partial: Partial = "none",
    source: SensorSource | None = None,
    deadline: float | timedelta = DEADLINE_SECONDS,
    adopts: str | None = None,
    description: str | None = None,
) -> Callable[[SensorFunction | ItemFunction], Sensor]:
    """Make a sensor of a function that looks, or of one that says what to ask for of an item of a source.

    The function takes an `ms.SensorContext`, or nothing; with `source=…` it takes an `ms.Item`. It returns an
    `ms.RunRequest`, an `ms.SkipReason`, a list of requests, or None for none; or it yields requests and skip reasons.

    Args:
        job: The job that it asks for runs of.
        jobs: Or several jobs, one of which each request names.
        every: How often it is evaluated, in seconds; 1 at least.
        mode: The mode of its runs; the instance's, else the job's first, unless given.
        name: Its name; the function's unless given.
        tags: Tags of each run.
        default_status: `"running"` or `"stopped"`, until somebody has switched it.
        partial: What stands of an evaluation that fails half-way: nothing, or `"commit"` for what came before.
        source: What lists the items that the function is called with, one by one.
        deadline: How long one evaluation may take, in seconds.
        adopts: The name that it had before, whose state and keys it keeps.
        description: What it does; the function's docstring unless given.

    Raises:
        DefinitionError: Something does not fit.
    """

    def decorate(function: Any) -> Sensor:
        return Sensor(
            name=name_of("sensor", function, name),
            job=job,
            jobs=jobs,
            every=every,
            mode=mode,
            tags=tags,
            default_status=default_status,
            partial=partial,
            source=source,
            deadline=deadline,
            adopts=adopts,
            description=describe(function, description),
            function=function if source is None else None,
            request=None if source is None else function,
        )

    return decorate
