"""Ops: typed functions, the unit of compute."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import (
    Any,
    Concatenate,
    Generic,
    ParamSpec,
    Protocol,
    TypeVar,
    cast,
    get_args,
    get_origin,
    is_typeddict,
    overload,
)

import attrs
from attrs import field, frozen

from mainspring.definition.annotation import UNRESOLVED, scope_of
from mainspring.definition.call import Composable, describe
from mainspring.definition.compose import Composition, current_composition
from mainspring.definition.context import HookContext, OpContext
from mainspring.definition.handle import Dynamic
from mainspring.definition.io import DynamicOut, In, Out
from mainspring.definition.names import checked_name, checked_tags
from mainspring.definition.retry import RetryPolicy
from mainspring.definition.signature import Signature, read_signature
from mainspring.errors import DefinitionError, UnknownNameError

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

SOLE_OUTPUT = "result"
"""What an op's output is called where it has just one."""

Hook = Callable[[HookContext], object]
"""Called when a step has succeeded or failed for good; what it raises is recorded and changes nothing."""


@frozen(eq=False, repr=False)
class Op(Composable[P, R]):
    """A typed function that jobs are made of; calling it outside a job's body calls the function.

    Attributes:
        name: Its name in graphs, config and events.
        function: The function.
        signature: Its parameters, sorted.
        outs: Its outputs by name; empty for a function that returns None.
        returns_mapping: Whether it returns a mapping by output name, rather than its sole output.
        ins: What it declares of its inputs.
        retry: When a failed step of it is tried again; None for never.
        tags: Facts about it, for people, executors and limits.
        priority: Steps of a higher priority start first among those that may start.
        on_success: Hooks called when a step of it has succeeded.
        on_failure: Hooks called when a step of it has failed for good.
        description: What it does.
    """

    name: str
    function: Callable[..., Any]
    signature: Signature
    outs: Mapping[str, Out]
    returns_mapping: bool = False
    ins: Mapping[str, In] = field(factory=dict)
    retry: RetryPolicy | None = None
    tags: Mapping[str, str] = field(factory=dict)
    priority: int = 0
    on_success: tuple[Hook, ...] = ()
    on_failure: tuple[Hook, ...] = ()
    description: str = ""

    def __repr__(self) -> str:
        return f"<op {self.name!r}>"

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        return self.function

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        composition = current_composition()
        if composition is None:
            return cast(R, self.compute(args, kwargs))
        return cast(R, self.compose(composition, None, (), args, kwargs))

    @property
    def has_sole_output(self) -> bool:
        """Whether a call gives one handle rather than several by name."""
        return not self.returns_mapping

    @cached_property
    def input_types(self) -> Mapping[str, Any]:
        """The inputs' types by name; `UNRESOLVED` where an annotation is absent or cannot be resolved."""
        return {
            name: UNRESOLVED
            if each.annotation is inspect.Parameter.empty
            else self.signature.scope.resolve(each.annotation)
            for name, each in self.signature.inputs.items()
        }

    @cached_property
    def output_types(self) -> Mapping[str, Any]:
        """The outputs' types by name: for a dynamic output the type of one of its values."""
        returns = self.signature.returns
        whole = UNRESOLVED if returns is inspect.Signature.empty else self.signature.scope.resolve(returns)
        if self.returns_mapping:
            return {name: self._value_type(_entry_type(whole, name), out) for name, out in self.outs.items()}
        return {name: self._value_type(whole, out) for name, out in self.outs.items()}

    @cached_property
    def config_class(self) -> type | None:
        """The attrs class of its config, or None.

        Raises:
            DefinitionError: The annotation cannot be resolved, or is no attrs class.
        """
        parameter = self.signature.config
        if parameter is None:
            return None
        found = self.signature.scope.resolve(parameter.annotation)
        if found is UNRESOLVED or parameter.annotation is inspect.Parameter.empty:
            raise DefinitionError(
                f"op {self.name!r}: the annotation of config parameter {parameter.name!r} cannot be resolved; "
                "annotate it with an attrs class that the module defines or imports"
            )
        if not (isinstance(found, type) and attrs.has(found)):
            raise DefinitionError(
                f"op {self.name!r}: config parameter {parameter.name!r} is annotated {getattr(found, '__name__', found)!r}, "
                "which is not an attrs class; decorate it with @attrs.define"
            )
        return found

    def compose(
        self,
        composition: Composition,
        alias: str | None,
        after: Sequence[Any],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> Any:
        names = list(self.signature.inputs)
        if len(args) > len(names):
            raise DefinitionError(
                f"{composition.owner}: {self.name!r} takes {len(names)} inputs but is given {len(args)}"
            )
        given = dict(zip(names, args, strict=False))
        for name, value in kwargs.items():
            if name not in self.signature.inputs:
                raise DefinitionError(
                    f"{composition.owner}: {self.name!r} has no input {name!r}; config comes with the run, resources "
                    "with the mode, and other keyword-only parameters keep their defaults in a job"
                )
            if name in given:
                raise DefinitionError(f"{composition.owner}: {self.name!r} is given its input {name!r} twice")
            given[name] = value
        return composition.add(self, alias, after, given)

    def compute(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Call the function; config that can be built from defaults and resources of a given context are filled in."""
        given = dict(kwargs)
        context = args[0] if args and isinstance(args[0], OpContext) else given.get(self.signature.context or "")
        if self.signature.context is not None and not isinstance(context, OpContext):
            raise DefinitionError(
                f"op {self.name!r} takes a context: pass one first, as in {self.name}(ms.testing.op_context(), …)"
            )
        if (parameter := self.signature.config) is not None and parameter.name not in given:
            given[parameter.name] = self._default_config(parameter.name)
        for each in self.signature.resources:
            if each.name in given:
                continue
            if not isinstance(context, OpContext) or each.resource not in context.resources:
                raise DefinitionError(f"op {self.name!r} needs resource {each.resource!r}: pass {each.name}=…")
            given[each.name] = context.resources[each.resource]
        result = self.function(*args, **given)
        sole = self.outs.get(SOLE_OUTPUT)
        return Dynamic(result) if isinstance(sole, DynamicOut) and isinstance(result, Mapping) else result

    def _default_config(self, name: str) -> Any:
        config_class = self.config_class
        assert config_class is not None  # noqa: S101 - there is a config parameter
        try:
            return config_class()
        except TypeError as error:
            raise DefinitionError(
                f"op {self.name!r} needs its config: pass {name}={config_class.__name__}(…)"
            ) from error

    def _value_type(self, whole: Any, out: Out) -> Any:
        return _entry_type(whole, None) if isinstance(out, DynamicOut) else whole


class ContextOp(Op[P, R]):
    """An op that takes a context; in a job's body it is called without one."""

    @overload
    def __call__(self, context: OpContext, /, *args: P.args, **kwargs: P.kwargs) -> R: ...
    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...
    def __call__(self, *args: Any, **kwargs: Any) -> R:
        return cast(R, Op.__call__(self, *args, **kwargs))


def _entry_type(whole: Any, name: str | None) -> Any:
    """Return the type of a mapping's values: of all of them, or of one in a TypedDict."""
    if whole is UNRESOLVED:
        return UNRESOLVED
    if is_typeddict(whole) and name is not None:
        return whole.__annotations__.get(name, UNRESOLVED)
    origin, arguments = get_origin(whole), get_args(whole)
    if isinstance(origin, type) and issubclass(origin, Mapping) and len(arguments) == 2:
        return arguments[1]
    return UNRESOLVED


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
def op(
    *,
    out: DynamicOut,
    name: str | None = ...,
    ins: Mapping[str, In] | None = ...,
    retry: RetryPolicy | None = ...,
    tags: Mapping[str, str] | None = ...,
    priority: int = ...,
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
        on_success: What to call when a step of it has succeeded.
        on_failure: What to call when a step of it has failed for good.
        description: What it does; its docstring unless given.

    Raises:
        DefinitionError: The function cannot be an op.
    """

    def decorate(target: Callable[..., Any], depth: int = 3) -> Op[..., Any]:
        return _make_op(
            target,
            depth,
            name=name,
            out=out,
            ins=dict(ins or {}),
            retry=retry,
            tags=dict(tags or {}) if isinstance(tags, (dict, type(None))) else tags,
            priority=priority,
            on_success=_hooks(on_success),
            on_failure=_hooks(on_failure),
            description=description,
        )

    return decorate if function is None else decorate(function, 4)


def _make_op(target: Callable[..., Any], depth: int, *, name: str | None, out: Any, **settings: Any) -> Op[..., Any]:
    if not callable(target) or isinstance(target, Composable):
        raise DefinitionError(f"@op decorates a function, not {target!r}")
    chosen = checked_name("op", name if name is not None else getattr(target, "__name__", None))
    owner = f"op {chosen!r}"
    if inspect.iscoroutinefunction(target) or inspect.isgeneratorfunction(target) or inspect.isasyncgenfunction(target):
        raise DefinitionError(
            f"{owner} is a coroutine or generator function; return the value, with asyncio.run(…) inside where needed"
        )
    signature = read_signature(owner, target, scope_of(target, depth))
    settings["tags"] = checked_tags(owner, settings["tags"])
    settings["description"] = describe(target, settings["description"])
    if (retry := settings["retry"]) is not None and not isinstance(retry, RetryPolicy):
        raise DefinitionError(f"{owner}: retry must be an ms.RetryPolicy, not {type(retry).__name__}")
    if isinstance(settings["priority"], bool) or not isinstance(settings["priority"], int):
        raise DefinitionError(f"{owner}: priority must be a whole number, not {settings['priority']!r}")
    for each in settings["ins"]:
        if each not in signature.inputs:
            raise UnknownNameError("input", each, signature.inputs, place=owner)
    made = ContextOp if signature.context is not None else Op
    return made(
        name=chosen,
        function=target,
        signature=signature,
        outs=_outs(owner, out, signature),
        returns_mapping=isinstance(out, Mapping),
        **settings,
    )


def _outs(owner: str, out: object, signature: Signature) -> dict[str, Out]:
    returns_nothing = signature.returns in (None, type(None), "None")
    match out:
        case None:
            return {} if returns_nothing else {SOLE_OUTPUT: Out()}
        case Out():
            if returns_nothing:
                raise DefinitionError(
                    f"{owner} is annotated -> None but declares an Out; annotate what it returns, or leave out the Out "
                    "and use context.log_materialization(…)"
                )
            if out.optional and not isinstance(out, DynamicOut):
                raise DefinitionError(
                    f"{owner}: only one of several outputs can be optional; declare out={{'{SOLE_OUTPUT}': Out(optional=True)}}"
                )
            return {SOLE_OUTPUT: out}
        case Mapping():
            if not out:
                raise DefinitionError(f"{owner} declares no outputs in out={{}}; annotate it -> None instead")
            for each in out.values():
                if not isinstance(each, Out):
                    raise DefinitionError(f"{owner}: out holds {each!r}, which is no ms.Out")
            return {checked_name("output", each): value for each, value in out.items()}
        case _:
            raise DefinitionError(f"{owner}: out must be an ms.Out or a dict of them, not {type(out).__name__}")


def _hooks(given: Hook | Sequence[Hook]) -> tuple[Hook, ...]:
    hooks = (given,) if callable(given) else tuple(given)
    for each in hooks:
        if not callable(each):
            raise DefinitionError(f"a hook is a function that takes an ms.HookContext, not {each!r}")
    return hooks
