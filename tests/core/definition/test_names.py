import pytest
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from mainspring.definition.names import NAME_LIMIT, checked_name, checked_tags


@given(st.text(max_size=150) | st.integers() | st.none())
def test_a_name_is_an_identifier_or_refused_in_one_sentence(name: object) -> None:
    if isinstance(name, str) and name.isidentifier() and len(name) <= NAME_LIMIT:
        assert checked_name("op", name) == name
        return
    with pytest.raises(ms.DefinitionError) as raised:
        checked_name("op", name)
    assert str(raised.value).isprintable()


@pytest.mark.parametrize("name", ["fetch", "_private", "données", "取得", "x" * 100])
def test_names_come_from_any_script(name: str) -> None:
    assert checked_name("op", name) == name


def can_be_kept(text: object) -> bool:
    return isinstance(text, str) and "\0" not in text and text == text.encode(errors="ignore").decode()


@given(st.dictionaries(st.text() | st.integers(), st.text(st.characters()) | st.integers()))
def test_tags_are_text_or_refused(tags: dict[object, object]) -> None:
    if all(key != "" and can_be_kept(key) and can_be_kept(value) for key, value in tags.items()):
        assert checked_tags("op 'x'", tags) == tags
        return
    with pytest.raises(ms.DefinitionError, match="of op 'x'"):
        checked_tags("op 'x'", tags)
