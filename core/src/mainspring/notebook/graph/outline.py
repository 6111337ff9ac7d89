"""A job's outline: ops within the graphs that they were called in, and the wires between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum

from attrs import define, field, frozen

from mainspring.definition.compose import Node
from mainspring.definition.source import Collected, Constant, FanIn, ItemOf, OutputOf, Source


class WireKind(Enum):
    """What goes along a wire."""

    VALUE = "value"
    EACH = "each"
    ALL = "all"
    ORDER = "order"


@define(eq=False)
class Group:
    """A graph that was called in the job, or the job itself.

    Attributes:
        path: The names of the graphs around it and its own; empty for the job.
        children: What was called in it, by name, in the order of the calls: keys of ops, and groups.
    """

    path: tuple[str, ...]
    children: dict[str, Group | str] = field(factory=dict)


@frozen
class Wire:
    """What goes from one op to another.

    Attributes:
        source: The key of the op that it comes from.
        target: The key of the op that it goes to.
        kind: What it is; of several the first in the order of `WireKind`.
        carries: The outputs and inputs that it connects, for people: `good → rows`.
    """

    source: str
    target: str
    kind: WireKind
    carries: tuple[str, ...]


def group_nodes(nodes: Mapping[str, Node]) -> Group:
    """Return the job as a tree of groups."""
    job = Group(())
    for key, node in nodes.items():
        group = job
        for name in node.path[:-1]:
            inner = group.children.setdefault(name, Group((*group.path, name)))
            assert isinstance(inner, Group)  # noqa: S101 - names are unique within a body
            group = inner
        group.children[node.path[-1]] = key
    return job


def wires_of(nodes: Mapping[str, Node]) -> list[Wire]:
    """Return the wires between ops, one for each two that are connected."""
    found: dict[tuple[str, str], list[tuple[WireKind, str]]] = {}
    for key, node in nodes.items():
        for name, source in node.inputs.items():
            for above, kind, output in _ends(source):
                found.setdefault((above, key), []).append((kind, f"{output} → {name}"))
        over = node.mapped_over
        if over is not None and (over.node, key) not in found:
            inside = any(_is_mapped_alike(nodes, node, source) for source in node.inputs.values())
            if not inside:
                found[over.node, key] = [(WireKind.EACH, f"each of {over.output}")]
        for above in node.after:
            found.setdefault((above, key), []).append((WireKind.ORDER, "order only"))
    return [
        Wire(*ends, _strongest(parts), tuple(dict.fromkeys(said for _, said in parts))) for ends, parts in found.items()
    ]


def _ends(source: Source) -> Iterator[tuple[str, WireKind, str]]:
    match source:
        case OutputOf(node, output):
            yield node, WireKind.VALUE, output
        case ItemOf(node, output):
            yield node, WireKind.EACH, f"each of {output}"
        case Collected(node, output):
            yield node, WireKind.ALL, f"all of {output}"
        case FanIn(sources):
            for each in sources:
                yield from _ends(each)
        case Constant():
            pass


def _is_mapped_alike(nodes: Mapping[str, Node], node: Node, source: Source) -> bool:
    """Whether an input comes from an op that is mapped over the same output, which then is the way to it."""
    return any(nodes[above].mapped_over == node.mapped_over for above, _, _ in _ends(source))


def _strongest(parts: Sequence[tuple[WireKind, str]]) -> WireKind:
    order = list(WireKind)
    return min((kind for kind, _ in parts), key=order.index)
