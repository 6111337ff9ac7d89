"""What both sides of a fork have: messages between them name it by its number and carry only the rest."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterable, Iterator
from typing import Any

from mainspring.definition.source import Constant, FanIn, Source
from mainspring.execute.task import StepTask
from mainspring.plan import Plan, Step
from mainspring.run import Run


class Known:
    """The things of a run that do not change while it is carried out; made before the fork.

    So ops, configs and constants need not be fit for pickling, and each process has its own copy of them once.

    Args:
        run: The run.
        plan: Its plan.
    """

    def __init__(self, run: Run, plan: Plan) -> None:
        self._run = run
        self._things = list(_parts(plan.steps.values()))
        self._numbers = {id(thing): number for number, thing in enumerate(self._things)}

    def dump(self, task: StepTask) -> bytes:
        """Return a task as bytes for a process that was forked with this; what is left to pickle came from JSON."""
        buffer = io.BytesIO()
        _Pickler(buffer, self._numbers).dump((task.step, task.attempt, task.inputs, task.is_ephemeral))
        return buffer.getvalue()

    def load(self, data: bytes) -> StepTask:
        """Return the task that `dump` made these bytes of, which must come from our own parent."""
        return StepTask(self._run, *_Unpickler(io.BytesIO(data), self._things).load())


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, numbers: dict[int, int]) -> None:
        super().__init__(file, protocol=5)
        self._numbers = numbers

    def persistent_id(self, thing: Any) -> int | None:
        return self._numbers.get(id(thing))


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, things: list[object]) -> None:
        super().__init__(file)
        self._things = things

    def persistent_load(self, number: Any) -> object:
        return self._things[number]


def _parts(steps: Iterable[Step]) -> Iterator[object]:
    """Yield the steps, and of each what the steps mapped from it have as well."""
    for step in steps:
        yield step
        yield step.op
        if step.config is not None:
            yield step.config
        for source in step.inputs.values():
            yield from _constants(source)


def _constants(source: Source) -> Iterator[Constant]:
    match source:
        case Constant():
            yield source
        case FanIn(sources):
            for each in sources:
                yield from _constants(each)
        case _:
            pass
