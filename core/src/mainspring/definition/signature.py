"""An op's parameters: which are inputs, which is its config, which are resources, and where the context goes."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from attrs import frozen

from mainspring.definition.annotation import Scope
from mainspring.definition.config import ConfigMarker, config
from mainspring.definition.context import OpContext
from mainspring.definition.names import checked_name
from mainspring.definition.resource import ResourceMarker, resource
from mainspring.errors import DefinitionError


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
"""Stands where an input has no default."""


@frozen
class InputParameter:
    """A positional parameter: a value from upstream."""

    name: str
    annotation: Any
    default: Any = MISSING

    @property
    def is_required(self) -> bool:
        """Whether something must be wired to it."""
        return self.default is MISSING


@frozen
class ConfigParameter:
    """The keyword-only parameter marked with `config()`."""

    name: str
    annotation: Any


@frozen
class ResourceParameter:
    """A keyword-only parameter marked with `resource()`, and the resource that fills it."""

    name: str
    resource: str


@frozen
class Signature:
    """A function's parameters by their part in a graph.

    Attributes:
        positional: The names of all positional parameters in order, the context among them.
        context: The name of the parameter that takes the `OpContext`, if any.
        inputs: The inputs, by name, in order.
        config: The config parameter, if any.
        resources: The resource parameters.
        returns: The return annotation, unresolved; `inspect.Signature.empty` where there is none.
        scope: Where annotations are resolved.
    """

    positional: tuple[str, ...]
    context: str | None
    inputs: Mapping[str, InputParameter]
    config: ConfigParameter | None
    resources: tuple[ResourceParameter, ...]
    returns: Any
    scope: Scope


def read_signature(owner: str, function: Callable[..., Any], scope: Scope) -> Signature:
    """Sort a function's parameters.

    Raises:
        DefinitionError: One of them cannot be what its place says.
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError) as error:
        raise DefinitionError(f"{owner}: its parameters cannot be read; wrap it in a function of your own") from error
    parameters = signature.parameters.values()
    for each in parameters:
        _check_form(owner, each)
    positional = [each for each in parameters if each.kind is not inspect.Parameter.KEYWORD_ONLY]
    marked = [each for each in parameters if each.kind is inspect.Parameter.KEYWORD_ONLY]
    context = _context_of(owner, positional)
    return Signature(
        tuple(each.name for each in positional),
        context,
        {each.name: _input(each) for each in positional if each.name != context},
        _config_of(owner, marked),
        tuple(
            ResourceParameter(each.name, checked_name("resource", each.default.name or each.name))
            for each in marked
            if isinstance(each.default, ResourceMarker)
        ),
        signature.return_annotation,
        scope,
    )


def _check_form(owner: str, parameter: inspect.Parameter) -> None:
    """Refuse what has no place in a graph."""
    name, kind, default = parameter.name, parameter.kind, parameter.default
    if kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
        stars = "*" if kind is inspect.Parameter.VAR_POSITIONAL else "**"
        raise DefinitionError(f"{owner} takes {stars}{name}: name each input; a list takes several (fan-in)")
    if default is config or default is resource:
        raise DefinitionError(f"{owner}: the default of {name!r} is ms.{default.__name__} itself; call it, with ()")
    if kind is not inspect.Parameter.KEYWORD_ONLY:
        if isinstance(default, (ConfigMarker, ResourceMarker)):
            marker = "config" if isinstance(default, ConfigMarker) else "resource"
            raise DefinitionError(f"{owner}: put a * before {name!r}; ms.{marker}() marks keyword-only parameters")
    elif _is_context(parameter.annotation):
        raise DefinitionError(f"{owner}: put {name!r} before the *; the context is a positional parameter")
    elif default is inspect.Parameter.empty:
        raise DefinitionError(
            f"{owner}: keyword-only parameter {name!r} needs a default: ms.config(), ms.resource() or a plain value; an "
            "input is positional"
        )


def _context_of(owner: str, positional: Sequence[inspect.Parameter]) -> str | None:
    contexts = [each.name for each in positional if _is_context(each.annotation)]
    if len(contexts) > 1:
        raise DefinitionError(f"{owner} has {len(contexts)} contexts, {', '.join(map(repr, contexts))}; keep one")
    for each in positional:
        if each.name not in contexts and _speaks_of_context(each.annotation):
            raise DefinitionError(
                f"{owner}: {each.name!r} is annotated {inspect.formatannotation(each.annotation)}; annotate it OpContext "
                "and nothing else, for an op that takes a context always gets one"
            )
    return contexts[0] if contexts else None


def _config_of(owner: str, marked: Sequence[inspect.Parameter]) -> ConfigParameter | None:
    configs = [each for each in marked if isinstance(each.default, ConfigMarker)]
    if len(configs) > 1:
        raise DefinitionError(
            f"{owner} has {len(configs)} parameters marked ms.config(); keep one and nest the others in it"
        )
    return ConfigParameter(configs[0].name, configs[0].annotation) if configs else None


def _input(parameter: inspect.Parameter) -> InputParameter:
    default = MISSING if parameter.default is inspect.Parameter.empty else parameter.default
    return InputParameter(parameter.name, parameter.annotation, default)


def _is_context(annotation: object) -> bool:
    return annotation is OpContext or (
        isinstance(annotation, str) and annotation.strip("'\" ").rpartition(".")[2].endswith("OpContext")
    )


def _speaks_of_context(annotation: object) -> bool:
    """Whether it is a union with the context, or the context with something around it."""
    if isinstance(annotation, str):
        return re.search(r"\bOpContext\b", annotation) is not None and "Callable" not in annotation
    return get_origin(annotation) in (Union, UnionType, Annotated) and OpContext in get_args(annotation)
