"""An op's parameters: which are inputs, which is its config, which are resources, and where the context goes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import frozen

from mainspring.definition.annotation import Scope
from mainspring.definition.config import ConfigMarker
from mainspring.definition.context import OpContext
from mainspring.definition.resource import ResourceMarker
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
    signature = inspect.signature(function)
    context: str | None = None
    positional: list[str] = []
    inputs: dict[str, InputParameter] = {}
    configs: list[ConfigParameter] = []
    resources: list[ResourceParameter] = []
    for name, parameter in signature.parameters.items():
        match parameter.kind:
            case inspect.Parameter.VAR_POSITIONAL | inspect.Parameter.VAR_KEYWORD:
                stars = "*" if parameter.kind is inspect.Parameter.VAR_POSITIONAL else "**"
                raise DefinitionError(f"{owner} takes {stars}{name}: name each input; a list takes several (fan-in)")
            case inspect.Parameter.KEYWORD_ONLY:
                match parameter.default:
                    case ConfigMarker():
                        configs.append(ConfigParameter(name, parameter.annotation))
                    case ResourceMarker(resource):
                        resources.append(ResourceParameter(name, resource or name))
                    case inspect.Parameter.empty:
                        raise DefinitionError(
                            f"{owner}: keyword-only parameter {name!r} needs a default: ms.config(), ms.resource() "
                            "or a plain value; an input is positional"
                        )
            case _:
                positional.append(name)
                if isinstance(parameter.default, (ConfigMarker, ResourceMarker)):
                    marker = "config" if isinstance(parameter.default, ConfigMarker) else "resource"
                    raise DefinitionError(
                        f"{owner}: put a * before {name!r}; ms.{marker}() marks keyword-only parameters"
                    )
                if context is None and _is_context(parameter.annotation):
                    context = name
                else:
                    default = MISSING if parameter.default is inspect.Parameter.empty else parameter.default
                    inputs[name] = InputParameter(name, parameter.annotation, default)
    if len(configs) > 1:
        raise DefinitionError(
            f"{owner} has {len(configs)} parameters marked ms.config(); keep one and nest the others in it"
        )
    return Signature(
        tuple(positional),
        context,
        inputs,
        configs[0] if configs else None,
        tuple(resources),
        signature.return_annotation,
        scope,
    )


def _is_context(annotation: object) -> bool:
    return annotation is OpContext or (
        isinstance(annotation, str) and annotation.strip("'\"").rpartition(".")[2].endswith("OpContext")
    )
