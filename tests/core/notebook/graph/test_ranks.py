from hypothesis import given
from hypothesis import strategies as st

from mainspring.notebook.graph.ranks import order_rows, rank

Edges = list[tuple[int, int]]
forward = st.lists(
    st.tuples(st.integers(0, 19), st.integers(0, 19)).filter(lambda edge: edge[0] < edge[1]), max_size=40
)


@given(forward)
def test_every_edge_leads_downward(edges: Edges) -> None:
    ranks = rank(range(20), edges)

    assert all(ranks[source] < ranks[target] for source, target in edges)


@given(forward)
def test_no_row_is_left_empty(edges: Edges) -> None:
    ranks = rank(range(20), edges)

    assert set(ranks.values()) == set(range(max(ranks.values()) + 1))


def test_what_depends_on_nothing_stands_right_above_what_needs_it() -> None:
    assert rank("abcd", [("a", "b"), ("b", "c"), ("d", "c")][:2]) == {"a": 0, "b": 1, "c": 2, "d": 0}
    assert rank("abdc", [("a", "b"), ("b", "c"), ("d", "c")]) == {"a": 0, "b": 1, "d": 1, "c": 2}


def test_an_edge_that_leads_back_is_left_out_of_account() -> None:
    assert rank("ab", [("a", "b"), ("b", "a")]) == {"a": 0, "b": 1}


def test_crossings_that_can_be_avoided_are() -> None:
    rows = [["a", "b"], ["c", "d"]]

    assert order_rows(rows, {"a": ["d"], "b": ["c"]}) == [["a", "b"], ["d", "c"]]
    assert rows == [["a", "b"], ["c", "d"]]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(6, 11)), max_size=20, unique=True))
def test_each_row_keeps_its_items_and_no_order_is_worse_than_the_first(edges: Edges) -> None:
    rows = [list(range(6)), list(range(6, 12))]
    below = {item: [end for begin, end in edges if begin == item] for item in range(6)}
    found = order_rows(rows, below)

    assert [sorted(row) for row in found] == rows
    assert crossings(found, edges) <= crossings(rows, edges)


def crossings(rows: list[list[int]], edges: Edges) -> int:
    """Count by the definition, as an oracle."""
    place = {item: each for row in rows for each, item in enumerate(row)}
    return sum(
        (place[one[0]] - place[other[0]]) * (place[one[1]] - place[other[1]]) < 0
        for each, one in enumerate(edges)
        for other in edges[:each]
    )
