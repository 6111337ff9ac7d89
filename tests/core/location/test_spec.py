from pathlib import Path
from typing import Any

import pytest

import mainspring as ms
from mainspring.location.spec import LocationSpec, find_spec, location_specs
from mainspring.settings import settings_of

HOME = Path("/home/of/sales")


def specs(*tables: Any) -> dict[str, LocationSpec]:
    return location_specs(settings_of({"location": list(tables)}), HOME)


def said(*tables: Any) -> str:
    with pytest.raises(ms.ConfigError) as raised:
        specs(*tables)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_locations_are_read_by_name() -> None:
    found = specs(
        {"name": "sales", "module": "sales.definitions", "memory_limit_mb": 512},
        {"name": "hr", "file": "hr/defs.py", "python": "hr/.venv/bin/python", "start": "spawn"},
        {"name": "it", "package": "it", "python": "python3.12"},
    )

    assert list(found) == ["sales", "hr", "it"]
    assert found["sales"] == LocationSpec(name="sales", module="sales.definitions", memory_limit_mb=512)
    assert found["hr"].python == "/home/of/sales/hr/.venv/bin/python"
    assert found["it"].python == "python3.12"
    assert [str(each.source) for each in found.values()] == ["module sales.definitions", "hr/defs.py", "package it"]


def test_values_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALES_LIMIT", "300")

    found = specs({"name": "sales", "module": "sales", "memory_limit_mb": {"env": "SALES_LIMIT"}})
    assert found["sales"].memory_limit_mb == 300


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ({"module": "sales"}, "name: it is required but missing"),
        ({"name": "sales"}, "names its code by one of module, file and package; it has none of them"),
        ({"name": "sales", "module": "a", "file": "b"}, "it has module and file"),
        ({"name": "sales/../etc", "module": "a"}, "must be 1 to 100 letters"),
        ({"name": "sales", "module": "a", "modul": "b"}, "unknown key 'modul'; did you mean 'module'?"),
        ({"name": "sales", "module": 7}, "expected"),
        ({"name": "sales", "module": "a", "start": "thread"}, "one of 'auto', 'fork', 'spawn'"),
        ({"name": "sales", "module": "a", "import_timeout": 0}, "a number above 0"),
        ({"name": "sales", "module": "a", "max_evaluators": 0}, "a number, 1 or more"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(table: dict[str, Any], complaint: str) -> None:
    message = said(table)

    assert complaint in message
    assert "location[0]" in message


def test_every_problem_is_told_at_once() -> None:
    message = said({"name": "a"}, {"name": "b", "module": "b"}, {"name": "b", "module": "c"})

    assert "location[0]" in message
    assert "location[2]: two locations are named 'b'" in message


def test_a_table_where_tables_are_asked_for() -> None:
    with pytest.raises(ms.ConfigError, match=r"expected tables, \[\[location\]\], got dict"):
        settings_of({"location": {"name": "sales"}})


def test_a_name_that_is_not_there_comes_with_those_that_are() -> None:
    found = specs({"name": "sales", "module": "sales"})

    assert find_spec(found, "sales").module == "sales"
    with pytest.raises(ms.ConfigError, match="did you mean 'sales'"):
        find_spec(found, "sale")
    with pytest.raises(ms.ConfigError, match=r"no \[\[location\]\] stands there"):
        find_spec({}, "sale")
