"""File names for keys of any text."""

from hypothesis import example, given
from hypothesis import strategies as st

from mainspring.filename import LIMIT_BYTES, file_name

PARTS = st.lists(st.text(max_size=300), min_size=1, max_size=4)


@given(PARTS)
@example(["..", ""])
@example(["\ud800"])
@example(["x" * 10_000])
def test_a_name_stays_in_its_folder(parts: list[str]) -> None:
    name = file_name(*parts)

    assert name.isascii()
    assert name.isprintable()
    assert len(name) <= LIMIT_BYTES
    assert "/" not in name
    assert name not in {"", ".", ".."}


@given(PARTS, PARTS)
@example(["key"], ["KEY"])
@example(["a.b"], ["a", "b"])
@example(["a", ""], ["a"])
@example(["%"], [""])
@example(["K"], ["\N{KELVIN SIGN}"])
@example(["x" * 200], ["x" * 201])
@example(["~"], ["%7E"])
def test_different_parts_have_names_that_differ_in_more_than_capitals(one: list[str], other: list[str]) -> None:
    assert (file_name(*one).lower() == file_name(*other).lower()) == (one == other)


def test_plain_names_are_left_as_they_are() -> None:
    assert file_name("clean", "result", "1") == "clean.result.1"
    assert file_name("inc[2013-01]", "a b") == "inc[2013-01].a b"
