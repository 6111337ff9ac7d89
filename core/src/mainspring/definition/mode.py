"""Modes: named bindings of a job to its surroundings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import Attribute, field, frozen

from mainspring.definition.executor import Executor
from mainspring.definition.io import IOManager
from mainspring.definition.names import checked_name
from mainspring.definition.resource import Resource
from mainspring.errors import DefinitionError, shorten

DEFAULT_MODE = "default"
"""The mode of a job that has none."""


def _mode_name(name: str) -> str:
    return checked_name("mode", name)


@frozen(eq=False)
class Mode:
    """A named binding of a job to its surroundings.

    Attributes:
        name: `dev`, `test`, `prod`…
        resources: Resources and IO managers by the names under which ops ask for them. A value that derives from
            `Resource` is opened; anything else is handed over as it is.
        executor: Where and how many at once the steps run; None for one after the other in this process.
    """

    name: str = field(converter=_mode_name)
    resources: Mapping[str, Any] = field(factory=dict)
    executor: Executor | None = field(default=None)

    @resources.validator
    def _check_resources(self, attribute: Attribute[Any], value: object) -> None:
        if not isinstance(value, Mapping):
            raise DefinitionError(
                f"the resources of mode {self.name!r} must be a dict by name, not {type(value).__name__}"
            )
        for name, each in value.items():
            checked_name("resource", name)
            if isinstance(each, type) and issubclass(each, (Resource, IOManager)):
                raise DefinitionError(
                    f"resource {name!r} of mode {self.name!r} is the class {each.__name__}, not an instance of it; call it"
                )

    @executor.validator
    def _check_executor(self, attribute: Attribute[Any], value: object) -> None:
        if value is not None and not isinstance(value, Executor):
            raise DefinitionError(
                f"the executor of mode {self.name!r} is {shorten(repr(value))}, which does not derive from ms.Executor"
                + ("; call the class" if isinstance(value, type) else "")
            )


def modes_by_name(owner: str, modes: object) -> dict[str, Mode]:
    """Return modes by name, in their order.

    Raises:
        DefinitionError: Two bear one name, or one is no mode.
    """
    if not isinstance(modes, (list, tuple)):
        raise DefinitionError(f"the modes of {owner} must be a list of ms.Mode, not {type(modes).__name__}")
    named: dict[str, Mode] = {}
    for mode in modes:
        if not isinstance(mode, Mode):
            raise DefinitionError(f"{shorten(repr(mode))} among the modes of {owner} is no ms.Mode; write ms.Mode(…)")
        if mode.name in named:
            raise DefinitionError(f"{owner} has two modes named {mode.name!r}; rename one")
        named[mode.name] = mode
    return named
