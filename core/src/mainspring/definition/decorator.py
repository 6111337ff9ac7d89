"""The decorator that makes an op of a function, and what type checkers know of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, overload

from mainspring.definition.context import OpContext
from mainspring.definition.declaration import make_op
from mainspring.definition.handle import Dynamic
from mainspring.definition.io import DynamicOut, In, Out
from mainspring.definition.op import ContextOp, Hook, Op
from mainspring.definition.retry import RetryPolicy

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class OpDecorator(Protocol):
    """`@op(…)`: turns a function into an op of the same type."""

    @overload
    def __call__(self, function: Callable[Concatenate[OpContext, P], R], /) -> ContextOp[P, R]: ...
    @overload
    def __call__(self, function: Callable[P, R], /) -> Op[P, R]: ...


class DynamicOpDecorator(Protocol):
    """`@op(out=DynamicOut())`: the op's calls can be mapped and collected."""

    @overload
    def __call__(
        self, function: Callable[Concatenate[OpContext, P], Mapping[str, T]], /
    ) -> ContextOp[P, Dynamic[T]]: ...
    @overload
    def __call__(self, function: Callable[P, Mapping[str, T]], /) -> Op[P, Dynamic[T]]: ...


@overload
def op(function: Callable[Concatenate[OpContext, P], R], /) -> ContextOp[P, R]: ...
@overload
def op(function: Callable[P, R], /) -> Op[P, R]: ...
@overload
def op(  # type: ignore[overload-overlap] # a DynamicOut is an Out that gives more
    *,
    out: DynamicOut,
    name: str | None = ...,
    ins: Mapping[str, In] | None = ...,
    retry: RetryPolicy | None = ...,
    tags: Mapping[str, str] | None = ...,
    priority: int = ...,
    pool: str | None = ...,
    on_success: Hook | Sequence[Hook] = ...,
    on_failure: Hook | Sequence[Hook] = ...,
    description: str | None = ...,
) -> DynamicOpDecorator: ...
@overload
def op(
    *,
    name: str | None = ...,
    out: Out | Mapping[str, Out] | None = ...,
    ins: Mapping[str, In] | None = ...,
    retry: RetryPolicy | None = ...,
    tags: Mapping[str, str] | None = ...,
    priority: int = ...,
    pool: str | None = ...,
    on_success: Hook | Sequence[Hook] = ...,
    on_failure: Hook | Sequence[Hook] = ...,
    description: str | None = ...,
) -> OpDecorator: ...
def op(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    out: Out | Mapping[str, Out] | None = None,
    ins: Mapping[str, In] | None = None,
    retry: RetryPolicy | None = None,
    tags: Mapping[str, str] | None = None,
    priority: int = 0,
    pool: str | None = None,
    on_success: Hook | Sequence[Hook] = (),
    on_failure: Hook | Sequence[Hook] = (),
    description: str | None = None,
) -> Any:
    """Make an op of a typed function, `@ms.op` or `@ms.op(…)`.

    Positional parameters are inputs; a keyword-only one is its config (`ms.config()`), a resource (`ms.resource()`) or
    plain with a default; the first one annotated `OpContext` is the context. A function annotated `-> None` has no
    output.

    Args:
        function: The function, when used bare.
        name: The op's name; the function's unless given.
        out: Its output, or its outputs by name, which it then returns as a mapping; a `DynamicOut` returns key → value.
        ins: What it declares of its inputs, by name.
        retry: When a failed step is tried again.
        tags: Facts about it.
        priority: Steps of a higher priority start first.
        pool: The pool of which a step takes up a place while it runs; the instance's settings say how many it has.
        on_success: What to call when a step of it has succeeded.
        on_failure: What to call when a step of it has failed for good.
        description: What it does; its docstring unless given.

    Raises:
        DefinitionError: The function cannot be an op.
    """

    def decorate(target: Callable[..., Any], depth: int = 3) -> Op[..., Any]:
        return make_op(
            target,
            depth,
            name=name,
            out=out,
            ins=ins,
            retry=retry,
            tags=tags,
            priority=priority,
            pool=pool,
            on_success=on_success,
            on_failure=on_failure,
            description=description,
        )

    return decorate if function is None else decorate(function, 4)
