"""What ops and graphs share: inside a job's body a call composes, outside it computes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, ParamSpec, TypeVar, cast

from attrs import evolve, frozen

from mainspring.definition.compose import Composition, current_composition
from mainspring.definition.names import checked_name
from mainspring.errors import DefinitionError

P = ParamSpec("P")
R = TypeVar("R")


class Composable(ABC, Generic[P, R]):
    """Something that a job's body may call."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Compose in a body, compute outside."""
        composition = current_composition()
        if composition is None:
            return cast(R, self.compute(args, kwargs))
        return cast(R, self.compose(composition, None, (), args, kwargs))

    def alias(self, name: str) -> Call[P, R]:
        """Return it under another name: the name of the next call's node, step and config."""
        return Call(self, checked_name("alias", name))

    def after(self, *handles: Any) -> Call[P, R]:
        """Return it with an order: the next call runs after what these handles stand for, taking nothing from it."""
        return Call(self, None, handles)

    @abstractmethod
    def compose(
        self,
        composition: Composition,
        alias: str | None,
        after: Sequence[Any],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> Any:
        """Add a call to the composition and return its handle or handles."""

    @abstractmethod
    def compute(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Call the function itself."""


@frozen
class Call(Generic[P, R]):
    """An op or graph with what the next call of it is to be known by and to come after."""

    target: Composable[P, R]
    name: str | None = None
    handles: tuple[Any, ...] = ()

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Compose in a body, compute outside."""
        composition = current_composition()
        if composition is None:
            return cast(R, self.target.compute(args, kwargs))
        return cast(R, self.target.compose(composition, self.name, self.handles, args, kwargs))

    def alias(self, name: str) -> Call[P, R]:
        """Return it under another name."""
        return evolve(self, name=checked_name("alias", name))

    def after(self, *handles: Any) -> Call[P, R]:
        """Return it with more that it comes after."""
        return evolve(self, handles=(*self.handles, *handles))


def check_body(owner: str, function: Callable[..., Any]) -> None:
    """Refuse a body whose calls would not be made by calling it.

    Raises:
        DefinitionError: It is a coroutine or generator function.
    """
    import inspect

    if any(
        check(function)
        for check in (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)
    ):
        raise DefinitionError(
            f"the body of {owner} is a coroutine or generator function, so calling it wires nothing; make it a plain one"
        )


def describe(function: Callable[..., Any], description: str | None) -> str:
    """Return what a definition says of itself: its description, else its docstring."""
    import inspect

    return description if description is not None else inspect.getdoc(function) or ""
