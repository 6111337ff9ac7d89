from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from mainspring.definition.asset import ASSET_KEY_LIMIT

segments = st.text(
    st.characters(categories=["L", "N", "P", "S"], exclude_characters="/"), min_size=1, max_size=20
).filter(lambda each: each not in {".", ".."})


@given(st.lists(segments, min_size=1, max_size=10))
def test_takes_segments_joined_by_slashes(parts: list[str]) -> None:
    key = ms.AssetKey("/".join(parts))

    assert str(key) == "/".join(parts)
    assert key == ms.AssetKey(str(key))
    assert hash(key) == hash(ms.AssetKey(str(key)))


@given(st.text() | st.integers() | st.none() | st.binary())
def test_anything_else_is_refused_in_one_sentence(value: Any) -> None:
    try:
        key = ms.AssetKey(value)
        said = "an asset key " * all(each.strip() not in {"", ".", ".."} for each in key.path.split("/"))
    except ms.DefinitionError as error:
        said = str(error)
    assert said.startswith("an asset key ")
    assert said.isprintable()


@pytest.mark.parametrize(
    "value", ["", "/", "a/", "/a", "a//b", "a/ /b", "..", "a/../b", ".", "a\n", "x" * 501, "\ud800"]
)
def test_refuses_what_could_not_be_kept_or_leads_elsewhere(value: str) -> None:
    with pytest.raises(ms.DefinitionError) as raised:
        ms.AssetKey(value)
    assert len(str(raised.value)) < 250


def test_keys_have_an_order() -> None:
    assert sorted([ms.AssetKey("b"), ms.AssetKey("a/c")]) == [ms.AssetKey("a/c"), ms.AssetKey("b")]
    assert len(ms.AssetKey("x" * ASSET_KEY_LIMIT).path) == ASSET_KEY_LIMIT


def test_outputs_and_materializations_take_keys_as_text() -> None:
    assert ms.Out(asset="warehouse/orders").asset == ms.AssetKey("warehouse/orders")
    assert ms.Materialization(ms.AssetKey("a")).asset == ms.Materialization("a").asset
    with pytest.raises(ms.DefinitionError, match="an asset key is text such as 'warehouse/orders'"):
        ms.Out(asset="a//b")


def test_a_dynamic_output_materializes_no_asset() -> None:
    with pytest.raises(ms.DefinitionError, match="a DynamicOut cannot materialize asset a: collect its values"):
        ms.DynamicOut(asset="a")
