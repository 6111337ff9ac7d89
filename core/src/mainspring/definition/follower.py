"""Followers: sensors that are called for each new fact of the log, in order, none left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Protocol, TypeAlias

from attrs import Attribute, field, frozen

from mainspring.definition.automation import signature_of
from mainspring.definition.automation_context import FollowerContext, SensorContext
from mainspring.definition.evaluation import Asked, Evaluation, Gathering, asked_by
from mainspring.definition.sensor import Sensor
from mainspring.errors import DefinitionError, shorten

FollowerFunction: TypeAlias = Callable[[SensorContext, Any], Asked]


class Followed(Protocol):
    """A fact of the log."""

    @property
    def event_id(self) -> int:
        """Its place in the log."""


@frozen(kw_only=True, eq=False, repr=False)
class Follower(Sensor):
    """A sensor that is called for each new fact of the log.

    Attributes:
        on_each: Is called for each, and says what to ask for.
    """

    item: ClassVar[type]
    """What it is called with."""
    made_by: ClassVar[str]
    """What makes one of these by hand."""

    on_each: FollowerFunction = field()

    def __attrs_post_init__(self) -> None:
        if self.function is not None or self.source is not None or self.request is not None:
            raise DefinitionError(f"{self} follows the log, so it has neither function=… nor source=… nor request=…")

    @on_each.validator
    def _check_on_each(self, attribute: Attribute[Any], value: object) -> None:
        signature = signature_of(str(self), value)
        try:
            signature.bind("context", "item")
        except TypeError:
            raise DefinitionError(
                f"{self} takes ({', '.join(signature.parameters)}), but it is called with its context and an "
                f"ms.{self.item.__name__}; give it these two parameters, and the rest defaults"
            ) from None

    def evaluate(self, context: SensorContext, items: Sequence[Followed] = ()) -> Evaluation:
        """Say what to ask for of each item, in order; nothing is recorded or run.

        Args:
            context: `ms.testing.sensor_context()` makes one.
            items: What is new.

        Raises:
            EvaluationFailedError: The function raised, or gave something that is no request. With `partial="commit"` the error
                holds what came of the items before, with the cursor behind them.
        """
        if not isinstance(context, SensorContext):
            raise DefinitionError(f"{self} is evaluated with an ms.SensorContext, not with {shorten(repr(context))}")
        following = FollowerContext(
            cursor=context.cursor,
            sensor_name=self.name,
            last_tick_time=context.last_tick_time,
            last_run_key=context.last_run_key,
            log=context.log,
        )

        def ask(context: FollowerContext, gathering: Gathering) -> None:
            for each in items:
                self._check_item(each)
                for asked in asked_by(self.on_each(context, each)):
                    gathering.take(asked)
                gathering.checkpoint(context.moved_to(each.event_id))

        return self._gather(following, ask)

    def _check_item(self, item: object) -> None:
        if not isinstance(item, self.item):
            raise DefinitionError(
                f"{self} is called with an ms.{self.item.__name__}, not with {shorten(repr(item))}; {self.made_by} makes one"
            )
