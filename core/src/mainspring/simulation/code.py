"""The code of a simulated location: evaluated live but for what leaves a trace, or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from attrs import frozen

from mainspring.daemon.tick.evaluations import Evaluating
from mainspring.daemon.tick.offered import OfferedSchedule
from mainspring.daemon.tick.requests import plain_requests
from mainspring.definition.evaluation import Evaluation
from mainspring.location.evaluation import plain_evaluation

if TYPE_CHECKING:
    from mainspring.instance import Instance


class Code(Evaluating, Protocol):
    """What a location offers, with what evaluates it."""

    def record(self, instance: Instance, /) -> None:
        """Record that the location is loaded, and what it offers."""


@frozen(eq=False)
class Live:
    """Evaluates schedules and sensors as they are; no source is told of what was recorded, as nothing is.

    Attributes:
        code: What evaluates them.
    """

    code: Evaluating

    def evaluate(self, evaluations: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """Evaluate a batch."""
        asked = [each for each in evaluations if each["kind"] != "acknowledge"]
        return self.code.evaluate(asked) if asked else iter(())


@frozen(eq=False)
class Stub:
    """Has each schedule ask for a plain run of each of its jobs.

    Attributes:
        schedules: The schedules, by name.
    """

    schedules: Mapping[str, OfferedSchedule]

    def evaluate(self, evaluations: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """Answer a batch with nothing called."""
        for each in evaluations:
            asked = Evaluation(plain_requests(self.schedules[each["name"]]))
            yield {"id": each["id"], "outcome": "evaluated", **plain_evaluation(asked)}
