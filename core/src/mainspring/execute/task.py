"""Tasks: a step with all that it takes to run it, wherever that may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from attrs import field, frozen

from mainspring.definition.op import Op
from mainspring.definition.source import Collected, Constant, FanIn, ItemOf, OutputOf, Source
from mainspring.event import RunState, StoredOutput
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
    @property
    def state(self) -> RunState: ...


def make_task(context: Surroundings, step: Step, attempt: int, *, is_ephemeral: bool = False) -> StepTask:
    """Return the task of a step that may start: its sources, turned into pointers to what is stored."""
    inputs = {name: _resolve(context, step, source) for name, source in step.inputs.items()}
    return StepTask(context.run, step, attempt, inputs, is_ephemeral)


def _resolve(context: Surroundings, step: Step, source: Source) -> ResolvedInput:
    progress = context.progress
    match source:
        case Constant():
            return source
        case OutputOf(node, output):
            return _pointer(context, progress.writer(node, step), output, None)
        case ItemOf(node, output):
            return _pointer(context, node, output, step.mapping_key)
        case Collected(node, output):
            if context.plan.steps[node].is_template:
                writers = [key for key in progress.instances(node) if progress.has_output(key, output)]
                return ValueList(tuple(_pointer(context, key, output, None) for key in writers))
            keys = progress.keys.get((node, output), [])
            return ValueList(tuple(_pointer(context, node, output, key) for key in keys))
        case FanIn(sources):
            present = [each for each in sources if not progress.is_missing(each, step)]
            return ValueList(tuple(_resolve(context, step, each) for each in present))


def _pointer(context: Surroundings, writer: str, output: str, mapping_key: str | None) -> ValuePointer:
    return ValuePointer(context.progress.steps[writer].op, context.state.outputs[writer, output, mapping_key])
