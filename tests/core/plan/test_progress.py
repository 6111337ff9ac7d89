import random
from collections.abc import Iterator
from typing import Any

from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

import mainspring as ms
from mainspring.plan import Plan, Progress
from tests.core.plan.planned import plan_of

chances = st.integers(0, 2**32).map(random.Random)
"""Generators of their own, by their seeds: what is drawn and played is too much for Hypothesis to hold."""

OUTS: dict[str, Any] = {
    "plain": ms.Out(),
    "optional": {"result": ms.Out(), "extra": ms.Out(optional=True)},
    "dynamic": ms.DynamicOut(),
    "optional dynamic": ms.DynamicOut(optional=True),
}


def work(first=None, values=None): ...  # type: ignore[no-untyped-def]


OPS = {
    (kind, priority): ms.op(name="work", out=out, priority=priority)(work)
    for kind, out in OUTS.items()
    for priority in (-1, 0, 5)
}


@define
class Use:
    """One use of a node by another: of one of its outputs, of its own item's step, or of all there is."""

    node: str
    output: str = "result"
    manner: str = "output"


@define
class Drawn:
    """A node as it was drawn: what it uses, and in what manner."""

    name: str
    kind: str
    first: Use | None
    values: list[Use]
    after: list[Use]
    over: str | None
    priority: int

    @property
    def inputs(self) -> list[list[Use]]:
        return [each for each in ([self.first] if self.first else [], self.values) if each]


@define
class Drawing:
    """Draws a job of nodes that use each other at random, and wires it."""

    chance: random.Random
    nodes: list[Drawn] = field(factory=list)

    def draw(self, count: int) -> None:
        for index in range(count):
            self.nodes.append(self._node(f"n{index}"))

    def _node(self, name: str) -> Drawn:
        dynamic = [each.name for each in self.nodes if "dynamic" in each.kind]
        over = self.chance.choice(dynamic) if dynamic and self.chance.random() < 0.5 else None
        kinds = ["plain", "optional"] if over else list(OUTS)
        uses = list(self._uses(over))
        first = self.chance.choice(uses) if uses and self.chance.random() < 0.5 else None
        mapped = {each.name for each in self.nodes if each.over is not None}
        if over and (first is None or first.manner == "collect" or first.node not in mapped):
            first = Use(over, manner="item")
        values = self.chance.sample(uses, min(len(uses), self.chance.choice([0, 0, 1, 2, 3])))
        after = self.chance.sample(uses, min(len(uses), self.chance.choice([0, 0, 0, 1])))
        priority = self.chance.choice([-1, 0, 0, 5])
        return Drawn(name, self.chance.choice(kinds), first, values, after, over, priority)

    def _uses(self, over: str | None) -> Iterator[Use]:
        for each in self.nodes:
            outputs = ["result", "extra"] if each.kind == "optional" else ["result"]
            for output in outputs:
                if "dynamic" in each.kind or each.over is not None:
                    yield Use(each.name, output, "collect")
                if "dynamic" not in each.kind and (each.over is None or each.over == over):
                    yield Use(each.name, output)

    def wire(self) -> None:
        """Be the body of a job."""
        made: dict[str, Any] = {}

        def handle(use: Use, item: Any) -> Any:
            whole = made[use.node]
            node = next(each for each in self.nodes if each.name == use.node)
            if use.manner == "item":
                return item
            if node.kind == "optional":
                whole = whole[use.output]
            if use.manner == "collect":
                return whole.collect()
            return whole.result if node.over else whole

        for node in self.nodes:

            def call(item: Any = None, node: Drawn = node) -> Any:
                op: Any = OPS[node.kind, node.priority].alias(node.name)
                given: dict[str, Any] = {}
                if node.first is not None:
                    given["first"] = handle(node.first, item)
                if node.values:
                    given["values"] = [handle(each, item) for each in node.values]
                return op.after(*(handle(each, item) for each in node.after))(**given)

            made[node.name] = call() if node.over is None else made[node.over].map(call)


@define
class Oracle:
    """Says what ought to be so of a run, from the definitions alone, computed afresh each time."""

    nodes: dict[str, Drawn]
    plan: Plan
    succeeded: dict[str, set[str]] = field(factory=dict)
    keys: dict[str, list[str]] = field(factory=dict)

    def instances(self, node: str) -> list[str] | None:
        over = self.nodes[node].over
        if over is None:
            return [node]
        if over in self.succeeded:
            return [f"{node}[{key}]" for key in self.keys[over]]
        return [] if self.is_skipped(over) else None

    def has_ended_well(self, step: str) -> bool:
        return step in self.succeeded or self.is_skipped(step)

    def has_whole_ended_well(self, node: str) -> bool:
        instances = self.instances(node)
        return instances is not None and all(self.has_ended_well(each) for each in instances)

    def is_due(self, step: str) -> bool:
        """Whether all that it waits for has ended well."""
        name, _, key = step.partition("[")
        node = self.nodes[name]
        for use in [*(use for uses in node.inputs for use in uses), *node.after]:
            if use.manner == "output" and self.nodes[use.node].over is not None:
                if not self.has_ended_well(f"{use.node}[{key}"):
                    return False
            elif not self.has_whole_ended_well(use.node):
                return False
        return node.over is None or self.has_ended_well(node.over)

    def is_skipped(self, step: str) -> bool:
        if step in self.succeeded or not self.is_due(step):
            return False
        key = step.partition("[")[2]
        inputs = self.nodes[step.partition("[")[0]].inputs
        return any(all(self.is_missing(use, key) for use in uses) for uses in inputs)

    def is_missing(self, use: Use, key: str) -> bool:
        node = self.nodes[use.node]
        if use.manner == "item":
            return False
        if use.manner == "collect":
            source = use.node if node.over is None else node.over
            return self.is_skipped(source) or "result" not in self.succeeded[source]
        step = use.node if node.over is None else f"{use.node}[{key}"
        return use.output not in self.succeeded.get(step, set())

    def steps(self) -> list[str]:
        return [step for node in self.nodes for step in self.instances(node) or []]

    def startable(self) -> list[str]:
        return [each for each in self.steps() if self.is_due(each) and not self.has_ended_well(each)]

    def rank(self, step: str) -> tuple[int, int]:
        node = step.partition("[")[0]
        return -self.nodes[node].priority, self.plan.steps[node].index


