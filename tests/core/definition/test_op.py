import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

import pytest
from attrs import define

import mainspring as ms
from mainspring.definition.op import SOLE_OUTPUT, ContextOp, Op
from mainspring.errors import UnknownNameError

untyped_op: Any = ms.op
"""The decorator, as somebody uses it who checks no types."""


@define
class Window:
    days: int = 7


@define
class Required:
    days: int


def inc(value: int) -> int:
    """Add one."""
    return value + 1


def test_decorates_bare_and_called() -> None:
    bare, called = ms.op(inc), ms.op()(inc)

    assert (bare.name, called.name) == ("inc", "inc")
    assert isinstance(bare, Op)
    assert isinstance(called, Op)


def test_is_still_the_function() -> None:
    assert ms.op(inc)(1) == 2
    assert ms.op(inc)(value=1) == 2


def test_shows_its_function_to_tools() -> None:
    made = ms.op(inc)

    assert made.__wrapped__ is inc
    assert repr(made) == "<op 'inc'>"


def test_takes_its_description_from_the_docstring_unless_told() -> None:
    assert ms.op(inc).description == "Add one."
    assert ms.op(description="More.")(inc).description == "More."


def test_has_one_output_called_result() -> None:
    assert list(ms.op(inc).outs) == [SOLE_OUTPUT] == ["result"]


def test_has_several_outputs_by_name() -> None:
    @ms.op(out={"good": ms.Out(), "bad": ms.Out(optional=True)})
    def split() -> dict[str, int]:
        return {"good": 1}

    assert list(split.outs) == ["good", "bad"]
    assert split() == {"good": 1}


def returns_none() -> None: ...
def returns_quoted_none() -> "None": ...


@pytest.mark.parametrize("function", [returns_none, returns_quoted_none])
def test_that_is_annotated_none_stores_nothing(function: Callable[[], None]) -> None:
    assert ms.op(function).outs == {}


def test_without_a_return_annotation_stores_its_result() -> None:
    assert list(untyped_op(name="given")(lambda: 1).outs) == ["result"]


@pytest.mark.parametrize("out", [ms.Out(), {"a": ms.Out()}, ms.DynamicOut()])
def test_that_returns_none_cannot_declare_outputs(out: Any) -> None:
    with pytest.raises(ms.DefinitionError, match=r"op 'returns_none' is annotated -> None but declares an output"):
        untyped_op(out=out)(returns_none)


def test_cannot_leave_out_its_sole_output() -> None:
    with pytest.raises(ms.DefinitionError, match=r"a sole output cannot be optional.*'result': Out\(optional=True\)"):
        ms.op(out=ms.Out(optional=True))(inc)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"out": {}}, "declares no outputs in out={}"),
        ({"out": 3}, "out must be an ms.Out or a dict of them, not 3"),
        ({"out": {"a": ms.Out}}, "which is no ms.Out; call ms.Out()"),
        ({"out": {"a b": ms.Out()}}, "output cannot be called 'a b'"),
        ({"name": "a b"}, "op cannot be called 'a b'"),
        ({"name": 5}, "the name of an op must be text, not int"),
        ({"name": "x" * 10_000}, "has 10000 characters; use at most 100"),
        ({"retry": 3}, "retry must be an ms.RetryPolicy(…), not 3"),
        ({"priority": 1.5}, "priority must be a whole number, not 1.5"),
        ({"priority": True}, "priority must be a whole number, not True"),
        ({"pool": "ware house"}, "pool cannot be called 'ware house'"),
        ({"pool": ""}, "pool cannot be called ''"),
        ({"pool": 3}, "the name of a pool must be text, not int"),
        ({"tags": ["a"]}, "the tags of op 'inc' must be a dict of text to text, not list"),
        ({"tags": {"a": 1}}, "tag 'a' of op 'inc' must be text with a text value, got str -> int; write str(value)"),
        ({"tags": {"a": "\ud800"}}, "holds what no database keeps as text"),
        ({"tags": {"": "a"}}, "tag '' of op 'inc' is empty"),
        ({"ins": {"value": 3}}, "ins holds 3 for 'value', which is no ms.In"),
        ({"ins": ["value"]}, "ins must be a dict of input to ms.In"),
        ({"on_success": 3}, "on_success takes functions of an ms.HookContext"),
        ({"on_failure": [3]}, "on_failure takes functions of an ms.HookContext"),
    ],
)
def test_refuses_a_wrong_declaration_in_one_sentence(arguments: Mapping[str, Any], said: str) -> None:
    with pytest.raises(ms.DefinitionError) as raised:
        untyped_op(**arguments)(inc)

    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 400


def test_refuses_an_unknown_input_in_ins() -> None:
    with pytest.raises(UnknownNameError, match=r"there is no input 'valu' in op 'inc'; did you mean 'value'\?"):
        ms.op(ins={"valu": ms.In()})(inc)


def test_may_be_named_in_any_script() -> None:
    assert ms.op(name="données_日本")(inc).name == "données_日本"


