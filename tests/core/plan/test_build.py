# ruff: noqa: PLW0108 - the body of a job is a function, and not the op that it calls
import random
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from mainspring.definition.compose import Node
from mainspring.errors import PlanCycleError, SelectionError
from mainspring.plan.step import upstream_nodes
from tests.core.plan.planned import plan_of


@ms.op
def one() -> int:
    return 1


@ms.op
def inc(value: int) -> int:
    return value + 1


@ms.op
def gather(values: list[Any]) -> int:
    return len(values)


@ms.op(out=ms.DynamicOut())
def pieces() -> dict[str, int]:
    return {"a": 1}


def wire(chance: random.Random, count: int) -> dict[str, Node]:
    """Wire a job at random and return its nodes."""

    def body() -> None:
        handles: list[Any] = []
        for _ in range(count):
            taken = chance.sample(handles, min(len(handles), chance.randint(0, 3)))
            after = chance.sample(handles, min(len(handles), chance.randint(0, 1)))
            handles.append(gather.after(*after)(taken))

    return dict(ms.job(name="random")(body).nodes)


@given(st.randoms(use_true_random=False), st.integers(1, 30))
def test_each_step_comes_after_all_that_it_needs(chance: random.Random, count: int) -> None:
    nodes = list(wire(chance, count).items())
    chance.shuffle(nodes)
    plan = plan_of(ms.Job("shuffled", dict(nodes)))

    assert set(plan.steps) == {key for key, _ in nodes}
    assert [each.index for each in plan.steps.values()] == list(range(count))
    for step in plan.steps.values():
        assert all(plan.steps[each].index < step.index for each in upstream_nodes(step))


@given(st.randoms(use_true_random=False), st.integers(1, 30))
def test_steps_are_in_the_order_of_the_calls(chance: random.Random, count: int) -> None:
    nodes = wire(chance, count)

    assert list(plan_of(ms.Job("random", nodes)).steps) == list(nodes)


@given(st.randoms(use_true_random=False), st.integers(2, 15))
def test_a_circle_is_named(chance: random.Random, count: int) -> None:
    nodes = wire(chance, count)
    circle = chance.sample(list(nodes), chance.randint(1, count))
    for before, after in zip(circle, [*circle[1:], circle[0]], strict=True):
        nodes[after] = evolve(nodes[after], after=(*nodes[after].after, before))

    with pytest.raises(PlanCycleError) as raised:
        plan_of(ms.Job("circular", nodes))

    found = raised.value.cycle
    steps = {
        key: {*node.after, *(each for source in node.inputs.values() for each in names(source))}
        for key, node in nodes.items()
    }
    for before, after in zip(found, [*found[1:], found[0]], strict=True):
        assert before in steps[after]


def names(source: Any) -> list[str]:
    return [each.node for each in getattr(source, "sources", ())]


def test_mapped_steps_are_planned_as_templates() -> None:
    plan = plan_of(lambda: pieces().map(inc))

    (template,) = plan.templates["pieces"]
    assert template.is_template
    assert not plan.steps["pieces"].is_template
    mapped = template.mapped("a")
    assert (mapped.key, mapped.node, mapped.mapping_key) == ("inc[a]", "inc", "a")
    assert not mapped.is_template


def test_a_selection_takes_some_steps() -> None:
    def body() -> None:
        gather.after(one.alias("other")())([inc(one())])

    assert list(plan_of(body, selection="*inc").steps) == ["one", "inc"]
    assert list(plan_of(body, selection=["*inc", "gather"]).steps) == ["one", "inc", "gather"]
    assert list(plan_of(body, selection="other").steps) == ["other"]


def test_a_selection_forgets_an_order_after_what_it_leaves_out() -> None:
    plan = plan_of(lambda: one.alias("last").after(one())(), selection="last")

    assert plan.steps["last"].after == ()


def test_a_selection_cannot_leave_out_where_an_input_comes_from() -> None:
    with pytest.raises(SelectionError) as raised:
        plan_of(lambda: inc(one()), selection="inc")

    assert str(raised.value) == "'inc' takes its input from 'one', which the selection leaves out; select '*inc'"


def test_a_graph_is_selected_by_its_name() -> None:
    @ms.graph
    def twice(value: int) -> int:
        return inc(inc(value))

    assert list(plan_of(lambda: inc(twice(1)), selection="twice").steps) == ["twice.inc", "twice.inc_2"]
    assert list(plan_of(lambda: inc(twice(1)), selection="twice+").steps) == ["twice.inc", "twice.inc_2", "inc"]


def test_each_node_is_looked_at_a_fixed_number_of_times() -> None:
    counted = Counting()

    def visits(count: int) -> int:
        nodes = {
            f"n{each}": Node((f"n{each}",), f"n{each}", one, {}, counted.tuple((f"n{each - 1}",) if each else ()))
            for each in range(count)
        }
        counted.visits = 0
        plan_of(ms.Job("chain", nodes))
        return counted.visits

    assert visits(400) <= 2 * visits(200) + 10


class Counting:
    """Counts how often tuples are read."""

    visits = 0

    def tuple(self, values: tuple[str, ...]) -> tuple[str, ...]:
        counting = self

        class Counted(tuple[str, ...]):
            __slots__ = ()

            def __iter__(self) -> Any:
                counting.visits += 1
                return super().__iter__()

        return Counted(values)
