from pathlib import Path

import pytest

import mainspring as ms
from mainspring.demo.home import ARRIVALS, LOCATION, SEASON, SETTINGS, one_demo, prepare_home
from mainspring.demo.months import MonthFiles
from mainspring.demo.season import ARRIVALS as WATCHED
from mainspring.location.spec import location_specs


def test_a_home_gets_settings_once(tmp_path: Path) -> None:
    folder, settings = prepare_home(tmp_path / "demo")
    file = folder / "mainspring.toml"
    assert file.read_text("utf-8") == SETTINGS
    assert list(location_specs(settings, folder)) == [LOCATION]

    file.write_text(f"{SETTINGS}# mine\n", "utf-8")
    prepare_home(tmp_path / "demo")

    assert file.read_text("utf-8").endswith("# mine\n")


def test_a_home_without_a_parent_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ms.MainspringError, match="make that folder first"):
        prepare_home(tmp_path / "absent" / "demo")


@pytest.mark.parametrize("settings", ["", '[[location]]\nname = "flights"\nfile = "mine.py"\n'])
def test_the_home_of_something_else_is_left_alone(tmp_path: Path, settings: str) -> None:
    (tmp_path / "mainspring.toml").write_text(settings, "utf-8")

    with pytest.raises(ms.MainspringError, match=r"is no demo's: .* name another folder"):
        prepare_home(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["mainspring.toml"]


def test_the_year_begins_anew_and_files_of_others_stay(tmp_path: Path) -> None:
    ours = [tmp_path / ARRIVALS / "2013-01.csv", tmp_path / SEASON / "2013-01.csv", tmp_path / SEASON / "summary.csv"]
    others = [tmp_path / ARRIVALS / "2014-01.csv", tmp_path / SEASON / "notes.txt"]
    for path in (*ours, *others):
        path.parent.mkdir(exist_ok=True)
        path.touch()

    with one_demo(tmp_path):
        assert [path.exists() for path in ours] == [False] * 3
        assert all(path.exists() for path in others)


def test_two_at_a_time_are_refused(tmp_path: Path) -> None:
    with (
        one_demo(tmp_path),
        pytest.raises(ms.MainspringError, match="another demo is at work"),
        one_demo(tmp_path),
    ):
        pass

    with one_demo(tmp_path):
        pass


def test_the_folders_are_those_that_the_definitions_name() -> None:
    assert (Path(ARRIVALS), Path(SEASON)) == (WATCHED, MonthFiles().folder)