def test_needs_a_name_where_the_function_has_none() -> None:
    with pytest.raises(ms.DefinitionError, match="the name of an op must be text, not NoneType; name it"):
        untyped_op(functools.partial(inc, 1))
    with pytest.raises(ms.DefinitionError, match="op cannot be called '<lambda>'"):
        untyped_op(lambda: 1)


def test_can_be_a_partial_with_a_name() -> None:
    assert untyped_op(name="two")(functools.partial(inc, 1))() == 2


@pytest.mark.parametrize("target", [3, "inc", ms.op(inc)])
def test_decorates_functions_only(target: object) -> None:
    with pytest.raises(ms.DefinitionError, match="@op decorates a function, not"):
        untyped_op(target)


async def coroutine() -> int:
    await asyncio.sleep(0)
    return 1


def generator() -> Iterator[int]:
    yield 1


async def generator_of_coroutines() -> AsyncIterator[int]:
    yield 1


class Awaitable:
    __name__ = "awaitable"

    async def __call__(self) -> int:
        await asyncio.sleep(0)
        return 1


@pytest.mark.parametrize("function", [coroutine, generator, generator_of_coroutines, Awaitable()])
def test_cannot_be_a_coroutine_or_generator(function: object) -> None:
    with pytest.raises(ms.DefinitionError, match=r"is a coroutine or generator function; return the value"):
        untyped_op(function)


def test_whose_parameters_cannot_be_read_is_refused() -> None:
    with pytest.raises(ms.DefinitionError, match="op 'dict': its parameters cannot be read; wrap it"):
        untyped_op(dict)


def test_called_as_a_function_builds_its_config_from_defaults() -> None:
    @ms.op
    def days(*, config: Window = ms.config()) -> int:
        return config.days

    assert days() == 7
    assert days(config=Window(3)) == 3


def test_called_as_a_function_asks_for_config_without_defaults() -> None:
    @ms.op
    def days(*, config: Required = ms.config()) -> int:
        return config.days

    with pytest.raises(ms.DefinitionError, match=r"op 'days' needs its config: pass config=Required\(…\)"):
        days()


def test_called_as_a_function_asks_for_its_resources() -> None:
    @ms.op
    def clean(rows: list[int], *, spark: str = ms.resource()) -> str:
        return f"{spark} {rows}"

    assert clean([1], spark="fake") == "fake [1]"
    with pytest.raises(ms.DefinitionError, match=r"op 'clean' needs resource 'spark': pass spark=…"):
        clean([1])


def test_called_as_a_function_finds_its_resources_in_a_context() -> None:
    @ms.op
    def clean(context: ms.OpContext, rows: list[int], *, session: str = ms.resource("spark")) -> str:
        return f"{session} {rows} {context.run_id}"

    assert clean(ms.testing.op_context(resources={"spark": "fake"}), [1]) == "fake [1] test-run"


def test_called_as_a_function_asks_for_its_context() -> None:
    @ms.op
    def where(context: ms.OpContext, value: int) -> str:
        return f"{context.step_key} {value}"

    assert isinstance(where, ContextOp)
    assert where(ms.testing.op_context(), 3) == "test_op 3"
    with pytest.raises(ms.DefinitionError, match=r"pass one, as in where\(ms.testing.op_context\(\), …\)"):
        where(3)


def test_called_as_a_function_takes_its_context_wherever_it_stands() -> None:
    def where(value: int, context: ms.OpContext) -> str:
        return f"{context.step_key} {value}"

    made = untyped_op(where)

    assert made(3, ms.testing.op_context()) == made(3, context=ms.testing.op_context()) == "test_op 3"
    with pytest.raises(ms.DefinitionError, match=r"where\(value, ms.testing"):
        made(3)


def test_called_as_a_function_maps_and_collects_what_a_dynamic_output_holds() -> None:
    @ms.op(out=ms.DynamicOut())
    def pieces() -> dict[str, int]:
        return {"a": 1, "b": 2}

    assert pieces().map(inc).collect() == [2, 3]


def test_called_as_a_function_maps_a_dynamic_output_among_several() -> None:
    @ms.op(out={"result": ms.DynamicOut(), "count": ms.Out()})
    def pieces() -> dict[str, Any]:
        return {"result": {"a": 1}, "count": 1}

    assert pieces()["result"].map(inc).collect() == [2]
    assert pieces()["count"] == 1


def test_under_another_name_or_order_is_still_the_function() -> None:
    made = ms.op(inc)

    assert made.alias("other")(1) == made.after()(1) == 2


def test_knows_the_types_of_its_inputs_and_outputs() -> None:
    @ms.op(out={"a": ms.Out(), "many": ms.DynamicOut()})
    def made(x: "list[int]", y, z: "Nowhere" = 1) -> dict[str, dict[str, int]]:  # type: ignore[no-untyped-def,name-defined] # noqa: F821
        return {"a": {"b": len(x)}}

    assert made.input_types["x"] == list[int]
    assert not made.input_types["y"]
    assert not made.input_types["z"]
    assert made.output_types == {"a": dict[str, int], "many": int}
