# ruff: noqa: PLW0108 - the body of a job is a function, and not the op that it calls
from collections.abc import Callable
from typing import Any

import pytest

import mainspring as ms
from mainspring.definition.compose import Node
from mainspring.definition.source import Constant, FanIn, OutputOf
from mainspring.errors import NoValueYetError


@ms.op
def one() -> int:
    return 1


@ms.op
def inc(value: int) -> int:
    return value + 1


@ms.op
def add(left: int, right: int = 10) -> int:
    return left + right


@ms.op
def gather(values: list[Any]) -> list[Any]:
    return values


@ms.op
def store(value: int) -> None: ...


@ms.op
def report() -> None: ...


@ms.op(out={"good": ms.Out(), "bad": ms.Out()})
def split() -> dict[str, int]:
    return {"good": 1, "bad": 2}


@ms.op(out=ms.DynamicOut())
def pieces() -> dict[str, int]:
    return {"a": 1, "b": 2}


any_inc: Any = inc
any_one: Any = one
any_split: Any = split


def nodes_of(body: Callable[[], object]) -> dict[str, Node]:
    return dict(ms.job(name="wired")(body).nodes)


def refused(body: Callable[[], object]) -> str:
    with pytest.raises(ms.DefinitionError) as raised:
        ms.job(name="wired")(body)
    said = str(raised.value)
    assert "\n" not in said
    return said


def test_a_call_adds_a_node_and_gives_a_handle() -> None:
    nodes = nodes_of(lambda: inc(one()))

    assert list(nodes) == ["one", "inc"]
    assert nodes["inc"].inputs == {"value": OutputOf("one", "result")}


def test_inputs_may_be_given_by_name() -> None:
    assert nodes_of(lambda: inc(value=one()))["inc"].inputs == {"value": OutputOf("one", "result")}


def test_a_second_call_is_numbered() -> None:
    assert list(nodes_of(lambda: inc(inc(inc(1))))) == ["inc", "inc_2", "inc_3"]


def test_numbers_step_aside_for_names_that_are_taken() -> None:
    def body() -> None:
        inc.alias("inc_2")(1)
        inc(1)
        inc(1)
        inc.alias("inc_4")(1)
        inc(1)

    assert list(nodes_of(body)) == ["inc_2", "inc", "inc_3", "inc_4", "inc_5"]


def test_an_op_whose_name_is_a_number_of_another_steps_aside() -> None:
    second = ms.op(name="inc_2")(lambda: 1)

    def body() -> None:
        inc(1)
        inc(1)
        second()

    assert list(nodes_of(body)) == ["inc", "inc_2", "inc_2_2"]


def test_an_alias_is_the_name() -> None:
    assert list(nodes_of(lambda: inc.alias("plus")(1))) == ["plus"]


def test_two_calls_cannot_have_one_alias() -> None:
    def body() -> None:
        inc.alias("plus")(1)
        one.alias("plus")()

    assert refused(body) == "job 'wired': two calls are named 'plus'; give one another .alias(…)"


def test_an_alias_is_a_name() -> None:
    assert "alias cannot be called 'a.b'" in refused(lambda: inc.alias("a.b")(1))
    assert "has 10000 characters" in refused(lambda: inc.alias("x" * 10_000)(1))


def test_after_gives_an_order_and_no_data() -> None:
    nodes = nodes_of(lambda: report.after(one(), store(1))())

    assert nodes["report"].after == ("one", "store")
    assert nodes["report"].inputs == {}


def test_after_and_alias_go_together() -> None:
    def body() -> None:
        first = one()
        report.alias("last").after(first).after(store(2))()
        report.after(first).alias("again")()

    nodes = nodes_of(body)
    assert nodes["last"].after == ("one", "store")
    assert nodes["again"].after == ("one",)


def test_after_takes_whatever_calls_return() -> None:
    nodes = nodes_of(lambda: report.after([one()], split(), pieces(), {"a": store(1)}, pieces().map(inc))())

    assert nodes["report"].after == ("one", "split", "pieces", "store", "inc")
    assert nodes["report"].mapped_over is None


@pytest.mark.parametrize("thing", [3, "one", one, None], ids=repr)
def test_after_refuses_anything_else(thing: object) -> None:
    assert f".after(…) takes what calls of ops return, not {type(thing).__name__}" in refused(
        lambda: report.after(thing)()
    )


def test_a_list_of_handles_is_a_fan_in() -> None:
    nodes = nodes_of(lambda: gather([one(), 5, one()]))

    assert nodes["gather"].inputs == {
        "values": FanIn((OutputOf("one", "result"), Constant(5), OutputOf("one_2", "result")))
    }


def test_fan_in_nests() -> None:
    assert ms.job(name="j")(lambda: gather([[one(), 5], [inc(1)], []])).execute().output("gather") == [[1, 5], [2], []]


