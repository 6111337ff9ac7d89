import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.errors import SelectionError
from mainspring.plan.selection import EVERYTHING, Term, parse_selection, select

marks = st.sampled_from(["", "*", "+", "++", "+++"])


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("clean", (Term("clean"),)),
        ("*clean", (Term("clean", up=None),)),
        ("clean*", (Term("clean", down=None),)),
        ("++clean+", (Term("clean", up=2, down=1),)),
        ("outer.inner", (Term("outer.inner"),)),
        ("a, b  c,,d", (Term("a"), Term("b"), Term("c"), Term("d"))),
        ("*", (EVERYTHING,)),
        ("取得*", (Term("取得", down=None),)),
        (["a b", "c"], (Term("a"), Term("b"), Term("c"))),
    ],
    ids=repr,
)
def test_reads_terms(text: Any, terms: tuple[Term, ...]) -> None:
    assert parse_selection(text) == terms


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.binary() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner),
    max_leaves=5,
)


@given(anything | st.text("ab*+,. \t\n[]\0\ud800", max_size=12))
def test_whatever_cannot_be_read_is_a_selection_error(selection: Any) -> None:
    try:
        terms = parse_selection(selection)
    except SelectionError:
        return
    assert all(each.name and not set(each.name) & set("+, \n") for each in terms)


@pytest.mark.parametrize(
    "text",
    ["", " ", ",", [], [""], "**", "+", "*+", "a**b", "a*b", "***a", "+*a", "a+*", 5, None, b"a", {"a": 1}],
    ids=repr,
)
def test_refuses_what_it_cannot_read_in_one_sentence(text: Any) -> None:
    with pytest.raises(SelectionError) as raised:
        parse_selection(text)
    assert "\n" not in str(raised.value)


def test_a_long_text_is_refused_in_a_short_sentence() -> None:
    with pytest.raises(SelectionError) as raised:
        parse_selection("a*b" * 10_000)
    assert len(str(raised.value)) < 300
    with pytest.raises(SelectionError) as unknown:
        select(parse_selection("x" * 10_000), {"fetch": ()}, {})
    assert len(str(unknown.value)) < 300


def test_an_unknown_name_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(SelectionError, match=r"no step is named 'fetsh'; did you mean 'fetch'\?"):
        select(parse_selection("*, fetsh"), {"fetch": (), "clean": ("fetch",)}, {})


def graph(chance: random.Random) -> dict[str, list[str]]:
    count = chance.randint(1, 12)
    return {
        f"n{each}": [f"n{above}" for above in range(each) if chance.random() < chance.choice([0.1, 0.5])]
        for each in range(count)
    }


def reach(edges: dict[str, list[str]], start: str, levels: int) -> set[str]:
    """Walk every path, however slow that is."""
    found = {start}
    if levels > 0:
        for each in edges[start]:
            found |= reach(edges, each, levels - 1)
    return found


@given(st.integers(0, 2**32), st.lists(st.tuples(marks, st.integers(0, 12), marks), min_size=1, max_size=3))
def test_takes_what_a_walk_of_every_path_takes(seed: int, drawn: list[tuple[str, int, str]]) -> None:
    upstream = graph(random.Random(seed))
    downstream = {each: [below for below, above in upstream.items() if each in above] for each in upstream}
    half = list(upstream)[: max(1, len(upstream) // 2)]
    graphs = {"half": half}
    names = [*upstream, "half"]
    expected: set[str] = set()
    words = []
    for before, index, after in drawn:
        name = names[index % len(names)]
        words.append(f"{before}{name}{after}")
        for start in half if name == "half" else [name]:
            expected |= reach(upstream, start, 99 if before == "*" else len(before))
            expected |= reach(downstream, start, 99 if after == "*" else len(after))

    assert select(parse_selection(" ".join(words)), upstream, graphs) == expected


def test_a_star_takes_everything() -> None:
    assert select(parse_selection(["*", "a"]), {"a": (), "b": ()}, {}) == {"a", "b"}


def test_a_step_within_a_graph_that_is_named_without_it_is_refused_with_its_whole_name() -> None:
    nodes = {"month.gross.revenue": (), "revenues": ()}

    with pytest.raises(SelectionError, match=r"no step is named 'revenue'; did you mean 'month.gross.revenue'\?"):
        select(parse_selection("revenue"), nodes, {})
