"""Graphs: ops wired by calling them; a graph called in a body nests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar, overload

from attrs import frozen

from mainspring.definition.call import Composable, check_body, describe
from mainspring.definition.compose import Composition
from mainspring.definition.names import checked_name
from mainspring.errors import DefinitionError, shorten

P = ParamSpec("P")
R = TypeVar("R")


@frozen(eq=False, repr=False)
class Graph(Composable[P, R]):
    """A function that calls ops; calling it in a job's body adds its ops under its name, outside it just calls it.

    Attributes:
        name: Its name in paths: `outer` in `outer.inner`.
        function: The function; its parameters are the graph's inputs.
        description: What it does.
    """

    name: str
    function: Callable[..., Any]
    description: str = ""

    def __repr__(self) -> str:
        return f"<graph {self.name!r}>"

    def compose(
        self,
        composition: Composition,
        alias: str | None,
        after: Sequence[Any],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> Any:
        """Add the calls in its body, under its name."""
        return composition.nest(self, alias, after, lambda: self.function(*args, **kwargs))

    def compute(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Call the function itself."""
        return self.function(*args, **kwargs)


@overload
def graph(function: Callable[P, R], /) -> Graph[P, R]: ...
@overload
def graph(*, name: str | None = ..., description: str | None = ...) -> Callable[[Callable[P, R]], Graph[P, R]]: ...
def graph(
    function: Callable[..., Any] | None = None, /, *, name: str | None = None, description: str | None = None
) -> Any:
    """Make a graph of a function that calls ops, `@ms.graph` or `@ms.graph(name=…)`.

    Args:
        function: The function, when used bare; its parameters are the graph's inputs.
        name: The graph's name; the function's unless given.
        description: What it does; its docstring unless given.

    Raises:
        DefinitionError: It cannot be a graph.
    """

    def decorate(target: Callable[..., Any]) -> Graph[..., Any]:
        if not callable(target) or isinstance(target, Composable):
            raise DefinitionError(f"@graph decorates a function, not {shorten(repr(target))}")
        chosen = checked_name("graph", name if name is not None else getattr(target, "__name__", None))
        check_body(f"graph {chosen!r}", target)
        return Graph(chosen, target, describe(target, description))

    return decorate if function is None else decorate(function)
