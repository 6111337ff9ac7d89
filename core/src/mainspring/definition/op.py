"""Ops: typed functions, the unit of compute."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, ParamSpec, TypeVar, get_args, get_origin, is_typeddict, overload

import attrs
from attrs import field, frozen

from mainspring.definition.annotation import UNRESOLVED
from mainspring.definition.call import Composable
from mainspring.definition.compose import Composition
from mainspring.definition.context import HookContext, OpContext
from mainspring.definition.handle import Dynamic
from mainspring.definition.io import DynamicOut, In, Out
from mainspring.definition.retry import RetryPolicy
from mainspring.definition.signature import Signature
from mainspring.errors import DefinitionError

P = ParamSpec("P")
R = TypeVar("R")

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
        pool: Which pool each step of it takes up a place of while it runs; None for none.
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
    pool: str | None = None
    on_success: tuple[Hook, ...] = ()
    on_failure: tuple[Hook, ...] = ()
    description: str = ""

    def __repr__(self) -> str:
        return f"<op {self.name!r}>"

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        """The function, where `inspect` and documentation tools look for it."""
        return self.function

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
                f"op {self.name!r}: config parameter {parameter.name!r} is annotated {getattr(found, '__name__', found)}, "
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
        """Add a call of the op."""
        return composition.add(self, alias, after, self._given(composition.owner, args, kwargs))

    def compute(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Call the function; config that can be built from defaults and resources of a given context are filled in."""
        given = dict(kwargs)
        context = self._given_context(args, kwargs)
        if (parameter := self.signature.config) is not None and parameter.name not in given:
            given[parameter.name] = self._default_config(parameter.name)
        for each in self.signature.resources:
            if each.name in given:
                continue
            if context is None or each.resource not in context.resources:
                raise DefinitionError(f"op {self.name!r} needs resource {each.resource!r}: pass {each.name}=…")
            given[each.name] = context.resources[each.resource]
        result = self.function(*args, **given)
        if not isinstance(result, Mapping):
            return result
        dynamic = [name for name, out in self.outs.items() if isinstance(out, DynamicOut)]
        if not self.returns_mapping:
            return Dynamic(result) if dynamic else result
        return {**result, **{name: Dynamic(result[name]) for name in dynamic if name in result}} if dynamic else result

    def _given(self, owner: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a call in a body gives to each input."""
        names = list(self.signature.inputs)
        if len(args) > len(names):
            raise DefinitionError(
                f"{owner}: {self.name!r} takes {len(names)} input{'' if len(names) == 1 else 's'} but is given {len(args)}"
            )
        given = dict(zip(names, args, strict=False))
        for name, value in kwargs.items():
            if name not in self.signature.inputs:
                raise DefinitionError(
                    f"{owner}: {self.name!r} has no input {name!r}; config comes with the run, resources with the mode, "
                    "the context by itself, and other keyword-only parameters keep their defaults in a job"
                )
            if name in given:
                raise DefinitionError(f"{owner}: {self.name!r} is given its input {name!r} twice; give it once")
            given[name] = value
        return given

    def _given_context(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> OpContext | None:
        name = self.signature.context
        if name is None:
            return None
        index = self.signature.positional.index(name)
        context = args[index] if index < len(args) else kwargs.get(name)
        if not isinstance(context, OpContext):
            before = "".join(f"{each}, " for each in self.signature.positional[:index])
            raise DefinitionError(
                f"op {self.name!r} takes a context: pass one, as in {self.name}({before}ms.testing.op_context(), …)"
            )
        return context

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
    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # type: ignore[misc] # it takes all that P may stand for
        """Compose in a body, compute outside."""
        return super().__call__(*args, **kwargs)


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
