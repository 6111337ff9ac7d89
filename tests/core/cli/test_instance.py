import sqlite3
from pathlib import Path

import pytest

from tests.core.cli.command import Command, Write


def test_a_home_is_made_by_migrating_and_a_second_time_changes_nothing(mainspring: Command, home: str) -> None:
    first = mainspring("instance", "migrate", "--home", home)
    second = mainspring("instance", "migrate", "--home", home)

    assert first.out.startswith(f"made the storage of {home} with schema version ")
    assert "already; nothing was changed" in second.out
    document = mainspring("instance", "migrate", "--home", home, "--json").json
    assert document["from"] == document["to"]
    assert document["changed"] is False


def test_an_instance_tells_what_it_is_made_of(mainspring: Command, sales: str, home: str) -> None:
    for job in ("ingest", "broken", "ingest"):
        mainspring("job", "run", job, "-f", sales, "--home", home)

    document = mainspring("instance", "info", "--home", home, "--json").json

    assert document["home"] == home
    assert document["settings_file"] is None
    assert document["storage"] == f"sqlite:///{home}/mainspring.db"
    assert document["schema_version"] == document["schema_version_of_code"]
    assert document["counts"]["runs_by_status"] == {"FAILURE": 1, "SUCCESS": 2}
    assert document["counts"]["assets"] == 1
    assert document["counts"]["events"] > 10
    assert {"mainspring", "python", "sqlite", "sqlalchemy"} <= set(document["versions"])
    assert document["plugins"][0]["name"] == "mainspring"


def test_the_page_of_an_instance_says_the_same(mainspring: Command, sales: str, home: str) -> None:
    mainspring("job", "run", "broken", "-f", sales, "--home", home)

    out = mainspring("instance", "info", "--home", home).out

    assert f"home      {home}\n" in out
    assert "runs      1 (1 FAILURE)\n" in out
    assert ", current\n" in out


def test_info_changes_nothing(mainspring: Command, write: Write, tmp_path: Path) -> None:
    settings = write("mainspring.toml", "")

    document = mainspring("instance", "info", "--json").json

    assert document["settings_file"] == settings
    assert document["schema_version"] is None
    assert [each.name for each in tmp_path.iterdir()] == ["mainspring.toml"]


@pytest.mark.parametrize("words", [["instance", "info"], ["run", "list"], ["run", "show", "x"], ["run", "logs", "x"]])
def test_what_only_reads_makes_no_home(mainspring: Command, home: str, words: list[str]) -> None:
    outcome = mainspring(*words, "--home", home)

    assert outcome.code == 1
    assert outcome.complaint.startswith(f"there is no home at {home}; ")
    assert not Path(home).exists()


READING = [["run", "list"], ["run", "show", "x"], ["run", "logs", "x"], ["run", "cancel", "x"]]


@pytest.mark.parametrize("words", READING)
def test_what_only_reads_fills_no_home(mainspring: Command, write: Write, tmp_path: Path, words: list[str]) -> None:
    write("mainspring.toml", "")

    outcome = mainspring(*words)

    assert outcome.code == (0 if words == ["run", "list"] else 1)
    assert f"there is nothing in home {tmp_path} yet; `mainspring job run` puts its first run there" in outcome.err
    assert mainspring("run", "list", "--json").json == []
    assert [each.name for each in tmp_path.iterdir()] == ["mainspring.toml"]


@pytest.mark.parametrize("words", READING)
def test_reading_leaves_a_folder_of_something_else_as_it_is(
    mainspring: Command, sales: str, tmp_path: Path, words: list[str]
) -> None:
    outcome = mainspring(*words, "--home", str(tmp_path))

    assert f"there is nothing in home {tmp_path} yet" in outcome.err
    assert [each.name for each in tmp_path.iterdir()] == [Path(sales).name]


def test_without_any_home_the_remedy_is_named(mainspring: Command) -> None:
    outcome = mainspring("run", "list")

    assert outcome.code == 1
    assert "MAINSPRING_HOME" in outcome.complaint


def set_schema_version(home: str, version: int) -> None:
    connection = sqlite3.connect(Path(home) / "mainspring.db")
    connection.execute("UPDATE alembic_version SET version_num = ?", (f"{version:04}",))
    connection.execute("UPDATE schema_info SET value = ? WHERE key = 'min_writer'", (str(version),))
    connection.commit()
    connection.close()


def test_a_newer_storage_is_told_of_and_left_alone(mainspring: Command, sales: str, home: str) -> None:
    mainspring("instance", "migrate", "--home", home)
    set_schema_version(home, 999)

    assert "newer than this Mainspring; upgrade Mainspring" in mainspring("instance", "info", "--home", home).out
    for words in (
        ["instance", "migrate"],
        ["run", "list"],
        ["job", "run", "ingest", "-f", sales],
    ):
        outcome = mainspring(*words, "--home", home)
        assert outcome.code == 1
        assert "999" in outcome.complaint
        assert "upgrade Mainspring" in outcome.complaint
