"""One level of a drawing: the items of one group in rows, and the ways between them and to the group's edge."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from attrs import frozen

from mainspring.notebook.graph.coordinates import place_rows
from mainspring.notebook.graph.ranks import order_rows, rank

Point = tuple[float, float]

GAP_BESIDE = 18.0
GAP_BELOW = 34.0
_BEND_WIDTH = 6.0


@frozen
class Size:
    """How wide and high something is."""

    width: float
    height: float


@frozen
class Edge:
    """A way on one level.

    Attributes:
        begin: The item that it begins at.
        end: The item that it ends at.
        source: The op whose output goes along it; ways of one source share their bends.
        begin_at: Where at the lower side of `begin`, from its middle.
        end_at: Where at the upper side of `end`, from its middle.
    """

    begin: str
    end: str
    source: str
    begin_at: float = 0.0
    end_at: float = 0.0


@frozen
class Level:
    """A level that is laid out; all places are from its upper left corner.

    Attributes:
        size: Its own size.
        places: The upper left corner of each item.
        ways: The points of each edge: two for each row that it passes, and its ends.
    """

    size: Size
    places: Mapping[str, Point]
    ways: Mapping[Edge, Sequence[Point]]


@frozen
class Margin:
    """The space kept free around the items."""

    top: float
    beside: float
    bottom: float


_Vertex = tuple[str, int]
"""An item and -1, or a bend: the op whose way bends, and the row in which it does."""


def lay_out(
    sizes: Mapping[str, Size],
    entries: Sequence[str],
    exits: Sequence[str],
    edges: Sequence[Edge],
    margin: Margin,
    least: Size = Size(0, 0),
) -> Level:
    """Lay out one level.

    Args:
        sizes: The items with their sizes, in an order in which each comes after what leads to it.
        entries: Points of the upper edge where ways come in.
        exits: Points of the lower edge where ways go out.
        edges: The ways between all of these.
        margin: The space around the items.
        least: The size that it has at least.
    """
    ranks = _ranks(list(sizes), entries, exits, edges)
    all_sizes = {**dict.fromkeys((*entries, *exits), Size(_BEND_WIDTH, 0)), **sizes}
    chains = {edge: _chain(edge, ranks) for edge in edges}
    rows = _rows(ranks, chains)
    below: dict[_Vertex, dict[_Vertex, None]] = {vertex: {} for row in rows for vertex in row}
    connections: dict[tuple[_Vertex, float, _Vertex, float], None] = {}
    for edge, chain in chains.items():
        for upper, lower in itertools.pairwise(chain):
            below[upper][lower] = None
            begin_at = edge.begin_at if upper == chain[0] else 0.0
            end_at = edge.end_at if lower == chain[-1] else 0.0
            connections[upper, begin_at, lower, end_at] = None
    ordered = order_rows(rows, {vertex: list(others) for vertex, others in below.items()})
    widths = {vertex: all_sizes[vertex[0]].width if vertex[1] < 0 else _BEND_WIDTH for row in rows for vertex in row}
    middles = place_rows(ordered, widths, list(connections), GAP_BESIDE)
    tops, bottoms, height = _row_heights(ordered, all_sizes, margin, entries, exits)
    width = max((middles[vertex] + widths[vertex] / 2 for vertex in middles), default=0.0) + 2 * margin.beside
    shift = margin.beside + max(least.width - width, 0) / 2
    xs = {vertex: x + shift for vertex, x in middles.items()}
    places = {item: (xs[item, -1] - size.width / 2, tops[ranks[item]]) for item, size in sizes.items()}
    ways = {edge: _way(edge, chain, xs, ranks, tops, bottoms, all_sizes) for edge, chain in chains.items()}
    return Level(Size(max(width, least.width), max(height, least.height)), places, ways)


def _ranks(items: list[str], entries: Sequence[str], exits: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """Return the row of each item, with the entries above all and the exits below all."""
    inside = set(items)
    ranks = rank(items, [(edge.begin, edge.end) for edge in edges if edge.begin in inside and edge.end in inside])
    first = 1 if entries else 0
    last = max(ranks.values(), default=0) + first + 1
    found = {item: each + first for item, each in ranks.items()}
    found.update(dict.fromkeys(entries, 0))
    found.update(dict.fromkeys(exits, last))
    return found


def _chain(edge: Edge, ranks: Mapping[str, int]) -> list[_Vertex]:
    """Return what an edge goes through: its begin, a bend in each row between, its end."""
    between = range(ranks[edge.begin] + 1, ranks[edge.end])
    return [(edge.begin, -1), *((edge.source, row) for row in between), (edge.end, -1)]


def _rows(ranks: Mapping[str, int], chains: Mapping[Edge, Sequence[_Vertex]]) -> list[list[_Vertex]]:
    rows: list[dict[_Vertex, None]] = [{} for _ in range(max(ranks.values(), default=-1) + 1)]
    for item, row in ranks.items():
        rows[row][item, -1] = None
    for chain in chains.values():
        for vertex in chain[1:-1]:
            rows[vertex[1]][vertex] = None
    return [list(row) for row in rows]


def _row_heights(
    rows: Sequence[Sequence[_Vertex]],
    sizes: Mapping[str, Size],
    margin: Margin,
    entries: Sequence[str],
    exits: Sequence[str],
) -> tuple[list[float], list[float], float]:
    """Return where each row begins and ends, and where the level does; entries and exits lie on its edges."""
    tops: list[float] = []
    bottoms: list[float] = []
    at = margin.top
    for each, row in enumerate(rows):
        is_entries, is_exits = bool(entries) and each == 0, bool(exits) and each == len(rows) - 1
        if is_entries or is_exits:
            edge = 0.0 if is_entries else at - GAP_BELOW + margin.bottom
            tops.append(edge)
            bottoms.append(edge)
            continue
        tops.append(at)
        at += max((sizes[vertex[0]].height for vertex in row if vertex[1] < 0), default=0.0)
        bottoms.append(at)
        at += GAP_BELOW
    return tops, bottoms, at - GAP_BELOW + margin.bottom


def _way(
    edge: Edge,
    chain: Sequence[_Vertex],
    xs: Mapping[_Vertex, float],
    ranks: Mapping[str, int],
    tops: Sequence[float],
    bottoms: Sequence[float],
    sizes: Mapping[str, Size],
) -> list[Point]:
    begin, end = xs[chain[0]] + edge.begin_at, xs[chain[-1]] + edge.end_at
    first, last = ranks[edge.begin], ranks[edge.end]
    points: list[Point] = [(begin, tops[first] + sizes[edge.begin].height), (begin, bottoms[first])]
    for vertex in chain[1:-1]:
        points += [(xs[vertex], tops[vertex[1]]), (xs[vertex], bottoms[vertex[1]])]
    return [*points, (end, tops[last])]
