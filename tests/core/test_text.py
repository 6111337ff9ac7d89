import json
import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from mainspring.text import cell_width, count, cut, duration, utc, visible, visible_json

ANY_TEXT = st.text(st.characters())
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@given(ANY_TEXT)
def test_nothing_that_acts_on_a_terminal_is_left(text: str) -> None:
    shown = visible(text)

    assert not CONTROL.search(shown)
    assert not any(unicodedata.bidirectional(each) in {"RLO", "LRO", "RLE", "LRE", "PDF", "RLI"} for each in shown)
    shown.encode()


@given(ANY_TEXT)
def test_lines_and_tabs_stay_where_they_are_wanted(text: str) -> None:
    assert not CONTROL.search(visible(text, lines=True).replace("\n", "").replace("\t", ""))


def test_plain_text_of_any_script_is_not_touched() -> None:
    for text in ("añadir", "売上", "👩‍🔬 lab", "[bold]not markup[/bold]"):
        assert visible(text) == text


@given(ANY_TEXT)
def test_json_says_the_same_after_it_was_made_harmless(text: str) -> None:
    shown = visible_json(json.dumps({"value": text}, ensure_ascii=False))

    assert json.loads(shown) == {"value": text}
    assert not CONTROL.search(shown)


@given(ANY_TEXT, st.integers(1, 40))
def test_what_is_cut_fits(text: str, width: int) -> None:
    assert cell_width(cut(visible(text), width)) <= width


def test_wide_characters_count_twice_and_marks_not_at_all() -> None:
    assert (cell_width("売上"), cell_width("e\u0301"), cell_width("abc")) == (4, 1, 3)


def test_times_are_utc() -> None:
    assert utc(0.25) == "1970-01-01T00:00:00.250Z"
    assert utc(0.25, precise=False) == "1970-01-01T00:00:00Z"
    assert utc(None) is None


def test_durations_have_two_or_three_digits() -> None:
    said = [duration(each) for each in (-1, 0, 0.0004, 0.05, 0.9994, 0.9996, 59.94, 59.96, 3599, 3600, 90000)]

    assert said == [
        "0.0 ms",
        "0.0 ms",
        "0.4 ms",
        "50 ms",
        "999 ms",
        "1.0 s",
        "59.9 s",
        "1 min 00 s",
        "59 min 59 s",
        "1 h 00 min",
        "25 h 00 min",
    ]


def test_one_thing_is_singular() -> None:
    assert (count(1, "step"), count(0, "step"), count(12_000, "step")) == ("1 step", "0 steps", "12,000 steps")
