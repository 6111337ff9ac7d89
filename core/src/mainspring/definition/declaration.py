"""Declarations: what a decorator was told of a function, checked and made into an op."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from mainspring.definition.annotation import scope_of
from mainspring.definition.call import Composable, describe
from mainspring.definition.io import DynamicOut, In, Out
from mainspring.definition.names import checked_name, checked_tags
from mainspring.definition.op import SOLE_OUTPUT, ContextOp, Hook, Op
from mainspring.definition.retry import RetryPolicy
from mainspring.definition.signature import Signature, read_signature
from mainspring.errors import DefinitionError, UnknownNameError, shorten


def make_op(
    function: Callable[..., Any],
    depth: int,
    *,
    name: object,
    out: object,
    ins: object,
    retry: object,
    tags: object,
    priority: object,
    pool: object,
    on_success: object,
    on_failure: object,
    description: str | None,
) -> Op[..., Any]:
    """Make an op of a function defined `depth` frames above this one; the other arguments are those of `op`.

    Raises:
        DefinitionError: Something does not fit.
    """
    if not callable(function) or isinstance(function, Composable):
        raise DefinitionError(f"@op decorates a function, not {shorten(repr(function))}")
    chosen = checked_name("op", name if name is not None else getattr(function, "__name__", None))
    owner = f"op {chosen!r}"
    _check_returns_a_value(owner, function)
    signature = read_signature(owner, function, scope_of(function, depth))
    made: type[Op[..., Any]] = ContextOp if signature.context is not None else Op
    return made(
        name=chosen,
        function=function,
        signature=signature,
        outs=_outs(owner, out, signature),
        returns_mapping=isinstance(out, Mapping),
        ins=_ins(owner, ins, signature),
        retry=_retry(owner, retry),
        tags=checked_tags(owner, {} if tags is None else tags),
        priority=_priority(owner, priority),
        pool=None if pool is None else checked_name("pool", pool),
        on_success=_hooks(owner, "on_success", on_success),
        on_failure=_hooks(owner, "on_failure", on_failure),
        description=describe(function, description),
    )


def _check_returns_a_value(owner: str, function: Callable[..., Any]) -> None:
    called = inspect.unwrap(function)
    if not inspect.isroutine(called):
        called = getattr(called, "__call__", called)  # noqa: B004 - the method itself, to look at
    if any(
        check(each)
        for check in (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)
        for each in (function, called)
    ):
        raise DefinitionError(
            f"{owner} is a coroutine or generator function; return the value, with asyncio.run(…) inside where needed"
        )


def _outs(owner: str, out: object, signature: Signature) -> dict[str, Out]:
    returns = signature.returns
    returns_nothing = returns in (None, type(None)) or (isinstance(returns, str) and returns.strip("'\" ") == "None")
    if returns_nothing and out is not None:
        raise DefinitionError(
            f"{owner} is annotated -> None but declares an output; annotate what it returns, or leave out out=… and use "
            "context.log_materialization(…)"
        )
    match out:
        case None:
            return {} if returns_nothing else {SOLE_OUTPUT: Out()}
        case Out():
            if out.optional and not isinstance(out, DynamicOut):
                raise DefinitionError(
                    f"{owner}: a sole output cannot be optional, as None is a value; declare "
                    f"out={{'{SOLE_OUTPUT}': Out(optional=True)}} and return a dict"
                )
            return {SOLE_OUTPUT: out}
        case Mapping():
            if not out:
                raise DefinitionError(f"{owner} declares no outputs in out={{}}; annotate it -> None instead")
            for each in out.values():
                if not isinstance(each, Out):
                    raise DefinitionError(
                        f"{owner}: out holds {shorten(repr(each))}, which is no ms.Out; call ms.Out()"
                    )
            return {checked_name("output", each): value for each, value in out.items()}
        case _:
            raise DefinitionError(f"{owner}: out must be an ms.Out or a dict of them, not {shorten(repr(out))}")


def _ins(owner: str, ins: object, signature: Signature) -> dict[str, In]:
    if ins is None:
        return {}
    if not isinstance(ins, Mapping):
        raise DefinitionError(f"{owner}: ins must be a dict of input to ms.In, not {shorten(repr(ins))}")
    for name, each in ins.items():
        if name not in signature.inputs:
            raise UnknownNameError("input", name, signature.inputs, place=owner)
        if not isinstance(each, In):
            raise DefinitionError(f"{owner}: ins holds {shorten(repr(each))} for {name!r}, which is no ms.In")
    return dict(ins)


def _retry(owner: str, retry: object) -> RetryPolicy | None:
    if retry is None or isinstance(retry, RetryPolicy):
        return retry
    raise DefinitionError(f"{owner}: retry must be an ms.RetryPolicy(…), not {shorten(repr(retry))}")


def _priority(owner: str, priority: object) -> int:
    if isinstance(priority, int) and not isinstance(priority, bool):
        return priority
    raise DefinitionError(f"{owner}: priority must be a whole number, not {shorten(repr(priority))}")


def _hooks(owner: str, role: str, given: object) -> tuple[Hook, ...]:
    hooks = tuple(given) if isinstance(given, (list, tuple)) else (given,)
    for each in hooks:
        if not callable(each):
            raise DefinitionError(
                f"{owner}: {role} takes functions of an ms.HookContext, one or a list, not {shorten(repr(each))}"
            )
    return hooks
