import json
from datetime import date, datetime
from enum import Enum, IntEnum
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from mainspring.definition.metadata import checked_metadata

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


class Scalar:
    def __repr__(self) -> str:
        return "scalar"

    def item(self) -> int:
        return 3


class Array:
    def item(self) -> int:
        raise ValueError("can only convert an array of size 1")


class Color(str, Enum):  # noqa: UP042 - whose str() differs from its value
    RED = "red"


class Level(IntEnum):
    HIGH = 3


@given(st.dictionaries(st.text(), plain, max_size=4))
def test_plain_data_stays_as_it_is(metadata: dict[str, Any]) -> None:
    assert checked_metadata("output", metadata) == metadata
    assert json.loads(json.dumps(checked_metadata("output", metadata))) == metadata


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, 3, 4), "2026-01-02T03:04:00"),  # noqa: DTZ001
        (PurePosixPath("/tmp/x"), "/tmp/x"),
        ((1, 2), [1, 2]),
        ({3}, [3]),
        (Scalar(), 3),
        (Color.RED, "red"),
        (Level.HIGH, 3),
    ],
    ids=repr,
)
def test_what_is_nearly_plain_becomes_so(value: object, kept: object) -> None:
    found = checked_metadata("output", {"a": value})["a"]

    assert found == kept
    assert type(found) is type(kept)


@pytest.mark.parametrize("value", [object(), b"bytes", Array(), {1: 2}, [object()], {"a": {"b": object()}}])
def test_anything_else_is_refused_in_one_sentence(value: object) -> None:
    with pytest.raises(ms.DefinitionError) as raised:
        checked_metadata("output 'result'", {"a": value})

    assert "of output 'result'" in str(raised.value)


def test_metadata_that_holds_itself_is_refused() -> None:
    endless: dict[str, Any] = {}
    endless["again"] = endless

    with pytest.raises(ms.DefinitionError, match="the metadata of output 'result' is nested too deeply"):
        checked_metadata("output 'result'", endless)


def test_metadata_is_a_mapping() -> None:
    anything: Any = [1]
    with pytest.raises(ms.DefinitionError, match="the metadata of output must be a mapping, not list"):
        checked_metadata("output", anything)
