"""Progress: which steps of a plan are done, and which may start next."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from mainspring.definition.io import DynamicOut
from mainspring.definition.source import Collected, Constant, FanIn, ItemOf, OutputOf, Source
from mainspring.plan.step import Step, upstream_nodes

if TYPE_CHECKING:
    from mainspring.plan.build import Plan


class Progress:
    """Follows a run through its plan: told what happened, it says what may start.

    Every step is given out once, and again after `retry`. A step starts when all steps that it takes from, or comes
    after, have ended well; it is skipped when an input of it was left out; it never starts when one of them failed.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.steps: dict[str, Step] = {}
        self.succeeded: set[str] = set()
        self.failed: set[str] = set()
        self.skipped: set[str] = set()
        self.keys: dict[tuple[str, str], list[str]] = {}
        self._outputs: set[tuple[str, str]] = set()
        self._waiting: dict[str, int] = {}
        self._dependents: dict[str, list[str]] = {}
        self._unfinished: dict[str, int] = {}
        self._instances: dict[str, list[str]] = {}
        self._ready: list[tuple[int, int, int, str]] = []
        self._to_skip: deque[str] = deque()
        self._sequence = 0
        self._open = 0
        for step in plan.steps.values():
            if step.is_template:
                self._unfinished[step.key] = 1
                self._open += 1
            else:
                self._add(step, upstream_nodes(step))

    @property
    def is_done(self) -> bool:
        """Whether every step has ended well: succeeded or skipped."""
        return self._open == 0

    @property
    def open_count(self) -> int:
        """How many steps have not ended well, as far as they are known."""
        return self._open

    @property
    def has_ready(self) -> bool:
        """Whether a step may start now."""
        while self._ready and self._ready[0][3] in self.succeeded:
            heapq.heappop(self._ready)
        return bool(self._ready)

    def next_step(self) -> Step | None:
        """Give out the step of the highest priority, then the earliest in the plan, among those that may start."""
        return self.steps[heapq.heappop(self._ready)[3]] if self.has_ready else None

    def restore(
        self,
        succeeded: Collection[str],
        keys: Mapping[tuple[str, str], Sequence[str]],
        outputs: Iterable[tuple[str, str]],
    ) -> list[str]:
        """Take over what ended well before: in an earlier attempt, or in the run that is executed again.

        Args:
            succeeded: The steps that succeeded.
            keys: The mapping keys of dynamic outputs, by step and output.
            outputs: The outputs that these steps stored, by step and output.

        Returns:
            The steps that are skipped because of what these left out.
        """
        self._outputs.update(outputs, keys)
        self.keys.update({each: list(found) for each, found in keys.items()})
        skipped: list[str] = []
        for node, step in self.plan.steps.items():
            for key in self.instances(node) if step.is_template else [node]:
                if key in succeeded:
                    skipped += self.succeed(key)
        return skipped

    def output(self, key: str, output: str, mapping_key: str | None) -> None:
        """Note that a step stored an output, or one value of a dynamic output."""
        self._outputs.add((key, output))
        if mapping_key is not None:
            self.keys.setdefault((key, output), []).append(mapping_key)

    def succeed(self, key: str) -> list[str]:
        """Note that a step succeeded, and return the steps that are skipped because of what it left out."""
        self.succeeded.add(key)
        return self._end(key)

    def fail(self, key: str) -> None:
        """Note that a step failed for good: what needs it never starts."""
        self.failed.add(key)

    def is_over(self, key: str) -> bool:
        """Whether a step has ended for good."""
        return key in self.succeeded or key in self.failed or key in self.skipped

    def retry(self, key: str) -> None:
        """Give a step out again."""
        self._push(self.steps[key])

    def instances(self, node: str) -> list[str]:
        """Return the keys of the steps mapped from a template, in the order of the mapping keys."""
        return self._instances.get(node, [])

    def _end(self, key: str) -> list[str]:
        """Settle all that waited for a step, and for the steps skipped in its wake."""
        skipped: list[str] = []
        self._settle(key)
        while self._to_skip:
            each = self._to_skip.popleft()
            self.skipped.add(each)
            skipped.append(each)
            self._settle(each)
        return skipped

    def _settle(self, key: str) -> None:
        step = self.steps[key]
        self._open -= 1
        for template in self.plan.templates.get(key, ()):
            self._expand(template)
        self._release(key)
        if step.mapping_key is not None:
            self._finish_instance(step.node)

    def _expand(self, template: Step) -> None:
        over = template.mapped_over
        assert over is not None  # noqa: S101 - it is a template
        keys = self.keys.get((over.node, over.output), [])
        upstream = upstream_nodes(template)
        self._instances[template.key] = [f"{template.node}[{key}]" for key in keys]
        self._unfinished[template.key] += len(keys)
        for key in keys:
            self._add(template.mapped(key), (self._of_same_item(each, template, key) for each in upstream))
        self._finish_instance(template.key)

    def _of_same_item(self, node: str, template: Step, mapping_key: str) -> str:
        other = self.plan.steps[node]
        same = other.is_template and other.mapped_over == template.mapped_over
        whole = node in template.after_whole or self._collects(template, node)
        return f"{node}[{mapping_key}]" if same and not whole else node

    def _collects(self, template: Step, node: str) -> bool:
        return any(_collects(source, node) for source in template.inputs.values())

    def _finish_instance(self, template: str) -> None:
        self._unfinished[template] -= 1
        if self._unfinished[template] == 0:
            self._open -= 1
            self._release(template)

    def _release(self, name: str) -> None:
        for each in self._dependents.pop(name, ()):
            self._waiting[each] -= 1
            if self._waiting[each] == 0:
                del self._waiting[each]
                self._start_or_skip(self.steps[each])

    def _add(self, step: Step, upstream: Iterable[str]) -> None:
        self.steps[step.key] = step
        self._open += 1
        waiting = 0
        for each in upstream:
            if not self._is_settled(each):
                self._dependents.setdefault(each, []).append(step.key)
                waiting += 1
        if waiting:
            self._waiting[step.key] = waiting
        else:
            self._start_or_skip(step)

    def _is_settled(self, name: str) -> bool:
        return name in self.succeeded or name in self.skipped or self._unfinished.get(name) == 0

    def _start_or_skip(self, step: Step) -> None:
        if any(self.is_missing(source, step) for source in step.inputs.values()):
            self._to_skip.append(step.key)
        else:
            self._push(step)

    def _push(self, step: Step) -> None:
        self._sequence += 1
        heapq.heappush(self._ready, (-step.op.priority, step.index, self._sequence, step.key))

    def is_missing(self, source: Source, reader: Step) -> bool:
        """Whether the value that a reader would read was left out."""
        match source:
            case OutputOf(node, output):
                return (self.writer(node, reader), output) not in self._outputs
            case ItemOf() | Constant():
                return False
            case Collected(node, output):
                return node in self.skipped or self._is_left_out(node, output)
            case FanIn(sources):
                return bool(sources) and all(self.is_missing(each, reader) for each in sources)

    def _is_left_out(self, node: str, output: str) -> bool:
        """Whether a whole dynamic output was left out, which differs from its being empty."""
        step = self.plan.steps[node]
        if step.is_template:
            over = step.mapped_over
            return over is not None and (over.node in self.skipped or self._is_left_out(over.node, over.output))
        out = step.op.outs[output]
        return isinstance(out, DynamicOut) and out.optional and (node, output) not in self._outputs

    def writer(self, node: str, reader: Step) -> str:
        """Return the step of a node that a reader reads: the one of the same mapping key where both are mapped."""
        step = self.plan.steps.get(node)
        if step is not None and step.is_template:
            return f"{node}[{reader.mapping_key}]"
        return node

    def has_output(self, key: str, output: str) -> bool:
        """Whether a step stored an output."""
        return (key, output) in self._outputs


def _collects(source: Source, node: str) -> bool:
    match source:
        case Collected():
            return source.node == node
        case FanIn(sources):
            return any(_collects(each, node) for each in sources)
        case _:
            return False
