# ruff: noqa: PLW0108 - the body of a job is a function, and not the op that it calls
from collections.abc import Iterator
from typing import Any

import pytest

import mainspring as ms
from mainspring.definition.source import OutputOf
from mainspring.errors import PlanCycleError


@ms.op
def one() -> int:
    return 1


@ms.op
def inc(value: int) -> int:
    return value + 1


@ms.op
def report() -> None: ...


@ms.graph
def twice(value: int) -> int:
    return inc(inc(value))


@ms.graph
def quietly(value: int) -> None:
    inc(value)
    inc(value)


def test_decorates_bare_and_called() -> None:
    assert repr(twice) == "<graph 'twice'>"
    assert ms.graph(name="other", description="More.")(lambda: one()).name == "other"


def test_adds_its_ops_under_its_name() -> None:
    nodes = ms.job(name="j")(lambda: inc(twice(one()))).nodes

    assert list(nodes) == ["one", "twice.inc", "twice.inc_2", "inc"]
    assert nodes["twice.inc"].path == ("twice", "inc")
    assert nodes["inc"].inputs == {"value": OutputOf("twice.inc_2", "result")}


def test_outside_a_job_just_calls_its_function() -> None:
    assert twice(1) == 3
    assert twice.alias("other")(1) == 3


def test_a_second_call_is_numbered_or_named() -> None:
    nodes = ms.job(name="j")(lambda: twice.alias("four_times")(twice(twice(1)))).nodes

    assert [key for key in nodes if key.endswith(".inc")] == ["twice.inc", "twice_2.inc", "four_times.inc"]


def test_nests() -> None:
    @ms.graph
    def outer(value: int) -> int:
        return twice(inc(value))

    nodes = ms.job(name="j")(lambda: outer(1)).nodes

    assert list(nodes) == ["outer.inc", "outer.twice.inc", "outer.twice.inc_2"]


def test_that_returns_nothing_has_an_order() -> None:
    nodes = ms.job(name="j")(lambda: report.after(quietly(1))()).nodes

    assert nodes["report"].after == ("quietly.inc", "quietly.inc_2")


def test_that_returns_nothing_gives_no_value() -> None:
    anything: Any = inc
    with pytest.raises(ms.DefinitionError, match="is given graph 'quietly', which returns nothing"):
        ms.job(name="j")(lambda: anything(quietly(1)))


def test_comes_as_a_whole_after_what_it_is_told_to() -> None:
    nodes = ms.job(name="j")(lambda: quietly.after(report())(1)).nodes

    assert nodes["quietly.inc"].after == nodes["quietly.inc_2"].after == ("report",)


def test_may_return_several_handles() -> None:
    @ms.graph
    def pair() -> dict[str, int]:
        return {"a": one(), "b": inc(1)}

    nodes = ms.job(name="j")(lambda: inc(pair()["b"])).nodes

    assert nodes["inc"].inputs == {"value": OutputOf("pair.inc", "result")}


def test_may_hand_its_input_on() -> None:
    @ms.graph
    def same(value: int) -> int:
        report()
        return value

    nodes = ms.job(name="j")(lambda: inc(same(one()))).nodes

    assert nodes["inc"].inputs == {"value": OutputOf("one", "result")}


def test_cannot_call_itself() -> None:
    @ms.graph
    def endless(value: int) -> int:
        return endless(inc(value))

    with pytest.raises(PlanCycleError, match="graphs depend on each other in a circle: endless -> endless; remove one"):
        ms.job(name="j")(lambda: endless(1))


def test_graphs_cannot_call_each_other_in_a_circle() -> None:
    @ms.graph
    def ping(value: int) -> int:
        return pong(inc(value))

    @ms.graph
    def pong(value: int) -> int:
        return ping(value)

    with pytest.raises(PlanCycleError, match="ping -> pong -> ping"):
        ms.job(name="j")(lambda: ping(1))


def test_another_graph_of_the_same_name_is_no_circle() -> None:
    @ms.graph(name="twice")
    def around(value: int) -> int:
        return twice(value)

    assert list(ms.job(name="j")(lambda: around(1)).nodes) == ["twice.twice.inc", "twice.twice.inc_2"]


def test_without_ops_is_refused() -> None:
    @ms.graph
    def empty(value: int) -> int:
        return value

    with pytest.raises(ms.DefinitionError, match="job 'j': graph 'empty' has no ops; call at least one in its body"):
        ms.job(name="j")(lambda: empty(1))


def test_whose_body_is_a_generator_is_refused() -> None:
    with pytest.raises(ms.DefinitionError, match="the body of graph 'stream' is a coroutine or generator function"):

        @ms.graph
        def stream() -> Iterator[int]:
            yield one()


@pytest.mark.parametrize("target", [3, one, twice], ids=repr)
def test_decorates_functions_only(target: Any) -> None:
    with pytest.raises(ms.DefinitionError, match="@graph decorates a function, not"):
        ms.graph(target)


def test_called_wrongly_fails_as_a_function_does() -> None:
    anything: Any = twice
    with pytest.raises(TypeError, match="value"):
        ms.job(name="j")(lambda: anything())
