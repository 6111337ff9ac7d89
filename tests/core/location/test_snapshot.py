import json

from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from mainspring.location.snapshot import Entry, pages, snapshot_hash, take_snapshot


@ms.op
def one() -> int:
    return 1


@ms.op
def add(number: int) -> int:
    return number + 1


@ms.op
def unbound(number: int, *, config: "Nowhere" = ms.config()) -> int:  # type: ignore[name-defined] # noqa: F821
    return number


def jobs(*, description: str = "") -> ms.Definitions:
    @ms.job(description=description, tags={"team": "data"})
    def first() -> None:
        add(one())

    @ms.job
    def second() -> None:
        one()

    return ms.Definitions(jobs=[second, first])


def test_it_holds_what_is_known_of_a_job_without_its_code() -> None:
    first, second = take_snapshot(jobs())
    body = json.loads(first.body)

    assert (first.kind, first.name, second.name) == ("job", "first", "second")
    assert body["tags"] == {"team": "data"}
    assert [op["key"] for op in body["ops"]] == ["one", "add"]
    assert body["ops"][1]["inputs"] == [{"name": "number", "type": "int", "source": "one"}]


def test_the_same_code_has_the_same_hashes_and_a_change_shows_where_it_is() -> None:
    before, again, after = take_snapshot(jobs()), take_snapshot(jobs()), take_snapshot(jobs(description="new"))

    assert before == again
    assert [a.hash == b.hash for a, b in zip(before, after, strict=True)] == [False, True]


def test_a_job_that_cannot_be_bound_says_why_and_hides_no_other() -> None:
    @ms.job
    def broken() -> None:
        unbound(one())

    @ms.job
    def sound() -> None:
        one()

    found = {each.name: json.loads(each.body) for each in take_snapshot(ms.Definitions(jobs=[broken, sound]))}

    assert "the annotation of config parameter 'config' cannot be resolved" in found["broken"]["error"]
    assert "error" not in found["sound"]


@given(st.lists(st.integers(0, 3000), max_size=30))
def test_pages_hold_everything_once_in_order_and_not_much_too_much(lengths: list[int]) -> None:
    entries = [Entry("job", str(index), "", "x" * length) for index, length in enumerate(lengths)]
    parted = list(pages(entries, 1000))

    assert [each for page in parted for each in page] == entries
    assert all(page for page in parted)
    assert all(len(page) == 1 or sum(len(each.body) for each in page) <= 1000 for page in parted)


@given(st.dictionaries(st.tuples(st.text(), st.text()), st.text(), max_size=5))
def test_the_hash_of_all_depends_on_each_and_not_on_their_order(hashes: dict[tuple[str, str], str]) -> None:
    whole = snapshot_hash(hashes)

    assert whole == snapshot_hash(dict(reversed(hashes.items())))
    for place, value in hashes.items():
        assert whole != snapshot_hash({**hashes, place: f"{value}x"})
        assert whole != snapshot_hash({key: value for key, value in hashes.items() if key != place})