@pytest.mark.parametrize("values", [[], [1, [2, {"a": 3}]], (), "text", {"a": 1}], ids=repr)
def test_plain_values_are_constants(values: object) -> None:
    gather_anything: Any = gather
    source = nodes_of(lambda: gather_anything(values))["gather"].inputs["values"]

    assert isinstance(source, Constant)
    assert source.value == values


WRAPPINGS: dict[str, Callable[[object], Any]] = {
    "dict": lambda handle: {"a": handle},
    "set": lambda handle: {handle},
    "list of dict": lambda handle: [{"a": handle}],
}


@pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=WRAPPINGS)
def test_handles_may_stand_in_lists_only(wrap: Callable[[object], Any]) -> None:
    assert "of handles; use a list, which is a fan-in" in refused(lambda: gather(wrap(one())))


def test_defaults_are_optional_inputs() -> None:
    nodes = nodes_of(lambda: add(one()))

    assert list(nodes["add"].inputs) == ["left"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (lambda: any_inc(), "'inc' is missing its input 'value'; pass what another op returns, or give the parameter"),
        (lambda: any_inc(1, 2), "'inc' takes 1 input but is given 2"),
        (lambda: any_inc(1, value=2), "'inc' is given its input 'value' twice"),
        (lambda: any_inc(1, days=2), "'inc' has no input 'days'; config comes with the run, resources with the mode"),
        (lambda: any_inc(store(1)), "'value' of 'inc' is given the output of 'store', which returns nothing"),
        (lambda: any_inc(split()), "'value' of 'inc' is given the outputs of 'split'; pick one by name, ['good']"),
        (lambda: any_inc(pieces()), "use .map(inc) to run it for each value, or .collect() to take them all"),
        (lambda: any_inc([pieces()]), "is given the dynamic output of 'pieces'; use .map(inc)"),
        (lambda: any_inc(any_split()["ugly"]), "'split' has the outputs 'good', 'bad': pick one by its name"),
        (lambda: any_inc(any_split()[0]), "not by 0, as in split(…)['good']"),
    ],
)
def test_refuses_wrong_wiring_in_one_sentence(body: Callable[[], object], said: str) -> None:
    whole = refused(body)

    assert said in whole
    assert whole.startswith("job 'wired': ")


def uses(handle: Any) -> list[Callable[[], object]]:
    return [
        lambda: bool(handle),
        lambda: 1 if handle else 2,
        lambda: not handle,
        lambda: len(handle),
        lambda: list(handle),
        lambda: handle == 3,
        lambda: handle != 3,
        lambda: handle < 3,
        lambda: 3 in handle,
        lambda: handle + 1,
        lambda: 1 + handle,
        lambda: -handle,
        lambda: int(handle),
        lambda: handle(),
        lambda: handle.rows,
        lambda: handle[0],
    ]


@pytest.mark.parametrize("use", range(len(uses(None))))
@pytest.mark.parametrize("call", [one, split, pieces, lambda: pieces().map(inc)])
def test_a_handle_refuses_what_only_a_value_can_stand(call: Callable[[], object], use: int) -> None:
    with pytest.raises(ms.DefinitionError):
        ms.job(name="wired")(lambda: uses(call())[use]())


def test_a_handle_says_why_it_refuses() -> None:
    said = refused(lambda: 1 if one() == 1 else 2)

    assert said == (
        "a job's body is wired before anything runs, so the output of 'one' has no value yet to compare; "
        "do that inside an op"
    )


def test_looking_for_an_attribute_of_a_handle_finds_none() -> None:
    found: list[bool] = []
    nodes_of(lambda: found.append(hasattr(one(), "rows")))

    assert found == [False]
    assert issubclass(NoValueYetError, AttributeError)


def test_a_handle_cannot_leave_its_job() -> None:
    leaked: list[Any] = []
    nodes_of(lambda: leaked.extend([one(), split(), pieces(), both(1)]))
    handle, several, dynamic, graph = leaked

    for body in (
        lambda: inc(handle),
        lambda: gather([handle]),
        lambda: report.after(handle)(),
        lambda: inc(several["good"]),
        lambda: report.after(several)(),
        lambda: dynamic.map(inc),
        lambda: report.after(dynamic)(),
        lambda: gather(dynamic.collect()),
        lambda: report.after(graph)(),
    ):
        with pytest.raises(ms.DefinitionError, match="belongs to the body of job 'wired'; call that op here as well"):
            ms.job(name="other")(body)


@ms.graph
def both(value: int) -> None:
    store(inc(value))


def test_composing_ends_when_a_body_raises() -> None:
    def body() -> None:
        one()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ms.job(name="wired")(body)
    assert one() == 1


def test_a_graph_may_be_called_a_thousand_times() -> None:
    nodes = nodes_of(lambda: [both(each) for each in range(1000)])

    assert len(nodes) == 2000
    assert list(nodes)[-1] == "both_1000.store"