@define
class Simulation:
    """Plays a run at random, step by step, and asks the oracle about each."""

    chance: random.Random
    failing: float
    oracle: Oracle
    progress: Progress
    running: list[str] = field(factory=list)
    given: set[str] = field(factory=set)
    skipped: set[str] = field(factory=set)

    def play(self) -> None:
        while True:
            if self.running and self.chance.random() < 0.5:
                self.end(self.running.pop(self.chance.randrange(len(self.running))))
            elif not self.start() and not self.running:
                break
        nodes = self.oracle.nodes
        assert self.progress.is_done == all(self.oracle.has_whole_ended_well(each) for each in nodes)
        assert self.progress.succeeded == set(self.oracle.succeeded)

    def start(self) -> bool:
        expected = [each for each in self.oracle.startable() if each not in self.given]
        step = self.progress.next_step()
        assert (step is None) == (not expected)
        if step is None:
            return False
        assert step.key in expected, "given out once, and after all that it needs"
        assert self.oracle.rank(step.key) == min(map(self.oracle.rank, expected))
        self.given.add(step.key)
        self.running.append(step.key)
        return True

    def end(self, step: str) -> None:
        fate = self.chance.random()
        if fate < self.failing:
            self.progress.fail(step)
            return
        if fate < self.failing + 0.1:
            self.progress.retry(step)
            self.given.remove(step)
            return
        self.store(step, self.oracle.nodes[step.partition("[")[0]].kind)
        new = set(self.progress.succeed(step))
        self.skipped |= new
        assert self.skipped == {each for each in self.oracle.steps() if self.oracle.is_skipped(each)}

    def store(self, step: str, kind: str) -> None:
        keys = [f"k{each}" for each in range(self.chance.choice([0, 1, 2, 3]))]
        stored = {"result"}
        if kind == "optional" and self.chance.random() < 0.5:
            stored.add("extra")
        if kind == "optional dynamic" and self.chance.random() < 0.5:
            stored, keys = set(), []
        for output in stored:
            if "dynamic" in kind and keys:
                for key in keys:
                    self.progress.output(step, output, key)
            else:
                self.progress.output(step, output, None)
        self.oracle.succeeded[step] = stored
        self.oracle.keys[step] = keys


@settings(max_examples=80)
@given(chances, st.integers(1, 12), st.sampled_from([0.0, 0.0, 0.15]))
def test_gives_out_each_step_once_when_all_that_it_needs_has_ended_well(
    chance: random.Random, count: int, failing: float
) -> None:
    drawing = Drawing(chance)
    drawing.draw(count)
    plan = plan_of(drawing.wire)
    oracle = Oracle({each.name: each for each in drawing.nodes}, plan)

    Simulation(chance, failing, oracle, Progress(plan)).play()


@settings(max_examples=25)
@given(chances, st.integers(1, 12))
def test_what_is_restored_is_as_if_it_had_just_ended(chance: random.Random, count: int) -> None:
    drawing = Drawing(chance)
    drawing.draw(count)
    plan = plan_of(drawing.wire)
    oracle = Oracle({each.name: each for each in drawing.nodes}, plan)
    first = Simulation(chance, 0.2, oracle, Progress(plan))
    first.play()

    again = Progress(plan)
    keys = {(step, "result"): found for step, found in oracle.keys.items() if found}
    outputs = [(step, output) for step, stored in oracle.succeeded.items() for output in stored]
    skipped = again.restore(set(oracle.succeeded), keys, outputs)

    assert set(skipped) == first.skipped
    assert again.succeeded == set(oracle.succeeded)
    assert again.is_done == first.progress.is_done
    Simulation(chance, 0.0, oracle, again, skipped=first.skipped).play()


def test_a_plan_without_branches_is_walked_in_order() -> None:
    def body() -> None:
        first: Any = OPS["plain", 0]()
        for _ in range(3):
            first = OPS["plain", 0](first)

    progress = Progress(plan_of(body))
    order = []
    while (step := progress.next_step()) is not None:
        order.append(step.key)
        progress.output(step.key, "result", None)
        assert progress.succeed(step.key) == []
    assert order == ["work", "work_2", "work_3", "work_4"]
    assert progress.is_done
