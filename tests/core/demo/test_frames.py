"""Frames keep their class on the way through files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import mainspring as ms
from mainspring.errors import TypeMismatchError


@ms.op
def make() -> pd.DataFrame:
    return pd.DataFrame({"n": [1, 2], "name": ["a", None]})


@ms.op
def count(frame: pd.DataFrame) -> int:
    return len(frame)


@ms.op
def count_a_series(frame: pd.Series) -> int:
    return len(frame)


def test_a_frame_comes_back_as_what_it_was(tmp_path: Path) -> None:
    """Scar: D#27884."""

    @ms.job
    def frames() -> None:
        count(make())

    with ms.Instance.open(tmp_path / "home") as instance:
        result = frames.execute(instance=instance)
        loaded = result.output("make")
    assert type(loaded) is pd.DataFrame
    pd.testing.assert_frame_equal(loaded, make())
    assert result.output("count") == 2


def test_a_frame_of_another_kind_than_the_reader_asks_for_is_an_error() -> None:
    """Scar: D#27884."""

    @ms.job
    def frames() -> None:
        count_a_series(make())  # type: ignore[arg-type]

    with pytest.raises(ms.RunFailedError) as raised:
        frames.execute()
    assert isinstance(raised.value.__cause__, TypeMismatchError)
    assert "pandas.DataFrame" in str(raised.value.__cause__)
