"""The contexts of schedules and sensors, and the cursor."""

from datetime import UTC, datetime, tzinfo
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from mainspring.testing import schedule_context, sensor_context

DUE = datetime(2026, 3, 29, 2, 30, tzinfo=UTC)


@ms.op
def look() -> None: ...


@ms.job
def looks() -> None:
    look()


@pytest.mark.parametrize("cursor", [None, "", "x" * 1_000_000, "2026-01-01", "🔑\n", "null"])
def test_a_cursor_comes_back_as_it_was_set(cursor: str | None) -> None:
    """Scar: D#8559, where a cursor could not be cleared."""

    @ms.sensor(job=looks)
    def sets(context: ms.SensorContext) -> None:
        assert context.cursor == "before"
        context.set_cursor(cursor)
        assert context.cursor == cursor

    @ms.sensor(job=looks)
    def leaves(context: ms.SensorContext) -> None:
        assert context.cursor == cursor

    assert sets.evaluate(sensor_context(cursor="before")).cursor == cursor
    assert leaves.evaluate(sensor_context(cursor=cursor)).cursor == cursor


@pytest.mark.parametrize(
    ("cursor", "said"),
    [
        (3, "the cursor of sensor 's' must be text, not int; write str(value)"),
        (b"x", "must be text, not bytes"),
        ({"a": 1}, "must be text, not dict"),
        ("a\0", "holds NUL characters"),
        ("\udcff", "lone surrogates"),
        ("x" * 10_000_000, "has 10,000,000 characters, and at most 4,000,000 are kept"),
    ],
)
def test_anything_else_is_no_cursor_and_moves_nothing(cursor: Any, said: str) -> None:
    context = sensor_context(cursor="before", sensor_name="s")
    with pytest.raises(ms.DefinitionError) as raised:
        context.set_cursor(cursor)

    assert said in str(raised.value)
    assert len(str(raised.value)) < 400
    assert context.cursor == "before"
    with pytest.raises(ms.DefinitionError, match="cursor"):
        sensor_context(cursor=cursor)


@given(st.text())
def test_any_text_is_a_cursor_or_refused(text: str) -> None:
    context = sensor_context()
    try:
        context.set_cursor(text)
    except ms.DefinitionError:
        assert "\0" in text or any("\ud800" <= each <= "\udfff" for each in text)
    else:
        assert context.cursor == text


class Nowhere(tzinfo):
    """A zone that knows no offset."""

    def utcoffset(self, dt: datetime | None) -> None: ...
    def dst(self, dt: datetime | None) -> None: ...
    def tzname(self, dt: datetime | None) -> None: ...


@pytest.mark.parametrize("time", [DUE.replace(tzinfo=None), DUE.replace(tzinfo=Nowhere()), None, "2026-01-01", 5.0])
def test_times_know_their_zone(time: Any) -> None:
    with pytest.raises(ms.DefinitionError, match="scheduled_time of a schedule's context must be an aware datetime"):
        schedule_context(scheduled_time=time)
    if time is not None:
        with pytest.raises(ms.DefinitionError, match="last_tick_time of a sensor's context must be an aware datetime"):
            sensor_context(last_tick_time=time)


def test_contexts_tell_what_they_were_given() -> None:
    due = schedule_context(scheduled_time=DUE, schedule_name="nightly")
    seen = sensor_context(cursor="c", sensor_name="uploads", last_tick_time=DUE, last_run_key="k")

    assert (due.scheduled_time, due.schedule_name) == (DUE, "nightly")
    assert (seen.cursor, seen.sensor_name, seen.last_tick_time, seen.last_run_key) == ("c", "uploads", DUE, "k")
    due.log.info("said")
    seen.log.info("said")
