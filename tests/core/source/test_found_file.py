"""What is new among found files: a law of looks, arrivals and positions, with no file in sight."""

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from mainspring.source.found_file import FoundFile, new_since

SETTLE_NS = 3


def file(path: str, changed_ns: int, arrived_ns: int | None = None) -> FoundFile:
    return FoundFile(path, changed_ns, changed_ns if arrived_ns is None else arrived_ns, 0, 0)


def seen(position_ns: int | None, files: list[FoundFile], horizon_ns: int) -> list[tuple[str, int | None]]:
    return [(each.path, at) for each, at in new_since(position_ns, files, horizon_ns)]


def test_the_oldest_comes_first_and_what_is_not_settled_not_at_all() -> None:
    files = [file("b", 5), file("a", 9), file("c", 2), file("d", 11)]

    assert seen(None, files, 10) == [("c", 2), ("b", 5), ("a", 9)]
    assert seen(5, files, 10) == [("a", 9)]
    assert seen(9, files, 10) == []
    assert seen(9, files, 11) == [("d", 11)]


def test_only_the_last_of_an_instant_moves_the_position() -> None:
    files = [file("b", 5), file("a", 5), file("c", 7), file("d", 7)]

    assert seen(None, files, 10) == [("a", None), ("b", 5), ("c", 5), ("d", 7)]


def test_a_folder_that_was_moved_here_brings_its_old_files() -> None:
    assert seen(50, [file("moved/old", 1, arrived_ns=60), file("other/old", 1)], 70) == [("moved/old", 60)]


def test_the_position_does_not_pass_what_is_not_settled() -> None:
    """A folder has just changed, so its old file comes; the young file beside it comes once it is settled."""
    files = [file("moved/old", 1, arrived_ns=60), file("moved/young", 58, arrived_ns=60)]

    assert seen(10, files, 55) == [("moved/old", 55)]
    assert [path for path, _ in seen(55, files, 59)] == ["moved/old", "moved/young"]
    assert seen(60, files, 70) == []


def test_a_clock_that_was_set_back_makes_it_look_at_everything() -> None:
    files = [file("seen", 100), file("new", 40)]

    assert seen(100, files, 50) == [("new", 40)]
    assert seen(40, files, 110) == [("seen", 100)]


def test_names_that_differ_have_keys_that_differ() -> None:
    names = ["a", "a\\", "a\\\\", "\udcff", "\\udcff", "ü", "\\xfc", "a@1.0", "a@1", "a\n"]
    keys = {FoundFile(name, 0, 0, 1, 0).key for name in names}

    assert len(keys) == len(names)
    assert not any("\ud800" <= each <= "\udfff" for key in keys for each in key)


def test_each_state_of_a_file_has_a_key_of_its_own() -> None:
    one = FoundFile("a", 1, 1, 10, 100)

    assert len({each.key for each in (one, evolve(one, size_bytes=101), evolve(one, modified_ns=11))}) == 3
    assert evolve(one, changed_ns=5, arrived_ns=6).key == one.key


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 30)), max_size=12),
    st.lists(st.integers(0, 45), max_size=8),
    st.integers(0, 12),
)
def test_whatever_arrives_and_whenever_one_looks_each_file_comes(
    arrivals: list[tuple[int, int]], looks: list[int], given_up_after: int
) -> None:
    """Each look sees what is there by then, may be given up after some items, and goes on from the last one's position."""
    files = [file(f"{n}", changed, max(changed, arrived)) for n, (changed, arrived) in enumerate(arrivals)]
    position: int | None = None
    came: set[str] = set()
    for now in sorted(looks):
        there = [each for each in files if each.arrived_ns <= now]
        for each, at in list(new_since(position, there, now - SETTLE_NS))[:given_up_after]:
            came.add(each.path)
            position = position if at is None else at

    for now in (60, 61):
        last = list(new_since(position, files, now - SETTLE_NS))
        came |= {each.path for each, _ in last}
        position = next((at for _, at in reversed(last) if at is not None), position)

    assert came == {each.path for each in files}
    assert list(new_since(position, files, 100)) == []
