"""Handles: what a call returns inside a job's body, where values do not exist yet and only their wiring does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, KeysView, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from attrs import frozen

from mainspring.definition.source import Collected, ItemOf, OutputOf
from mainspring.definition.unready import Unready
from mainspring.errors import DefinitionError

if TYPE_CHECKING:
    from mainspring.definition.compose import Composition

T = TypeVar("T")
U = TypeVar("U")


@frozen(eq=False, repr=False)
class Handle(Unready):
    """The coming value of one output.

    Attributes:
        composition: The body being wired.
        source: Where the value will come from; None for a call that has no output and only an order.
        node: The node that will have run when the value is there.
        mapped_over: The dynamic output over which the value is mapped, if it is.
    """

    composition: Composition
    source: OutputOf | ItemOf | Collected | None
    node: str
    mapped_over: ItemOf | None = None

    def described(self) -> str:
        """Say what it stands for."""
        return f"the output of {self.node!r}"


@frozen(eq=False, repr=False)
class OutputHandles(Unready, Mapping[str, Any]):
    """The coming values of an op with several outputs, by name: `split(rows)["good"]`."""

    composition: Composition
    node: str
    handles: Mapping[str, Any]
    mapped_over: ItemOf | None = None

    def described(self) -> str:
        """Say what it stands for."""
        return f"the outputs of {self.node!r}"

    def __getitem__(self, name: str) -> Any:
        if name not in self.handles:
            raise DefinitionError(
                f"{self.composition.owner}: {self.node!r} has the outputs {', '.join(map(repr, self.handles))}: pick one "
                f"by its name, not by {name!r}, as in {self.node}(…)[{next(iter(self.handles))!r}]"
            )
        return self.handles[name]

    def __iter__(self) -> Iterator[str]:
        self._refuse("unpack", f"pick an output by name, {self.node}(…)[{next(iter(self.handles))!r}]")

    def keys(self) -> KeysView[str]:
        """Return the outputs' names."""
        return self.handles.keys()


@frozen(eq=False, repr=False)
class GraphHandle(Unready):
    """A call of a graph that returns nothing: only its order can be used."""

    composition: Composition
    name: str
    nodes: tuple[str, ...]

    def described(self) -> str:
        """Say what it stands for."""
        return f"graph {self.name!r}"


@frozen(eq=False, repr=False)
class DynamicHandle(Unready):
    """The coming values of a dynamic output."""

    composition: Composition
    node: str
    output: str

    def described(self) -> str:
        """Say what it stands for."""
        return f"the dynamic output of {self.node!r}"

    def __iter__(self) -> Iterator[Any]:
        self._refuse("iterate over", "use .map(…) or .collect()")

    def map(self, work: Callable[[Any], Any]) -> MappedHandle:
        """Wire `work`, an op, a graph or any function that calls them, once for each value."""
        item = ItemOf(self.node, self.output)
        return _mapped(self.composition, item, work, Handle(self.composition, item, self.node, item))

    def collect(self) -> Handle:
        """Gather all values in a list."""
        return Handle(self.composition, Collected(self.node, self.output), self.node)


@frozen(eq=False, repr=False)
class MappedHandle(Unready):
    """What was wired once for each value of a dynamic output."""

    composition: Composition
    item: ItemOf
    result: Any

    def described(self) -> str:
        """Say what it stands for."""
        mapped = self.result.described() if isinstance(self.result, Unready) else f"a map over {self.item.node!r}"
        return f"the mapped form of {mapped}"

    def __getitem__(self, name: str) -> MappedHandle:
        if not isinstance(self.result, (OutputHandles, dict)):
            self._refuse("look into")
        return MappedHandle(self.composition, self.item, self.result[name])

    def __iter__(self) -> Iterator[Any]:
        self._refuse("iterate over", "use .map(…) or .collect()")

    def map(self, work: Callable[[Any], Any]) -> MappedHandle:
        """Wire one more piece of work for each value."""
        return _mapped(self.composition, self.item, work, self._one("map"))

    def collect(self) -> Handle:
        """Gather the values in a list, in the order of their keys; no values make an empty list."""
        handle = self._one("collect")
        if not isinstance(handle.source, OutputOf):
            raise DefinitionError(
                f"{self.composition.owner}: {handle.described()} is the mapped value itself: call .collect() on the dynamic output "
                "instead"
            )
        return Handle(handle.composition, Collected(handle.source.node, handle.source.output), handle.node)

    def _one(self, what: str) -> Handle:
        owner = self.composition.owner
        match self.result:
            case Handle(source=source) if source is not None:
                return self.result
            case OutputHandles():
                first = next(iter(self.result.handles))
                raise DefinitionError(
                    f"{owner}: {self.result.described()} are several; pick one by name before .{what}(), as in [{first!r}].{what}(…)"
                )
            case _:
                raise DefinitionError(
                    f"{owner}: what was mapped over the output of {self.item.node!r} returns nothing to {what}; return "
                    "the value of an op from it"
                )


class Dynamic(dict[str, T], Generic[T]):
    """The values of a dynamic output by key: what an op with a `DynamicOut` returns when called as a function."""

    def map(self, work: Callable[[T], U]) -> Dynamic[U]:
        """Call `work` for each value."""
        return Dynamic({key: work(value) for key, value in self.items()})

    def collect(self) -> list[T]:
        """Return the values in a list."""
        return list(self.values())


def _mapped(composition: Composition, item: ItemOf, work: Callable[[Any], Any], handle: Handle) -> MappedHandle:
    if not callable(work):
        raise DefinitionError(
            f"{composition.owner}: .map(…) takes an op, a graph or a function that calls them, not {type(work).__name__}"
        )
    with composition.mapping(item):
        result = work(handle)
    if isinstance(result, (Handle, OutputHandles)) and result.mapped_over != item:
        raise DefinitionError(
            f"{composition.owner}: {result.node!r} is mapped over the output of {item.node!r} but takes nothing of it, so "
            "it would run only once; give it the value, or call it outside .map(…)"
        )
    return MappedHandle(composition, item, result)
