"""The SVG of a job's graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mainspring.notebook.elements import color_of, muted
from mainspring.notebook.graph.layout import Layout, Rectangle, lay_out_job
from mainspring.notebook.graph.level import Point, Size
from mainspring.notebook.graph.outline import Group, Wire, WireKind, group_nodes, wires_of
from mainspring.notebook.markup import Markup, element, join
from mainspring.text import cell_width, count, cut

if TYPE_CHECKING:
    from mainspring.definition.compose import Node
    from mainspring.definition.job import Job
    from mainspring.run import StepStatus

NODES_DRAWN = 500
"""Ops from which on a job is not drawn: nobody could find anything."""

LABEL_COLUMNS = 36
_FONT = 12.0
_COLUMN = 7.3
"""The width of a character; monospaced fonts have 0.6 of their size, and room is left for wider ones."""
_LINE = 26.0
_STACK = 4.0
_SHEETS = 2
"""Mapped ops are drawn as a stack: so many sheets behind the front one, each so far from the next."""
_MARKS = {"SUCCESS": "✓ ", "FAILURE": "✗ ", "SKIPPED": "- ", "CANCELED": "- ", "RETRY": "↻ ", "STARTED": "… "}
_LEGEND = {
    WireKind.EACH: "stacked: a step for each value",
    WireKind.ALL: "all: the values of all its steps, as a list",
    WireKind.ORDER: "dashed: order without data",
}


def draw_graph(job: Job, statuses: Mapping[str, StepStatus] | None = None) -> Markup:
    """Draw a job's ops, the graphs around them and what goes from one to the other.

    Args:
        job: The job.
        statuses: How ops ended, by key, for the drawing of a run.
    """
    if len(job.nodes) > NODES_DRAWN:
        return element("div", muted(f"{count(len(job.nodes), 'op')}, too many to draw (at most {NODES_DRAWN})"))
    outline, wires = group_nodes(job.nodes), wires_of(job.nodes)
    stood = {} if statuses is None else statuses
    labels = {key: _label(node, stood.get(key)) for key, node in job.nodes.items()}
    sizes = {key: _size(node, labels[key]) for key, node in job.nodes.items()}
    titles = {path: _width(path[-1]) for path in _group_paths(outline)}
    layout = lay_out_job(outline, sizes, titles, wires)
    svg = element(
        "svg",
        element("title", f"The graph of job {job.name}: {count(len(job.nodes), 'op')}"),
        *(_draw_group(path, box) for path, box in layout.groups.items()),
        # one opacity for all ways together: where they share a stretch it is no darker
        element("g", *(_draw_way(wire, layout.ways[wire]) for wire in wires), stroke="currentColor", opacity=0.55),
        *_way_labels(layout),
        *(_draw_op(job.nodes[key], labels[key], box, stood.get(key)) for key, box in layout.ops.items()),
        xmlns="http://www.w3.org/2000/svg",
        role="img",
        width=_number(layout.size.width),
        height=_number(layout.size.height),
        viewBox=f"0 0 {_number(layout.size.width)} {_number(layout.size.height)}",
        font_family="ui-monospace, Menlo, Consolas, monospace",
        font_size=_number(_FONT),
        style="max-width:none",
    )
    kinds = {wire.kind for wire in wires}
    legend = " · ".join(said for kind, said in _LEGEND.items() if kind in kinds)
    frame = element("div", svg, style="overflow:auto;max-height:640px")
    return join([frame, element("div", muted(legend))]) if legend else frame


def _label(node: Node, status: StepStatus | None) -> str:
    mark = "" if status is None else _MARKS[status]
    return mark + cut(node.path[-1], LABEL_COLUMNS) + ("[…]" if node.mapped_over is not None else "")


def _width(text: str) -> float:
    return cell_width(text) * _COLUMN + 24


def _size(node: Node, label: str) -> Size:
    stack = 0.0 if node.mapped_over is None else _SHEETS * _STACK
    return Size(_width(label) + stack, _LINE + stack)


def _group_paths(group: Group) -> list[tuple[str, ...]]:
    inner = [child for child in group.children.values() if isinstance(child, Group)]
    return [path for child in inner for path in (child.path, *_group_paths(child))]


def _draw_group(path: tuple[str, ...], box: Rectangle) -> Markup:
    return element(
        "g",
        _box(box.x, box.y, box.width, box.height, fill_opacity=0.04, stroke_opacity=0.35, stroke_dasharray="2 3"),
        element(
            "text",
            cut(path[-1], LABEL_COLUMNS),
            x=_number(box.x + 8),
            y=_number(box.y + 15),
            fill="currentColor",
            opacity=0.75,
        ),
    )


def _draw_op(node: Node, label: str, box: Rectangle, status: StepStatus | None) -> Markup:
    color = "currentColor" if status is None else color_of(status)
    behind = _SHEETS if node.mapped_over is not None else 0
    stack = _STACK * behind
    width, height = box.width - stack, box.height - stack
    sheets = [_sheet_behind(box.x, box.y, width, height, each * _STACK, stroke=color) for each in range(behind, 0, -1)]
    front = _box(box.x, box.y, width, height, stroke=color, stroke_opacity=0.9)
    text = element(
        "text",
        label,
        x=_number(box.x + width / 2),
        y=_number(box.y + height / 2 + _FONT / 3),
        text_anchor="middle",
        fill="currentColor",
    )
    return element("g", element("title", _tooltip(node, status)), *sheets, front, text)


def _tooltip(node: Node, status: StepStatus | None) -> str:
    lines = [node.key if status is None else f"{node.key}: {status}"]
    if node.op.name != node.path[-1]:
        lines.append(f"op {node.op.name}")
    if node.op.description:
        lines.append(node.op.description)
    return "\n".join(lines)


def _draw_way(wire: Wire, points: Sequence[Point]) -> Markup:
    x, y = points[-1]
    head = f"M {_number(x - 3.5)} {_number(y - 6)} L {_number(x)} {_number(y)} L {_number(x + 3.5)} {_number(y - 6)} Z"
    said = f"{wire.source} to {wire.target}: {', '.join(wire.carries)}"
    return element(
        "g",
        element("title", said),
        element("path", d=_curve(points), fill="none", stroke_dasharray="5 4" if wire.kind is WireKind.ORDER else None),
        element("path", d=head, fill="currentColor", stroke="none"),
    )


def _curve(points: Sequence[Point]) -> str:
    """Return a path that runs straight down within rows and bends between them."""
    rounded = [(round(x, 1), round(y, 1)) for x, y in points]
    parts = [f"M {_number(rounded[0][0])} {_number(rounded[0][1])}"]
    for each, (x, y) in enumerate(rounded[1:], start=1):
        last_x, last_y = rounded[each - 1]
        if x != last_x:
            half = _number((last_y + y) / 2)
            parts.append(f"C {_number(last_x)} {half} {_number(x)} {half} {_number(x)} {_number(y)}")
        elif y != last_y and (each == len(rounded) - 1 or rounded[each + 1][0] != x):
            parts.append(f"V {_number(y)}")
    return " ".join(parts)


def _way_labels(layout: Layout) -> list[Markup]:
    """Say where values go one by one and where they come together; once where several ways meet."""
    places = {
        (points[-1], wire.kind): None
        for wire, points in layout.ways.items()
        if wire.kind in (WireKind.EACH, WireKind.ALL)
    }
    return [
        element("text", kind.value, x=_number(x + 7), y=_number(y - 5), fill="currentColor", opacity=0.7, font_size=10)
        for (x, y), kind in places
    ]


def _box(x: float, y: float, width: float, height: float, **attributes: object) -> Markup:
    given = {"fill": "currentColor", "fill_opacity": 0.05, "stroke": "currentColor", **attributes}
    return element("rect", x=_number(x), y=_number(y), width=_number(width), height=_number(height), rx=6, **given)


def _sheet_behind(x: float, y: float, width: float, height: float, offset: float, *, stroke: str) -> Markup:
    """Draw what is seen of a sheet behind another: an edge at the right and one below."""
    before = offset - _STACK
    outline = (
        f"M {_number(x + width + before)} {_number(y + offset)} H {_number(x + width + offset)} "
        f"V {_number(y + height + offset)} H {_number(x + offset)} V {_number(y + height + before)}"
    )
    return element("path", d=outline, fill="none", stroke=stroke, stroke_opacity=0.6)


def _number(value: float) -> str:
    return f"{round(value, 1):g}"
