from pathlib import Path

import pytest

import mainspring as ms
from mainspring.demo.demonstration import SETTINGS, demonstrate, prepare_home
from mainspring.demo.flights import defs
from mainspring.event import Event


@pytest.mark.slow
def test_mode_dev_keeps_every_value_under_the_home_for_later(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    seen: list[Event] = []

    outcome = demonstrate(home, "dev", seen.append)

    assert outcome.rows == {"flights": 336_776, "airlines": 16, "airports": 1_458, "planes": 3_322, "weather": 26_115}
    assert [row["month"] for row in outcome.summary] == list(range(1, 13))
    assert set(outcome.reports) == {"monthly_delays", "summary"}
    assert all(path.is_file() and path.is_relative_to(home / "reports") for path in outcome.reports.values())
    assert outcome.values == home / "values" / outcome.run_id
    assert [event.kind for event in (seen[0], seen[-1])] == ["RUN_STARTED", "RUN_SUCCESS"]
    with ms.Instance.open(home) as instance:
        assert len(defs.load_output(outcome.run_id, "monthly_delays", instance=instance)) == 185


@pytest.mark.slow
def test_mode_test_keeps_values_in_memory_and_the_run_in_the_home(tmp_path: Path) -> None:
    outcome = demonstrate(tmp_path, "test", lambda event: None)

    assert (outcome.reports, outcome.values) == ({}, None)
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == set()
    with ms.Instance.open(tmp_path) as instance:
        assert instance.storage.runs.get(outcome.run_id) is not None


def test_a_home_gets_settings_once(tmp_path: Path) -> None:
    settings = prepare_home(tmp_path / "demo") / "mainspring.toml"
    assert settings.read_text("utf-8") == SETTINGS

    settings.write_text("# mine\n", "utf-8")
    prepare_home(tmp_path / "demo")

    assert settings.read_text("utf-8") == "# mine\n"


def test_a_home_without_a_parent_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ms.MainspringError, match="make that folder first"):
        prepare_home(tmp_path / "absent" / "demo")
