"""The layout of a whole job: each group is laid out by itself and stands, as a box, in the one around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import define, field, frozen

from mainspring.notebook.graph.level import Edge, Level, Margin, Point, Size, lay_out
from mainspring.notebook.graph.outline import Group, Wire

_IN = "\0in "
"""Before an entry's name; names of ops and graphs hold no such character."""
_OUT = "\0out "
_OUTERMOST = Margin(4, 4, 4)
_BOX = Margin(30, 12, 14)
"""Its top has room for the group's name."""


@frozen
class Rectangle:
    """A place and a size."""

    x: float
    y: float
    width: float
    height: float


@frozen
class Layout:
    """Where everything stands.

    Attributes:
        size: The size of the whole.
        ops: The ops, by key.
        groups: The groups' boxes by path, outer ones first.
        ways: The points that each wire goes through.
    """

    size: Size
    ops: Mapping[str, Rectangle]
    groups: Mapping[tuple[str, ...], Rectangle]
    ways: Mapping[Wire, Sequence[Point]]


def lay_out_job(
    job: Group, sizes: Mapping[str, Size], titles: Mapping[tuple[str, ...], float], wires: Sequence[Wire]
) -> Layout:
    """Lay out a job.

    Args:
        job: Its outline.
        sizes: The size of each op, by key.
        titles: How wide the name of each group is, by path.
        wires: What connects the ops.
    """
    paths: dict[str, tuple[str, ...]] = {}
    _index(job, paths)
    drawing = _Drawing(sizes, titles, wires, paths)
    whole = drawing.level(job)
    drawing.settle(job, (0.0, 0.0))
    ways = {wire: drawing.way(wire) for wire in wires}
    return Layout(whole.size, drawing.ops, drawing.groups, ways)


def _index(group: Group, paths: dict[str, tuple[str, ...]]) -> None:
    """Note the path of each op, by key."""
    for name, child in group.children.items():
        if isinstance(child, Group):
            _index(child, paths)
        else:
            paths[child] = (*group.path, name)


@define(eq=False)
class _Drawing:
    """A layout in the making: the levels are laid out from the inside out, then settled from the outside in."""

    sizes: Mapping[str, Size]
    titles: Mapping[tuple[str, ...], float]
    wires: Sequence[Wire]
    paths: Mapping[str, tuple[str, ...]]
    ops: dict[str, Rectangle] = field(factory=dict)
    groups: dict[tuple[str, ...], Rectangle] = field(factory=dict)
    levels: dict[tuple[str, ...], Level] = field(factory=dict)
    origins: dict[tuple[str, ...], Point] = field(factory=dict)
    edges: dict[tuple[tuple[str, ...], str, str, str], Edge] = field(factory=dict)

    def level(self, group: Group) -> Level:
        """Lay out a group, and before it all that are in it."""
        sizes = {
            name: self.level(child).size if isinstance(child, Group) else self.sizes[child]
            for name, child in group.children.items()
        }
        entries: dict[str, None] = {}
        exits: dict[str, None] = {}
        edges: dict[Edge, None] = {}
        for wire in self.wires:
            begin, end = self._ends(group.path, wire)
            if begin == end:
                continue
            if begin.startswith(_IN):
                entries[begin] = None
            if end.startswith(_OUT):
                exits[end] = None
            edge = Edge(
                begin,
                end,
                wire.source,
                self._offset(group, begin, _OUT, wire, sizes),
                self._offset(group, end, _IN, wire, sizes),
            )
            edges[edge] = None
            self.edges[group.path, begin, end, wire.source] = edge
        margin = _BOX if group.path else _OUTERMOST
        least = Size(self.titles.get(group.path, 0.0), 0.0)
        found = lay_out(sizes, list(entries), list(exits), list(edges), margin, least)
        self.levels[group.path] = found
        return found

    def settle(self, group: Group, origin: Point) -> None:
        """Say where a group and all that is in it stands, given its upper left corner."""
        level = self.levels[group.path]
        self.origins[group.path] = origin
        if group.path:
            self.groups[group.path] = Rectangle(*origin, level.size.width, level.size.height)
        for name, child in group.children.items():
            x, y = level.places[name]
            place = (origin[0] + x, origin[1] + y)
            if isinstance(child, Group):
                self.settle(child, place)
            else:
                self.ops[child] = Rectangle(*place, self.sizes[child].width, self.sizes[child].height)

    def way(self, wire: Wire) -> list[Point]:
        """Return the points of a wire through all levels: out of the groups of its source, into those of its target."""
        source, target = self.paths[wire.source], self.paths[wire.target]
        common = 0
        while source[common] == target[common]:
            common += 1
        out = [source[:depth] for depth in range(len(source) - 1, common, -1)]
        down = [target[:depth] for depth in range(common, len(target))]
        points: list[Point] = []
        for path in (*out, *down):
            begin, end = self._ends(path, wire)
            x, y = self.origins[path]
            edge = self.edges[path, begin, end, wire.source]
            points += [(x + across, y + along) for across, along in self.levels[path].ways[edge]]
        return points

    def _ends(self, path: tuple[str, ...], wire: Wire) -> tuple[str, str]:
        """Return where on a level a wire begins and ends; equal where it does not go through the level at all."""
        source, target = self.paths[wire.source], self.paths[wire.target]
        depth = len(path)
        starts_here, ends_here = source[:depth] == path, target[:depth] == path
        if not starts_here and not ends_here:
            return "", ""
        begin = source[depth] if starts_here else f"{_IN}{wire.source}"
        return begin, target[depth] if ends_here else f"{_OUT}{wire.source}"

    def _offset(self, group: Group, name: str, side: str, wire: Wire, sizes: Mapping[str, Size]) -> float:
        """Return where at an item's side a wire is attached, from its middle: at a group's box it goes on inside."""
        child = group.children.get(name)
        if not isinstance(child, Group):
            return 0.0
        begin, end = self._ends(child.path, wire)
        points = self.levels[child.path].ways[self.edges[child.path, begin, end, wire.source]]
        return points[0 if side == _IN else -1][0] - sizes[name].width / 2
