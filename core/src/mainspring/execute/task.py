"""Tasks: a step with all that it takes to run it, wherever that may be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from attrs import field, frozen

from mainspring.definition.op import Op
from mainspring.definition.source import Collected, Constant, FanIn, ItemOf, OutputOf, Source
from mainspring.event import StoredOutput
from mainspring.plan import Plan, Progress, Step
from mainspring.run import Run


@frozen(eq=False)
class ValuePointer:
    """A value that some step stored, and the op that says how."""

    producer: Op[..., Any]
    stored: StoredOutput


@frozen(eq=False)
class ValueList:
    """Several values as a list."""

    items: tuple[ResolvedInput, ...]


Place = tuple[str, str, str | None]
"""Where a value was stored: by which step, as which output, under which mapping key."""

ResolvedInput = Constant | ValuePointer | ValueList


@frozen(eq=False)
class StepTask:
    """A step with all that it takes to run it.

    Attributes:
        run: The run.
        step: The step.
        attempt: Which attempt of it, from 1.
        inputs: Where each input's value lies; inputs left to their defaults are absent.
        is_ephemeral: Whether the run is recorded in the memory of this process only.
    """

    run: Run
    step: Step
    attempt: int
    inputs: Mapping[str, ResolvedInput] = field(factory=dict)
    is_ephemeral: bool = False


class Surroundings(Protocol):
    """What a task is made from: a run, its plan, and how far it has come."""

    @property
    def run(self) -> Run: ...
    @property
    def plan(self) -> Plan: ...
    @property
    def progress(self) -> Progress: ...


def make_task(
    context: Surroundings,
    step: Step,
    attempt: int,
    outputs: Mapping[Place, StoredOutput],
    *,
    is_ephemeral: bool = False,
) -> StepTask:
    """Return the task of a step that may start: its sources, turned into pointers to what is stored.

    Args:
        context: What it is made from.
        step: The step.
        attempt: Which attempt of it.
        outputs: The pointers to the values at its `places`, at least.
        is_ephemeral: Whether the run is recorded in the memory of this process only.
    """
    inputs = {name: _resolve(context, step, source, outputs) for name, source in step.inputs.items()}
    return StepTask(context.run, step, attempt, inputs, is_ephemeral)


def places(context: Surroundings, step: Step) -> Iterator[Place]:
    """Yield the places of the values that a step takes."""
    for source in step.inputs.values():
        yield from _places(context, step, source)


def _resolve(context: Surroundings, step: Step, source: Source, outputs: Mapping[Place, StoredOutput]) -> ResolvedInput:
    match source:
        case Constant():
            return source
        case OutputOf() | ItemOf():
            (place,) = _places(context, step, source)
            return _pointer(context, place, outputs)
        case Collected():
            return ValueList(tuple(_pointer(context, place, outputs) for place in _places(context, step, source)))
        case FanIn(sources):
            present = [each for each in sources if not context.progress.is_missing(each, step)]
            return ValueList(tuple(_resolve(context, step, each, outputs) for each in present))


def _places(context: Surroundings, step: Step, source: Source) -> Iterable[Place]:
    progress = context.progress
    match source:
        case Constant():
            return ()
        case OutputOf(node, output):
            return ((progress.writer(node, step), output, None),)
        case ItemOf(node, output):
            return ((node, output, step.mapping_key),)
        case Collected(node, output):
            if context.plan.steps[node].is_template:
                return [(key, output, None) for key in progress.instances(node) if progress.has_output(key, output)]
            return [(node, output, key) for key in progress.keys.get((node, output), [])]
        case FanIn(sources):
            present = (each for each in sources if not progress.is_missing(each, step))
            return [place for each in present for place in _places(context, step, each)]


def _pointer(context: Surroundings, place: Place, outputs: Mapping[Place, StoredOutput]) -> ValuePointer:
    return ValuePointer(context.progress.steps[place[0]].op, outputs[place])
