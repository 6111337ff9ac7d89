"""What every sensor source promises."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

import attrs
import pytest

import mainspring as ms
from mainspring.testing.contexts import sensor_context


@ms.op
def _look() -> None:
    """Stand for whatever is done with an item."""


@ms.job
def _looks() -> None:
    _look()


class SensorSourceContract:
    """Derive a test class from this and define the fixtures `sensor_source` and `arrive`.

    ```python
    class TestInbox(SensorSourceContract):
        @pytest.fixture
        def sensor_source(self, tmp_path):
            return InboxSource(tmp_path)

        @pytest.fixture
        def arrive(self, tmp_path):
            return lambda name: (tmp_path / name).write_text(name)
    ```
    """

    @pytest.fixture
    def sensor_source(self) -> ms.SensorSource:
        """Give a source in whose system nothing is new yet."""
        raise NotImplementedError("define the fixture sensor_source")

    @pytest.fixture
    def arrive(self) -> Callable[[str], object]:
        """Give a function that makes one new thing appear, under a name; a poll finds it when the function returns."""
        raise NotImplementedError("define the fixture arrive")

    def keys(self, sensor_source: ms.SensorSource, cursor: str | None = None) -> list[str]:
        """Poll and return the keys."""
        return [item.key for item in sensor_source.poll(cursor)]

    def test_it_can_be_set_up_by_settings(self, sensor_source: ms.SensorSource) -> None:
        assert attrs.has(type(sensor_source))

    def test_where_nothing_is_new_it_gives_nothing(self, sensor_source: ms.SensorSource) -> None:
        assert self.keys(sensor_source) == []

    def test_each_arrival_is_one_item(self, sensor_source: ms.SensorSource, arrive: Callable[[str], object]) -> None:
        for name in ("first", "second", "third"):
            arrive(name)

        keys = self.keys(sensor_source)
        assert len(keys) == len(set(keys)) == 3

    def test_items_can_be_kept(self, sensor_source: ms.SensorSource, arrive: Callable[[str], object]) -> None:
        arrive("first")

        (item,) = sensor_source.poll(None)
        assert isinstance(item, ms.Item)
        assert json.loads(json.dumps(item.payload)) == item.payload

    def test_a_thing_keeps_its_key(self, sensor_source: ms.SensorSource, arrive: Callable[[str], object]) -> None:
        """All that a source knows is in the cursor: it may be made anew in another process at any time."""
        arrive("first")
        arrive("second")
        anew: ms.SensorSource = attrs.evolve(cast(Any, sensor_source))

        assert self.keys(sensor_source) == self.keys(sensor_source) == self.keys(anew)

    def test_only_what_is_new_comes_after_the_cursor(
        self, sensor_source: ms.SensorSource, arrive: Callable[[str], object]
    ) -> None:
        """A source may offer old things again, as one whose clock is coarse must; their keys say that they are old."""
        seen: set[str] = set()
        cursor: str | None = None
        for number in range(5):
            arrive(f"number {number}")
            items = list(sensor_source.poll(cursor))
            assert len({item.key for item in items} - seen) == 1
            seen |= {item.key for item in items}
            cursor = _after(items, cursor)
            assert set(self.keys(sensor_source, cursor)) <= seen

    def test_after_any_item_the_others_still_come(
        self, sensor_source: ms.SensorSource, arrive: Callable[[str], object]
    ) -> None:
        """Scars: D#17344, D#29792, D#6941, where a crash between requests and cursor lost what was between them."""
        for number in range(7):
            arrive(f"number {number}")
        items = list(sensor_source.poll(None))

        for taken in range(len(items)):
            cursor = _after(items[: taken + 1], None)
            assert {item.key for item in items[taken + 1 :]} <= set(self.keys(sensor_source, cursor))

    def test_a_poll_that_is_given_up_changes_nothing(
        self, sensor_source: ms.SensorSource, arrive: Callable[[str], object]
    ) -> None:
        arrive("first")
        arrive("second")
        before = self.keys(sensor_source)

        assert next(iter(sensor_source.poll(None))).key == before[0]
        assert self.keys(sensor_source) == before

    def test_many_come_each_once(self, sensor_source: ms.SensorSource, arrive: Callable[[str], object]) -> None:
        for number in range(100):
            arrive(f"number {number}")

        keys = self.keys(sensor_source)
        assert len(keys) == len(set(keys)) == 100

    def test_a_sensor_asks_once_for_each(self, sensor_source: ms.SensorSource, arrive: Callable[[str], object]) -> None:
        sensor = ms.Sensor(name="arrivals", job=_looks, source=sensor_source)
        asked: list[str | None] = []
        cursor = None
        for names in (("first", "second"), (), ("third",)):
            for name in names:
                arrive(name)
            evaluation = sensor.evaluate(sensor_context(cursor=cursor))
            asked += [each.run_key for each in evaluation.requests if each.run_key not in asked]
            cursor = evaluation.cursor
            sensor.acknowledge(evaluation.items)

        assert len(asked) == 3

    def test_what_is_not_acknowledged_comes_again(
        self, sensor_source: ms.SensorSource, arrive: Callable[[str], object]
    ) -> None:
        if not isinstance(sensor_source, ms.AcknowledgingSource):
            return
        arrive("taken")
        taken = list(sensor_source.poll(None))
        arrive("late")

        sensor_source.ack(taken)
        sensor_source.ack(taken)
        sensor_source.ack([])

        late = set(self.keys(sensor_source)) - {item.key for item in taken}
        assert len(late) == 1
        assert late <= set(self.keys(sensor_source, _after(taken, None)))


def _after(items: list[ms.Item], cursor: str | None) -> str | None:
    """Return where to go on after items."""
    return next((item.cursor for item in reversed(items) if item.cursor is not None), cursor)
