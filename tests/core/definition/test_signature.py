# ruff: noqa: PLW0108 - the body of a job is a function, and not the op that it calls
from __future__ import annotations

from typing import Annotated, Any, Optional

import pytest
from attrs import define

import mainspring as ms
from mainspring.definition.signature import MISSING

untyped_op: Any = ms.op


@define
class Window:
    days: int = 7


def test_positional_parameters_are_inputs() -> None:
    @ms.op
    def clean(rows: list[int], limit: int = 10) -> list[int]:
        return rows[:limit]

    inputs = clean.signature.inputs
    assert list(inputs) == ["rows", "limit"]
    assert inputs["rows"].default is MISSING
    assert inputs["rows"].is_required
    assert inputs["limit"].default == 10
    assert not inputs["limit"].is_required


def test_keyword_only_parameters_are_what_their_marks_say() -> None:
    @ms.op
    def clean(
        *, config: Window = ms.config(), spark: str = ms.resource(), db: str = ms.resource("warehouse"), plain: int = 3
    ) -> None: ...

    signature = clean.signature
    assert signature.inputs == {}
    assert signature.config is not None
    assert signature.config.name == "config"
    assert [(each.name, each.resource) for each in signature.resources] == [("spark", "spark"), ("db", "warehouse")]


def test_config_may_have_any_name() -> None:
    @ms.op
    def fetch(*, window: Window = ms.config()) -> int:
        return window.days

    assert fetch.config_class is Window


@pytest.mark.parametrize(
    "annotation",
    ["ms.OpContext", "OpContext", "'OpContext'", "mainspring.OpContext", ms.OpContext],
    ids=repr,
)
def test_the_context_is_known_by_its_annotation_or_by_text_that_ends_so(annotation: object) -> None:
    def where(ctx, value): ...  # type: ignore[no-untyped-def]

    where.__annotations__["ctx"] = annotation
    signature = untyped_op(where).signature

    assert signature.context == "ctx"
    assert list(signature.inputs) == ["value"]
    assert signature.positional == ("ctx", "value")


@pytest.mark.parametrize("annotation", [None, "Context", "ContextOp", int])
def test_any_other_annotation_makes_an_input(annotation: object) -> None:
    def where(context): ...  # type: ignore[no-untyped-def]

    where.__annotations__["context"] = annotation
    made = untyped_op(where)

    assert made.signature.context is None
    with pytest.raises(ms.DefinitionError, match=r"missing its input 'context'.*annotate it: context: ms.OpContext"):
        ms.job(name="j")(lambda: made())


@pytest.mark.parametrize(
    "annotation",
    [
        "OpContext | None",
        "Optional[ms.OpContext]",
        Optional[ms.OpContext],  # noqa: UP045 - as many write it
        ms.OpContext | None,
        Annotated[ms.OpContext, 1],
    ],
)
def test_an_optional_context_is_refused_for_it_would_never_be_given(annotation: object) -> None:
    def where(context=None): ...  # type: ignore[no-untyped-def]

    where.__annotations__["context"] = annotation

    with pytest.raises(ms.DefinitionError, match=r"op 'where': 'context' is annotated .*; annotate it OpContext"):
        untyped_op(where)


def test_refuses_two_contexts() -> None:
    with pytest.raises(ms.DefinitionError, match="op 'where' has 2 contexts, 'a', 'b'; keep one"):

        @ms.op
        def where(a: ms.OpContext, b: ms.OpContext) -> None: ...


def test_refuses_a_context_that_is_keyword_only() -> None:
    with pytest.raises(ms.DefinitionError, match=r"op 'where': put 'context' before the \*"):

        @ms.op
        def where(*, context: ms.OpContext) -> None: ...


def test_refuses_two_configs() -> None:
    with pytest.raises(ms.DefinitionError, match=r"op 'fetch' has 2 parameters marked ms.config\(\); keep one"):

        @ms.op
        def fetch(*, a: Window = ms.config(), b: Window = ms.config()) -> None: ...


def test_refuses_inputs_that_are_keyword_only() -> None:
    with pytest.raises(ms.DefinitionError, match="op 'fetch': keyword-only parameter 'rows' needs a default"):

        @ms.op
        def fetch(*, rows: int) -> None: ...


@pytest.mark.parametrize("mark", [ms.config, ms.resource])
def test_refuses_marks_on_positional_parameters(mark: Any) -> None:
    def fetch(value=mark()): ...  # type: ignore[no-untyped-def] # noqa: B008

    with pytest.raises(ms.DefinitionError, match=rf"op 'fetch': put a \* before 'value'; ms.{mark.__name__}\(\)"):
        untyped_op(fetch)


@pytest.mark.parametrize("mark", [ms.config, ms.resource])
def test_refuses_marks_that_were_not_called(mark: Any) -> None:
    def fetch(*, value=mark): ...  # type: ignore[no-untyped-def]

    with pytest.raises(ms.DefinitionError, match=rf"the default of 'value' is ms.{mark.__name__} itself; call it"):
        untyped_op(fetch)


def test_refuses_any_number_of_inputs() -> None:
    with pytest.raises(ms.DefinitionError, match=r"op 'gather' takes \*rows: name each input; a list takes several"):

        @ms.op
        def gather(*rows: int) -> None: ...

    with pytest.raises(ms.DefinitionError, match=r"op 'collect' takes \*\*rows"):

        @ms.op
        def collect(**rows: int) -> None: ...


def test_refuses_a_resource_that_cannot_be_a_name() -> None:
    with pytest.raises(ms.DefinitionError, match="resource cannot be called 'my db'"):

        @ms.op
        def fetch(*, db: str = ms.resource("my db")) -> None: ...


def test_positional_only_parameters_are_inputs_too() -> None:
    @ms.op
    def add(a: int, b: int = 2, /, c: int = 3) -> int:
        return a + b + c

    result = ms.job(name="j")(lambda: add(1, c=5)).execute()
    assert result.output("add") == 8


def test_the_context_may_come_after_inputs() -> None:
    def where(value: int, context: ms.OpContext) -> str:
        return f"{context.step_key} {value}"

    made = untyped_op(where)
    result = ms.job(name="j")(lambda: made(3)).execute()

    assert result.output("where") == "where 3"
