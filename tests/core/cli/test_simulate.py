"""Simulations on the command line."""

from pathlib import Path

import pytest

from mainspring.cli import seldom
from tests.core.cli.automations import ORDERS, Orders
from tests.core.cli.command import Command, Write

MONTH = ("--from", "2026-12-01", "--to", "2027-01-01")


@pytest.fixture
def code(write: Write) -> str:
    return write("orders.py", ORDERS)


def test_a_file_is_simulated_with_all_that_it_defines(mainspring: Command, code: str) -> None:
    done = mainspring("simulate", "-f", code, "--from", "2026-12-24", "--to", "2026-12-27", "--json")
    rows = {(row["name"], row["status"]): row for row in done.json}

    assert done.code == 0
    assert [line for line in done.err.splitlines() if not line.endswith(" simulated so far")] == []
    assert {key: (row["times"], row["runs"]) for key, row in rows.items() if key[0] != "quiet"} == {
        ("hourly", "REQUESTED"): (73, 73),
        ("nightly", "REQUESTED"): (1, 1),
        ("nightly", "SKIPPED"): (1, 0),
        ("nightly", "FAILED"): (1, 0),
        ("uploads", "REQUESTED"): (1, 2),
        ("uploads", "SKIPPED"): (rows["uploads", "SKIPPED"]["times"], 0),
    }
    assert rows["nightly", "REQUESTED"] == {
        "name": "nightly",
        "location": "orders",
        "kind": "schedule",
        "status": "REQUESTED",
        "reason": None,
        "times": 1,
        "first_at": "2026-12-24T01:30:00.000Z",
        "last_at": "2026-12-24T01:30:00.000Z",
        "runs": 1,
        "dropped": 0,
        "asks_for": [{"job": "ingest", "mode": "prod"}],
        "first_run": {
            "job": "ingest",
            "mode": "prod",
            "run_key": "2026-12-24",
            "tags": {"team": "data"},
            "config": {"ops": {}},
            "partition_key": None,
        },
    }
    assert rows["nightly", "SKIPPED"]["reason"] == "holiday"
    assert rows["nightly", "FAILED"]["reason"] == "ValueError: the calendar ends here"


def test_it_is_shown_as_a_table(mainspring: Command, code: str) -> None:
    done = mainspring("simulate", "nightly", "-f", code, *MONTH)

    assert done.code == 0
    header, *lines = done.out.splitlines()
    assert header.split() == ["AUTOMATION", "STATUS", "TIMES", "RUNS", "FIRST", "LAST", "WHAT"]
    assert [line.split()[:4] for line in lines] == [
        ["orders:nightly", "REQUESTED", "29", "29"],
        ["orders:nightly", "SKIPPED", "1", "0"],
        ["orders:nightly", "FAILED", "1", "0"],
    ]
    assert "ingest in prod" in done.out
    assert "2026-12-25T01:30:00Z" in done.out


def test_a_stub_says_what_it_leaves_out(mainspring: Command, code: str) -> None:
    done = mainspring("simulate", "-f", code, *MONTH, "--stub")

    assert "note: left out, as they are off, or sensors: orders:quiet, orders:uploads" in done.err
    assert "nightly" in done.out
    assert "holiday" not in done.out


@pytest.mark.integration
@pytest.mark.slow
def test_a_home_is_simulated_in_processes_of_its_own_and_nothing_is_written_there(
    mainspring: Command, orders: Orders, tmp_path: Path
) -> None:
    database = tmp_path / "mainspring.db"
    before = database.read_bytes()
    done = mainspring("simulate", "--from", "2026-12-24", "--to", "2026-12-24T00:03", "--json")

    assert done.code == 0, done.err
    assert [(row["name"], row["status"], row["times"]) for row in done.json] == [
        ("hourly", "REQUESTED", 1),
        ("quiet", "SKIPPED", 3),
    ]
    assert done.json[0]["location"] == "sales"
    assert "left out, as they are off: sales:nightly, sales:uploads" in done.err
    assert database.read_bytes() == before
    assert mainspring("run", "list", "--json").json == []


def test_nothing_due_is_said(mainspring: Command, code: str) -> None:
    done = mainspring("simulate", "nightly", "-f", code, "--from", "2026-12-24T12:00", "--to", "2026-12-24T13:00")

    assert (done.code, done.out, done.err) == (0, "", "note: nothing falls due in that time\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "2026-01-02", "--to", "2026-01-01"), "--to is before --from"),
        (("--from", "soon", "--to", "2026-01-01"), "is no date or time"),
        (("--from", "2026-01-01"), "--to"),
        ((*MONTH, "-f", "a.py", "-m", "a"), "not both"),
        ((*MONTH, "-f", "a.py", "--home", "."), "not both"),
    ],
)
def test_bad_words_are_refused_in_a_sentence(mainspring: Command, words: tuple[str, ...], said: str) -> None:
    done = mainspring("simulate", *words)

    assert done.code == 2
    assert said in done.complaint


def test_what_cannot_be_simulated_is_said(mainspring: Command, code: str, write: Write) -> None:
    assert "no file" in mainspring("simulate", "-f", "absent.py", *MONTH).complaint
    assert "no schedule or sensor 'nightl'" in mainspring("simulate", "nightl", "-f", code, *MONTH).complaint
    assert "no home was found" in mainspring("simulate", *MONTH).complaint
    write("mainspring.toml", "")
    assert "no [[location]] stands there" in mainspring("simulate", *MONTH).complaint


def test_it_tells_how_far_it_has_come(mainspring: Command, orders: Orders, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seldom, "TELL_SECONDS", 0.0)
    outcome = mainspring("simulate", "hourly", "-f", str(orders.file), "--from", "2026-01-01", "--to", "2026-01-03")

    assert "50% simulated so far" in outcome.err
