"""Handles: what a call returns inside a job's body, where values do not exist yet and only their wiring does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, KeysView, Mapping
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from attrs import field, frozen

from mainspring.errors import DefinitionError

if TYPE_CHECKING:
    from mainspring.definition.compose import Composition

T = TypeVar("T")
U = TypeVar("U")


@frozen
class OutputOf:
    """The value of one output of a node (of the node's own item, where both ends are mapped over the same output)."""

    node: str
    output: str


@frozen
class ItemOf:
    """One value of a dynamic output, each in a step of its own."""

    node: str
    output: str


@frozen
class Collected:
    """All values of a dynamic output, or of a node mapped over one, as a list in the order of the keys."""

    node: str
    output: str


@frozen
class FanIn:
    """Several values as a list."""

    sources: tuple[Source, ...]


@frozen
class Constant:
    """A plain value written in the job's body."""

    value: Any = field(eq=False)


Source = OutputOf | ItemOf | Collected | FanIn | Constant


class _Unready:
    """Refuses what only a value could do."""

    def _refuse(self, what: str) -> NoReturn:
        raise DefinitionError(
            f"a job's body is wired before anything runs, so {self} has no value yet to {what}; do that inside an op"
        )

    def __bool__(self) -> bool:
        self._refuse("test")

    def __len__(self) -> int:
        self._refuse("measure")


@frozen(eq=False)
class Handle(_Unready):
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

    def __str__(self) -> str:
        return f"the output of {self.node!r}"

    def __iter__(self) -> Iterator[Any]:
        self._refuse("iterate over")

    def __getitem__(self, key: object) -> NoReturn:
        self._refuse("look into")


@frozen(eq=False)
class OutputHandles(_Unready, Mapping[str, Any]):
    """The coming values of an op with several outputs, by name: `split(rows)["good"]`."""

    node: str
    handles: Mapping[str, Any]

    def __str__(self) -> str:
        return f"the outputs of {self.node!r}"

    def __getitem__(self, name: str) -> Any:
        if name not in self.handles:
            raise DefinitionError(
                f"{self.node!r} has the outputs {', '.join(map(repr, self.handles))}: pick one by its name, "
                f"not by {name!r}, as in {self.node}(…)[{next(iter(self.handles))!r}]"
            )
        return self.handles[name]

    def __iter__(self) -> Iterator[str]:
        self._refuse(f"unpack; pick an output by name, {self.node}(…)[{next(iter(self.handles))!r}], or")

    def keys(self) -> KeysView[str]:
        return self.handles.keys()


@frozen(eq=False)
class DynamicHandle(_Unready):
    """The coming values of a dynamic output."""

    composition: Composition
    node: str
    output: str

    def __str__(self) -> str:
        return f"the dynamic output of {self.node!r}"

    def __iter__(self) -> Iterator[Any]:
        self._refuse("iterate over; use .map(…) or .collect(), or")

    def map(self, work: Callable[[Any], Any]) -> MappedHandle:
        """Wire `work`, an op, a graph or any function that calls them, once for each value."""
        item = ItemOf(self.node, self.output)
        return MappedHandle(work(Handle(self.composition, item, self.node, item)))

    def collect(self) -> Handle:
        """Gather all values in a list."""
        return Handle(self.composition, Collected(self.node, self.output), self.node)


@frozen(eq=False)
class MappedHandle(_Unready):
    """What was wired once for each value of a dynamic output."""

    result: Any

    def __str__(self) -> str:
        return f"the mapped form of {self.result}"

    def __getitem__(self, name: str) -> MappedHandle:
        if not isinstance(self.result, OutputHandles):
            self._refuse("look into")
        return MappedHandle(self.result[name])

    def __iter__(self) -> Iterator[Any]:
        self._refuse("iterate over; use .map(…) or .collect(), or")

    def map(self, work: Callable[[Any], Any]) -> MappedHandle:
        """Wire one more piece of work for each value."""
        return MappedHandle(work(self._one("map")))

    def collect(self) -> Handle:
        """Gather the values in a list, in the order of their keys; no values make an empty list."""
        handle = self._one("collect")
        if not isinstance(handle.source, OutputOf):
            raise DefinitionError(f"{handle} is the mapped value itself: call .collect() on the dynamic output instead")
        return Handle(handle.composition, Collected(handle.source.node, handle.source.output), handle.node)

    def _one(self, what: str) -> Handle:
        match self.result:
            case Handle(source=source) if source is not None:
                return self.result
            case OutputHandles():
                raise DefinitionError(f"{self.result}: pick one by name before .{what}()")
            case _:
                raise DefinitionError(f"what was mapped returns nothing to {what}: return the value of an op from it")


class Dynamic(dict[str, T], Generic[T]):
    """The values of a dynamic output by key: what an op with a `DynamicOut` returns when called as a function."""

    def map(self, work: Callable[[T], U]) -> Dynamic[U]:
        """Call `work` for each value."""
        return Dynamic({key: work(value) for key, value in self.items()})

    def collect(self) -> list[T]:
        """Return the values in a list."""
        return list(self.values())
