from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

import mainspring as ms
from mainspring.serde import structured


@frozen
class Shop:
    url: str | ms.EnvVar
    retries: int | ms.EnvVar = 3
    limit: int | ms.EnvVar | None = None
    regions: list[int] | ms.EnvVar | None = None


def test_a_field_that_admits_a_reference_takes_plain_values_of_its_type() -> None:
    assert structured("it", {"url": "x", "retries": 4, "limit": None, "regions": [1]}, Shop) == Shop("x", 4, None, [1])


def test_what_a_reference_stands_for_is_parsed_to_the_rest_of_the_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBER", "7")
    monkeypatch.setenv("NUMBERS", "[1, 2]")
    reference = ms.EnvVar("NUMBER")

    made = structured(
        "it", {"url": reference, "retries": {"env": "NUMBER"}, "limit": reference, "regions": {"env": "NUMBERS"}}, Shop
    )

    assert made == Shop("7", 7, 7, [1, 2])


@pytest.mark.parametrize("raw", [{"url": 1}, {"url": "x", "retries": "4"}, {"url": "x", "limit": 1.5}])
def test_it_is_as_strict_as_without_one(raw: dict[str, Any]) -> None:
    with pytest.raises(ms.ConfigError, match="expected"):
        structured("it", raw, Shop)


def test_a_resource_is_opened_with_what_its_references_stand_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VALUES", str(tmp_path))

    @ms.op
    def fetch() -> int:
        return 1

    @ms.job(modes=[ms.Mode("dev", resources={"io_manager": ms.FilesystemIOManager(ms.EnvVar("VALUES"))})])
    def daily() -> None:
        fetch()

    assert daily.execute().output("fetch") == 1
    assert len(list(tmp_path.rglob("*.pickle"))) == 1
