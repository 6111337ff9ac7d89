import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.notebook.graph.coordinates import nearest, place_rows

places = st.lists(st.floats(-1000, 1000), min_size=1, max_size=12)


@given(places, st.data())
def test_nearest_keeps_order_and_distances(wanted: list[float], data: st.DataObject) -> None:
    distances = data.draw(
        st.lists(st.floats(0, 100), min_size=len(wanted) - 1, max_size=len(wanted) - 1), label="distances"
    )
    found = nearest(wanted, distances)

    assert len(found) == len(wanted)
    for left, right, distance in zip(found, found[1:], distances, strict=False):
        assert right - left >= distance - 1e-6


@given(places, st.data())
def test_nearest_leaves_what_fits_where_it_wants_to_be(wanted: list[float], data: st.DataObject) -> None:
    wanted = sorted(wanted)
    distances = [(right - left) for left, right in itertools.pairwise(wanted)]

    assert nearest(wanted, distances) == pytest.approx(wanted, abs=1e-6)


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=5), st.lists(st.floats(-5, 5), min_size=5, max_size=5))
def test_no_other_places_are_nearer(wanted: list[float], moves: list[float]) -> None:
    distances = [10.0] * (len(wanted) - 1)
    found = nearest(wanted, distances)
    other = nearest([at + move for at, move in zip(found, moves, strict=False)], distances)  # any that is allowed

    assert error(wanted, found) <= error(wanted, other) + 1e-6


def error(wanted: list[float], found: list[float]) -> float:
    return sum((want - at) ** 2 for want, at in zip(wanted, found, strict=True))


def test_one_above_the_other_stand_in_line() -> None:
    widths = {"a": 10.0, "b": 30.0, "c": 10.0}
    found = place_rows([["a"], ["b"], ["c"]], widths, [("a", 0, "b", 0), ("b", 0, "c", 0)], gap=5)

    assert found == {"a": 15.0, "b": 15.0, "c": 15.0}


def test_what_takes_from_two_stands_between_them() -> None:
    widths = dict.fromkeys("abc", 10.0)
    found = place_rows([["a", "b"], ["c"]], widths, [("a", 0, "c", 0), ("b", 0, "c", 0)], gap=10)

    assert found == {"a": 5.0, "b": 25.0, "c": 15.0}


def test_nothing_is_placed_where_there_is_nothing() -> None:
    assert place_rows([], {}, [], gap=5) == {}
