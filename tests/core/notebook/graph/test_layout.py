"""Whatever the job, its drawing is legible: nothing overlaps, what belongs to a graph is in its box, ways lead down."""

from itertools import combinations, pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from mainspring.notebook.graph.layout import Layout, Rectangle, lay_out_job
from mainspring.notebook.graph.level import Size
from mainspring.notebook.graph.outline import Wire, group_nodes, wires_of


@ms.op
def join(values: list[int]) -> int:
    return sum(values)


Shape = list[tuple[str, list[int]]]
shapes: st.SearchStrategy[Shape] = st.lists(
    st.tuples(st.sampled_from(["", "one", "two", "nested"]), st.lists(st.integers(0, 30), max_size=4)),
    min_size=1,
    max_size=14,
)


def job_of(shape: Shape) -> ms.Job:
    """Return a job with an op, or a graph of two or of four, for each part, which takes from earlier ones."""

    @ms.graph
    def one(values):  # type: ignore[no-untyped-def]
        return join([join(values), *values])

    @ms.graph
    def two(values):  # type: ignore[no-untyped-def]
        first = join(values)
        return join.alias("last")([first, join.alias("beside")(values)])

    @ms.graph
    def nested(values):  # type: ignore[no-untyped-def]
        inner = one(values)
        return two([inner, *values])

    calls: dict[str, Any] = {"": join, "one": one, "two": two, "nested": nested}

    @ms.job
    def drawn() -> None:
        handles: list[int] = []
        for name, sources in shape:
            handles.append(calls[name]([handles[each % len(handles)] for each in sources] if handles else []))

    return drawn


def layout_of(job: ms.Job) -> tuple[Layout, list[Wire]]:
    wires = wires_of(job.nodes)
    sizes = {key: Size(40.0 + 7 * len(key), 26.0) for key in job.nodes}
    return lay_out_job(group_nodes(job.nodes), sizes, {}, wires), wires


def is_apart(one: Rectangle, other: Rectangle) -> bool:
    return (
        one.x + one.width <= other.x + 1e-6
        or other.x + other.width <= one.x + 1e-6
        or one.y + one.height <= other.y + 1e-6
        or other.y + other.height <= one.y + 1e-6
    )


def is_within(inner: Rectangle, outer: Rectangle) -> bool:
    return (
        outer.x <= inner.x + 1e-6
        and outer.y <= inner.y + 1e-6
        and inner.x + inner.width <= outer.x + outer.width + 1e-6
        and inner.y + inner.height <= outer.y + outer.height + 1e-6
    )


@given(shapes)
def test_nothing_overlaps_and_all_is_within(shape: Shape) -> None:
    job = job_of(shape)
    layout, _ = layout_of(job)
    whole = Rectangle(0, 0, layout.size.width, layout.size.height)

    assert set(layout.ops) == set(job.nodes)
    assert all(is_apart(one, other) for one, other in combinations(layout.ops.values(), 2))
    assert all(is_within(box, whole) for box in (*layout.ops.values(), *layout.groups.values()))


@given(shapes)
def test_a_graphs_box_holds_what_was_called_in_it_and_nothing_else(shape: Shape) -> None:
    job = job_of(shape)
    layout, _ = layout_of(job)
    boxes = {job.nodes[key].path: box for key, box in layout.ops.items()} | dict(layout.groups)

    for path, group in layout.groups.items():
        for other, box in boxes.items():
            if other == path or path[: len(other)] == other:
                continue
            assert is_within(box, group) if other[: len(path)] == path else is_apart(box, group)


@given(shapes)
def test_a_way_begins_below_its_source_ends_above_its_target_and_never_leads_up(shape: Shape) -> None:
    layout, wires = layout_of(job_of(shape))

    for wire in wires:
        points = layout.ways[wire]
        source, target = layout.ops[wire.source], layout.ops[wire.target]
        assert points[0] == (source.x + source.width / 2, source.y + source.height)
        assert abs(points[-1][0] - (target.x + target.width / 2)) < 1e-6
        assert points[-1][1] == target.y
        assert all(upper[1] <= lower[1] + 1e-6 for upper, lower in pairwise(points))


@given(shapes)
def test_a_way_passes_no_op_but_its_own(shape: Shape) -> None:
    layout, wires = layout_of(job_of(shape))

    for wire in wires:
        others = [box for key, box in layout.ops.items() if key not in (wire.source, wire.target)]
        for (x, y), (next_x, next_y) in zip(layout.ways[wire], layout.ways[wire][1:], strict=False):
            if x == next_x:
                line = Rectangle(x, min(y, next_y), 0, abs(next_y - y))
                assert all(is_apart(line, box) for box in others)


@given(shapes)
def test_the_same_job_is_always_drawn_alike(shape: Shape) -> None:
    assert job_of(shape)._repr_html_() == job_of(shape)._repr_html_()
