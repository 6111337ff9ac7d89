# ruff: noqa: PLW0108 - the body of a job is a function, and not the op that it calls
from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import pytest
from attrs import define

import mainspring as ms

if TYPE_CHECKING:
    from decimal import Decimal

P = ParamSpec("P")
R = TypeVar("R")


@define
class Window:
    days: int = 7


def test_annotations_see_the_locals_of_the_frame_that_defines_the_op() -> None:
    @define
    class Local:
        days: int = 3

    @ms.op
    def bare(value: list[Local], *, config: Local = ms.config()) -> Local:
        return config

    @ms.op(name="called")
    def called(*, config: Local = ms.config()) -> Local:
        return config

    assert bare.input_types == {"value": list[Local]}
    assert bare.config_class is called.config_class is Local
    assert called.output_types == {"result": Local}


def test_one_annotation_that_cannot_be_resolved_spoils_no_other() -> None:
    @ms.op
    def fetch(price: Decimal, count: int, *, config: Window = ms.config()) -> Decimal:
        return price

    assert not fetch.input_types["price"]
    assert fetch.input_types["count"] is int
    assert fetch.config_class is Window
    assert not fetch.output_types["result"]


def test_an_input_whose_annotation_cannot_be_resolved_is_not_checked() -> None:
    @ms.op
    def fetch(price: Decimal) -> str:
        return str(price)

    @ms.job
    def anything() -> None:
        fetch("free")  # type: ignore[arg-type]

    assert anything.execute().output("fetch") == "free"


def test_a_config_whose_annotation_cannot_be_resolved_is_refused() -> None:
    @ms.op
    def fetch(*, config: Decimal = ms.config()) -> None: ...

    with pytest.raises(ms.DefinitionError, match="op 'fetch': the annotation of config parameter 'config' cannot be"):
        assert fetch.config_class
    with pytest.raises(ms.DefinitionError, match="annotate it with an attrs class"):
        ms.job(name="j")(lambda: fetch()).execute()


def test_a_config_without_an_annotation_is_refused() -> None:
    untyped_op: Any = ms.op

    def fetch(*, config=ms.config()): ...  # type: ignore[no-untyped-def]

    with pytest.raises(ms.DefinitionError, match="annotation of config parameter 'config' cannot be resolved"):
        assert untyped_op(fetch).config_class


def test_a_config_that_is_no_attrs_class_is_refused() -> None:
    @ms.op
    def fetch(*, config: dict[str, int] = ms.config()) -> None: ...

    with pytest.raises(ms.DefinitionError, match="annotated dict, which is not an attrs class; decorate it"):
        assert fetch.config_class


@pytest.mark.parametrize("text", ["1 / 0", "][", "print", "unknown.module", "list[", "__import__('sys').nothing"])
def test_an_annotation_may_be_any_expression(text: str) -> None:
    def fetch(value): ...  # type: ignore[no-untyped-def]

    fetch.__annotations__["value"] = text
    untyped_op: Any = ms.op

    assert set(untyped_op(fetch).input_types) == {"value"}


def test_annotations_of_a_wrapped_function_are_resolved_where_it_was_written() -> None:
    def wrapper(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def inner(*args: P.args, **kwargs: P.kwargs) -> R:
            return function(*args, **kwargs)

        return inner

    @ms.op
    @wrapper
    def fetch(*, config: Window = ms.config()) -> int:
        return config.days

    assert fetch.config_class is Window
    assert fetch() == 7
