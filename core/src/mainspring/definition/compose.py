"""Wiring: inside a job's body each call of an op adds a node to the composition at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from mainspring.definition.handle import (
    Collected,
    Constant,
    DynamicHandle,
    FanIn,
    Handle,
    ItemOf,
    MappedHandle,
    OutputHandles,
    OutputOf,
    Source,
)
from mainspring.definition.io import DynamicOut
from mainspring.errors import DefinitionError, PlanCycleError

if TYPE_CHECKING:
    from mainspring.definition.op import Op


@frozen(eq=False)
class Node:
    """One call of an op in a graph.

    Attributes:
        path: The names of the graphs around it and its own: `("outer", "clean")`.
        key: The path joined by dots.
        op: The op.
        inputs: Where each input comes from; inputs left to their defaults are absent.
        after: Nodes that come before it without giving it anything.
        mapped_over: The dynamic output for each value of which it runs, if any.
    """

    path: tuple[str, ...]
    key: str
    op: Op[..., Any]
    inputs: Mapping[str, Source]
    after: tuple[str, ...] = ()
    mapped_over: ItemOf | None = None


@define(eq=False)
class Composition:
    """A body being wired: the nodes so far, and the path of graphs within which calls are made."""

    owner: str
    nodes: dict[str, Node] = field(factory=dict)
    path: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    graphs: tuple[str, ...] = ()
    _taken: dict[tuple[str, ...], dict[str, int]] = field(factory=dict)

    def claim_name(self, name: str, alias: str | None) -> str:
        """Return a name that is free at this path: the alias as given, else the name, `name_2`, `name_3`…

        Raises:
            DefinitionError: The alias is taken.
        """
        taken = self._taken.setdefault(self.path, {})
        if alias is not None:
            if alias in taken:
                raise DefinitionError(f"{self.owner}: two calls are named {alias!r}; give one another .alias(…)")
            taken[alias] = 1
            return alias
        count = taken.get(name, 0) + 1
        while count > 1 and f"{name}_{count}" in taken:
            count += 1
        taken[name] = count
        unique = name if count == 1 else f"{name}_{count}"
        taken.setdefault(unique, 1)
        return unique

    def add(self, op: Op[..., Any], alias: str | None, after: Sequence[Any], given: Mapping[str, Any]) -> Any:
        """Add a call of an op and return its handle or handles."""
        name = self.claim_name(op.name, alias)
        path = (*self.path, name)
        key = ".".join(path)
        mapped: list[ItemOf] = []
        inputs = {parameter: self._source(key, parameter, value, mapped) for parameter, value in given.items()}
        before = [*self.after, *(node for each in after for node in self.nodes_of(each))]
        mapped += [each.mapped_over for each in after if isinstance(each, Handle) and each.mapped_over is not None]
        self._check_inputs(key, op, inputs)
        over = self._one_mapping(key, op, mapped)
        self.nodes[key] = Node(path, key, op, inputs, tuple(dict.fromkeys(before)), over)
        return self._handles(key, op, over)

    @contextmanager
    def inside(self, graph: str, alias: str | None, after: Sequence[Any]) -> Iterator[None]:
        """Wire what follows as the inside of a graph."""
        if graph in self.graphs:
            raise PlanCycleError("graphs", self.graphs[self.graphs.index(graph) :])
        outer = (self.path, self.after, self.graphs)
        before = tuple(node for each in after for node in self.nodes_of(each))
        self.path = (*self.path, self.claim_name(graph, alias))
        self.after = (*self.after, *before)
        self.graphs = (*self.graphs, graph)
        try:
            yield
        finally:
            self.path, self.after, self.graphs = outer

    def nodes_of(self, handle: object) -> tuple[str, ...]:
        """Return the nodes that stand behind what a call returned.

        Raises:
            DefinitionError: It is no handle.
        """
        match handle:
            case Handle() | DynamicHandle():
                self._check_home(handle.composition, handle)
                return (handle.node,)
            case OutputHandles():
                return (handle.node,)
            case MappedHandle():
                return self.nodes_of(handle.result)
            case list() | tuple():
                return tuple(node for each in handle for node in self.nodes_of(each))
            case GraphHandle():
                return handle.nodes
            case _:
                raise DefinitionError(
                    f"{self.owner}: .after(…) takes what calls of ops return, not {type(handle).__name__}"
                )

    def _source(self, key: str, parameter: str, value: Any, mapped: list[ItemOf]) -> Source:
        match value:
            case Handle(source=None) | GraphHandle():
                raise DefinitionError(
                    f"{self.owner}: {parameter!r} of {key!r} is given {value}, which returns nothing; "
                    f"for order alone write .after(…)"
                )
            case Handle():
                self._check_home(value.composition, value)
                if value.mapped_over is not None:
                    mapped.append(value.mapped_over)
                assert value.source is not None  # noqa: S101 - the case above
                return value.source
            case OutputHandles():
                raise DefinitionError(
                    f"{self.owner}: {parameter!r} of {key!r} is given {value}; pick one by name, "
                    f"[{next(iter(value.handles))!r}]"
                )
            case DynamicHandle() | MappedHandle():
                raise DefinitionError(
                    f"{self.owner}: {parameter!r} of {key!r} is given {value}; use .map({key.rpartition('.')[2]}) "
                    "to run it for each value, or .collect() to take them all"
                )
            case list() | tuple() if any(_is_handle(each) for each in value):
                return FanIn(tuple(self._source(key, parameter, each, mapped) for each in value))
            case dict() if any(_is_handle(each) for each in value.values()):
                raise DefinitionError(
                    f"{self.owner}: {parameter!r} of {key!r} is given a dict of handles; use a list (fan-in)"
                )
            case _:
                return Constant(value)

    def _check_home(self, home: Composition, handle: object) -> None:
        if home is not self:
            raise DefinitionError(f"{self.owner}: {handle} belongs to {home.owner}; call that op here as well")

    def _check_inputs(self, key: str, op: Op[..., Any], inputs: Mapping[str, Source]) -> None:
        missing = [each.name for each in op.signature.inputs.values() if each.name not in inputs and each.is_required]
        if not missing:
            return
        hint = ""
        if "context" in missing:
            hint = "; if 'context' is meant to be the op's context, annotate it: context: ms.OpContext"
        raise DefinitionError(
            f"{self.owner}: {key!r} is missing its input {', '.join(map(repr, missing))}; pass what another op "
            f"returns, or give the parameter a default{hint}"
        )

    def _one_mapping(self, key: str, op: Op[..., Any], mapped: Sequence[ItemOf]) -> ItemOf | None:
        over = next(iter(mapped), None)
        if any(each != over for each in mapped):
            raise DefinitionError(
                f"{self.owner}: {key!r} is mapped over two dynamic outputs at once; collect one of them first"
            )
        if over is not None and any(isinstance(out, DynamicOut) for out in op.outs.values()):
            raise DefinitionError(
                f"{self.owner}: {key!r} is mapped and has a dynamic output itself; collect before you map again"
            )
        return over

    def _handles(self, key: str, op: Op[..., Any], over: ItemOf | None) -> Any:
        handles = {
            name: DynamicHandle(self, key, name)
            if isinstance(out, DynamicOut)
            else Handle(self, OutputOf(key, name), key, over)
            for name, out in op.outs.items()
        }
        if not handles:
            return Handle(self, None, key, over)
        return next(iter(handles.values())) if op.has_sole_output else OutputHandles(key, handles)


@frozen(eq=False)
class GraphHandle:
    """A call of a graph that returns nothing: only its order can be used."""

    name: str
    nodes: tuple[str, ...]

    def __str__(self) -> str:
        return f"graph {self.name!r}"


def _is_handle(value: object) -> bool:
    return isinstance(value, (Handle, OutputHandles, DynamicHandle, MappedHandle, GraphHandle))


_current: ContextVar[Composition | None] = ContextVar("mainspring_composition", default=None)


def current_composition() -> Composition | None:
    """Return the composition at hand, or None outside the body of any job."""
    return _current.get()


def compose(owner: str, body: Callable[[], object]) -> Mapping[str, Node]:
    """Wire a job: call its body and return the nodes that it made, in the order of the calls."""
    composition = Composition(owner)
    token = _current.set(composition)
    try:
        body()
    finally:
        _current.reset(token)
    return composition.nodes
