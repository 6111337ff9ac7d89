"""Wiring: inside a job's body each call of an op adds a node to the composition at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import islice
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from mainspring.definition.handle import DynamicHandle, GraphHandle, Handle, MappedHandle, OutputHandles
from mainspring.definition.io import DynamicOut
from mainspring.definition.source import Constant, FanIn, ItemOf, OutputOf, Source
from mainspring.definition.unready import Unready
from mainspring.errors import DefinitionError, PlanCycleError

if TYPE_CHECKING:
    from mainspring.definition.graph import Graph
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
        after_whole: Those of `after` whose steps for all values come before it, though they are mapped over the same
            output.
    """

    path: tuple[str, ...]
    key: str
    op: Op[..., Any]
    inputs: Mapping[str, Source]
    after: tuple[str, ...] = ()
    mapped_over: ItemOf | None = None
    after_whole: tuple[str, ...] = ()


@frozen
class Order:
    """A node that comes before another, and the dynamic output over which they are mapped together, if they are."""

    node: str
    mapped_over: ItemOf | None = None


@define(eq=False)
class Composition:
    """A body being wired.

    Attributes:
        owner: What it is the body of, for errors.
        nodes: The nodes so far, by key.
        path: The names of the graphs within which calls are made.
        graphs: These graphs.
        orders: What comes before all that is called now.
        items: The dynamic outputs that are being mapped over.
    """

    owner: str
    nodes: dict[str, Node] = field(factory=dict)
    path: tuple[str, ...] = ()
    graphs: tuple[Graph[..., Any], ...] = ()
    orders: tuple[Order, ...] = ()
    items: tuple[ItemOf, ...] = ()
    _taken: dict[tuple[str, ...], dict[str, int]] = field(factory=dict)

    def add(self, op: Op[..., Any], alias: str | None, after: Sequence[Any], given: Mapping[str, Any]) -> Any:
        """Add a call of an op and return its handle or handles."""
        name = self._claim_name(op.name, alias)
        path = (*self.path, name)
        key = ".".join(path)
        mapped: list[ItemOf] = []
        inputs = {
            parameter: self._source(op.name, f"{self.owner}: {parameter!r} of {key!r}", value, mapped)
            for parameter, value in given.items()
        }
        orders = (*self.orders, *self._orders(after))
        mapped += [each.mapped_over for each in orders if each.mapped_over is not None]
        self._check_inputs(key, op, inputs)
        over = self._one_mapping(key, op, mapped)
        before = tuple(dict.fromkeys(each.node for each in orders))
        whole = tuple({each.node: None for each in orders if each.mapped_over is None}) if over is not None else ()
        self.nodes[key] = Node(path, key, op, inputs, before, over, whole)
        return self._handles(key, op, over)

    def nest(self, graph: Graph[..., Any], alias: str | None, after: Sequence[Any], body: Callable[[], Any]) -> Any:
        """Wire what a graph's body calls under the graph's name, and return what the body returns, or its order.

        Raises:
            PlanCycleError: The graph is called within itself.
            DefinitionError: The body wires nothing.
        """
        if graph in self.graphs:
            raise PlanCycleError("graphs", [each.name for each in self.graphs[self.graphs.index(graph) :]])
        before = len(self.nodes)
        with self._inside(graph, alias, after):
            result = body()
        count = len(self.nodes) - before
        if count == 0:
            raise DefinitionError(f"{self.owner}: graph {graph.name!r} has no ops; call at least one in its body")
        if result is not None:
            return result
        return GraphHandle(self, graph.name, tuple(islice(reversed(self.nodes), count))[::-1])

    @contextmanager
    def mapping(self, item: ItemOf) -> Iterator[None]:
        """Wire what follows once for each value of a dynamic output."""
        outer = self.items
        self.items = (*outer, item)
        try:
            yield
        finally:
            self.items = outer

    @contextmanager
    def _inside(self, graph: Graph[..., Any], alias: str | None, after: Sequence[Any]) -> Iterator[None]:
        outer = (self.path, self.graphs, self.orders)
        orders = tuple(self._orders(after))
        self.path = (*self.path, self._claim_name(graph.name, alias))
        self.graphs = (*self.graphs, graph)
        self.orders = (*self.orders, *orders)
        try:
            yield
        finally:
            self.path, self.graphs, self.orders = outer

    def _claim_name(self, name: str, alias: str | None) -> str:
        """Return a name that is free at this path: the alias, or the name, or else `name_2`, `name_3` and so on."""
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

    def _orders(self, after: object) -> Iterator[Order]:
        """Yield the nodes that stand behind what calls returned."""
        match after:
            case Handle() | OutputHandles():
                self._check_home(after.composition, after)
                yield Order(after.node, after.mapped_over)
            case DynamicHandle():
                self._check_home(after.composition, after)
                yield Order(after.node)
            case MappedHandle():
                yield from (Order(each.node) for each in self._orders(after.result))
            case GraphHandle():
                self._check_home(after.composition, after)
                for node in after.nodes:
                    over = self.nodes[node].mapped_over
                    yield Order(node, over if over in self.items else None)
            case list() | tuple():
                for each in after:
                    yield from self._orders(each)
            case dict():
                yield from self._orders(list(after.values()))
            case _:
                raise DefinitionError(
                    f"{self.owner}: .after(…) takes what calls of ops return, not {type(after).__name__}"
                )

    def _source(self, op_name: str, place: str, value: Any, mapped: list[ItemOf]) -> Source:
        match value:
            case Handle(source=None) | GraphHandle():
                raise DefinitionError(
                    f"{place} is given {value.described()}, which returns nothing; for order alone write .after(…)"
                )
            case Handle():
                self._check_home(value.composition, value)
                if value.mapped_over is not None:
                    mapped.append(value.mapped_over)
                assert value.source is not None  # noqa: S101 - the case above
                return value.source
            case OutputHandles():
                raise DefinitionError(
                    f"{place} is given {value.described()}; pick one by name, [{next(iter(value.handles))!r}]"
                )
            case DynamicHandle() | MappedHandle():
                raise DefinitionError(
                    f"{place} is given {value.described()}; use .map({op_name}) to run it for each value, or "
                    ".collect() to take them all"
                )
            case list() | tuple() if _holds_handle(value):
                return FanIn(tuple(self._source(op_name, place, each, mapped) for each in value))
            case dict() | set() | frozenset() if _holds_handle(value):
                raise DefinitionError(
                    f"{place} is given a {type(value).__name__} of handles; use a list, which is a fan-in"
                )
            case _:
                return Constant(value)

    def _check_home(self, home: Composition, handle: Unready) -> None:
        if home is not self:
            raise DefinitionError(
                f"{self.owner}: {handle.described()} belongs to the body of {home.owner}; call that op here as well"
            )

    def _check_inputs(self, key: str, op: Op[..., Any], inputs: Mapping[str, Source]) -> None:
        missing = [each.name for each in op.signature.inputs.values() if each.name not in inputs and each.is_required]
        if not missing:
            return
        kind = "input" if len(missing) == 1 else "inputs"
        hint = ""
        if "context" in missing:
            hint = "; if 'context' is meant to be the op's context, annotate it: context: ms.OpContext"
        raise DefinitionError(
            f"{self.owner}: {key!r} is missing its {kind} {', '.join(map(repr, missing))}; pass what another op "
            f"returns, or give the parameter a default{hint}"
        )

    def _one_mapping(self, key: str, op: Op[..., Any], mapped: Sequence[ItemOf]) -> ItemOf | None:
        over = next(iter(mapped), None)
        other = next((each for each in mapped if each != over), None)
        if over is not None and other is not None:
            raise DefinitionError(
                f"{self.owner}: {key!r} is mapped over two dynamic outputs at once, those of {over.node!r} and "
                f"{other.node!r}; collect one of them first"
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
        return OutputHandles(self, key, handles, over) if op.returns_mapping else next(iter(handles.values()))


def _holds_handle(value: object) -> bool:
    match value:
        case Unready():
            return True
        case list() | tuple() | set() | frozenset():
            return any(_holds_handle(each) for each in value)
        case dict():
            return any(_holds_handle(each) for each in value.values())
        case _:
            return False


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
