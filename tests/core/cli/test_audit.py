"""`mainspring audit`: the books of a home, read while it is at work, and never written."""

import hashlib
import sqlite3
from pathlib import Path

import pytest

from tests.core.cli.command import Command


@pytest.fixture
def run_id(mainspring: Command, sales: str, home: str) -> str:
    """The id of a run in a home."""
    found = mainspring("job", "run", "ingest", "-f", sales, "--home", home, "--json", "--mode", "dev").json["run_id"]
    assert isinstance(found, str)
    return found


def execute(home: str, statement: str) -> None:
    database = sqlite3.connect(Path(home) / "mainspring.db")
    database.executescript(statement)
    database.close()


def test_books_that_balance(mainspring: Command, home: str, run_id: str) -> None:
    outcome = mainspring("audit", "--home", home)

    assert outcome.code == 0
    assert outcome.out.startswith("the books balance: 1 runs, ")
    document = mainspring("audit", "--home", home, "--json").json
    assert (document["balances"], document["findings"], document["since"]) == (True, [], None)
    assert document["counted"]["runs"] == 1


def test_what_does_not_balance_is_named_and_ends_with_1(mainspring: Command, home: str, run_id: str) -> None:
    execute(home, "UPDATE runs SET status = 'FAILURE'")
    outcome = mainspring("audit", "--home", home)

    assert outcome.code == 1
    assert f"run {run_id} is FAILURE in attempt 1, and by its events SUCCESS in 1" in outcome.out
    assert "findings: 1, among 1 runs" in outcome.out
    (finding,) = mainspring("audit", "--home", home, "--json").json["findings"]
    assert (finding["rule"], finding["name"]) == ("the row is what the events say", run_id)


def test_nothing_is_written(mainspring: Command, home: str, run_id: str) -> None:
    execute(home, "PRAGMA wal_checkpoint(TRUNCATE)")
    database = Path(home) / "mainspring.db"
    before = hashlib.sha256(database.read_bytes()).digest()
    mainspring("audit", "--home", home)

    assert hashlib.sha256(database.read_bytes()).digest() == before
    assert mainspring("instance", "audit", "--home", home, "--json").json == []


def test_what_was_pruned_is_left_out(mainspring: Command, home: str, run_id: str) -> None:
    mainspring("instance", "prune", "--older-than", "1d", "--home", home)
    document = mainspring("audit", "--home", home, "--json").json

    assert document["since"].endswith("Z")
    assert document["counted"]["runs"] == 1  # it is younger


def test_a_pruning_by_settings_that_keep_all_hides_nothing(mainspring: Command, home: str, run_id: str) -> None:
    mainspring("instance", "prune", "--home", home)
    document = mainspring("audit", "--home", home, "--json").json

    assert (document["since"], document["counted"]["runs"]) == (None, 1)


def test_only_what_is_younger_than_a_time(mainspring: Command, home: str, run_id: str) -> None:
    execute(home, "UPDATE runs SET status = 'FAILURE'")
    outcome = mainspring("audit", "--since", "2100-01-01", "--home", home)

    assert outcome.code == 0
    assert "what was recorded before 2100-01-01T00:00:00.000Z is left out" in outcome.err


def test_a_home_in_which_nothing_was_run(mainspring: Command, home: str) -> None:
    Path(home).mkdir()
    outcome = mainspring("audit", "--home", home)

    assert outcome.code == 0
    assert "the books balance: nothing was recorded" in outcome.out
    assert "there is nothing in home" in outcome.err


def test_a_time_that_is_none(mainspring: Command, home: str, run_id: str) -> None:
    outcome = mainspring("audit", "--since", "soon", "--home", home)

    assert outcome.code == 2
    assert "'soon' is no date or time" in outcome.complaint
