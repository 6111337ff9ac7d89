"""Sensors on the command line."""

import json
from itertools import product
from typing import Any

import pytest

from mainspring.storage import TickStatus
from tests.core.cli.automations import NOW, Orders, asked, seen, ticked
from tests.core.cli.command import Command
from tests.core.cli.test_schedule import HOSTILE

TRICKY = "2026/\x1b[31m ;\u202e\n"


@pytest.fixture
def known(orders: Orders) -> Orders:
    """A sensor has asked for runs with keys."""
    with orders.open() as instance:
        seen(instance.storage, "uploads", "sensor")
        runs = [asked(f"run-{number}", "uploads", key) for number, key in enumerate(("2026/a.csv", TRICKY))]
        ticked(instance.storage, "uploads", TickStatus.REQUESTED, *runs)
    return orders


def test_sensors_are_listed_with_how_they_stand(mainspring: Command, known: Orders) -> None:
    quiet, uploads = mainspring("sensor", "list", "--json").json

    assert (uploads["name"], uploads["location"], uploads["status"]) == ("uploads", "sales", "stopped")
    assert (uploads["every_seconds"], uploads["next_at"]) == (15, None)
    assert uploads["last_tick"]["status"] == "REQUESTED"
    assert (quiet["status"], quiet["every_seconds"]) == ("running", 60)
    assert quiet["next_at"] is not None
    assert "every 15 s" in mainspring("sensor", "list").out


def test_a_sensor_is_shown_whole(mainspring: Command, known: Orders) -> None:
    mainspring("sensor", "cursor", "uploads", "--set", "x" * 600)
    document = mainspring("sensor", "show", "uploads", "--json").json

    assert document["description"] == "Ask for a run of each new file."
    assert (len(document["cursor"]), document["cursor_characters"]) == (500, 600)
    assert [each["requested"] for each in document["ticks"]] == [2]
    assert "and 100 characters more" in mainspring("sensor", "show", "uploads").out


def test_sensors_are_switched(mainspring: Command, known: Orders) -> None:
    assert mainspring("sensor", "start", "uploads").out == "sensor sales:uploads is running\n"
    assert mainspring("sensor", "start", "uploads").out == "sensor sales:uploads is running already\n"
    assert mainspring("sensor", "stop", "--all", "--json").json == [
        {"name": "quiet", "location": "sales", "status": "stopped", "is_changed": True},
        {"name": "uploads", "location": "sales", "status": "stopped", "is_changed": True},
    ]
    acts = mainspring("instance", "audit", "--subject", "sensor:sales:uploads", "--json").json
    assert [each["action"] for each in acts] == ["sensor stop", "sensor start"]


@pytest.mark.parametrize(
    ("words", "cursor"),
    [(["--set", "2026/a.csv"], "2026/a.csv"), (["--set", ""], ""), (["--set", TRICKY], TRICKY), (["--clear"], None)],
)
def test_a_cursor_is_set_and_cleared(mainspring: Command, orders: Orders, words: list[str], cursor: str | None) -> None:
    mainspring("sensor", "cursor", "uploads", "--set", "before")
    outcome = mainspring("sensor", "cursor", "uploads", *words)

    assert (outcome.code, outcome.err) == (0, "")
    shown = mainspring("sensor", "cursor", "uploads", "--json").json
    assert shown == {"name": "uploads", "location": "sales", "cursor": cursor}
    assert outcome.out.isascii()
    assert "\x1b" not in outcome.out
    last, _ = mainspring("instance", "audit", "--json").json
    assert (last["action"], last["subject"]) == ("sensor cursor", "sensor:sales:uploads")
    assert last["detail"] == {"cursor": cursor}


def test_no_cursor_is_not_an_empty_one(mainspring: Command, orders: Orders) -> None:
    assert json.loads(mainspring("sensor", "cursor", "uploads").out) is None
    mainspring("sensor", "cursor", "uploads", "--set", "")
    assert mainspring("sensor", "cursor", "uploads").out == '""\n'


def test_run_keys_are_listed_and_cleared(mainspring: Command, known: Orders) -> None:
    rows = mainspring("sensor", "keys", "uploads", "--json").json
    assert [(each["run_key"], each["job"], each["run_id"]) for each in rows] == [
        (TRICKY, "ingest", "run-1"),
        ("2026/a.csv", "ingest", "run-0"),
    ]
    assert "\x1b" not in mainspring("sensor", "keys", "uploads").out
    assert "a larger --limit shows them" in mainspring("sensor", "keys", "uploads", "--limit", "1").err
    assert mainspring("sensor", "keys", "uploads", "--key", "2026/a.csv", "--json").json == rows[1:]

    other = mainspring("sensor", "clear-key", "uploads", "2026/a.csv", "--job", "report")
    assert "sensor sales:uploads has never asked for run key '2026/a.csv' for job 'report'" in other.complaint
    cleared = mainspring("sensor", "clear-key", "uploads", "2026/a.csv")
    assert cleared.out == "cleared run key 2026/a.csv of sensor sales:uploads for 1 job\n"
    again = mainspring("sensor", "clear-key", "uploads", "2026/a.csv")
    assert again.code == 1
    assert "`mainspring sensor keys sales:uploads` lists those that it has" in again.complaint
    assert mainspring("sensor", "clear-key", "uploads", TRICKY, "--json").json["cleared"] == 1
    assert "has asked for no such run key" in mainspring("sensor", "keys", "uploads").err
    acts = mainspring("instance", "audit", "--json").json
    assert [(each["action"], each["detail"]["run_key"]) for each in acts] == [
        ("sensor clear-key", TRICKY),
        ("sensor clear-key", "2026/a.csv"),
    ]


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["show", "nightly"], 1, "'nightly' is a schedule; use `mainspring schedule`"),
        (["cursor", "uploads", "--set", "a", "--clear"], 2, "--set does not go with --clear"),
        (["cursor", "uploads", "--set", "\udcff"], 1, "holds NUL characters or lone surrogates"),
        (["cursor", "uploads", "--set", "x" * 4_000_001], 1, "has 4,000,001 characters"),
        (["preview", "uploads", "--cursor", "\udcff"], 1, "holds NUL characters or lone surrogates"),
        (["keys", "uploads", "--key", "\udcff"], 2, "--key is not UTF-8 text"),
        (["clear-key", "uploads", "\udcff"], 2, "a run key is not UTF-8 text"),
        (["clear-key", "uploads", ""], 1, "sensor sales:uploads has never asked for run key ''"),
        (["ticks", "uploads", "--status", "MISSED"], 2, "'MISSED' is not one of"),
    ],
)
def test_what_cannot_be_is_one_sentence(mainspring: Command, words: list[str], code: int, said: str) -> None:
    outcome = mainspring("sensor", *words)

    assert outcome.code == code
    assert said in outcome.complaint
    assert mainspring("instance", "audit", "--json").json == []


@pytest.mark.usefixtures("orders")
def test_hostile_names_are_names_that_nothing_bears(mainspring: Command) -> None:
    for verb, name in product(["cursor", "keys", "preview"], HOSTILE):
        outcome = mainspring("sensor", verb, name)

        assert (outcome.code, outcome.out) == (1, "")
        assert "there is no sensor" in outcome.complaint


@pytest.mark.integration
@pytest.mark.slow
def test_a_preview_records_nothing(mainspring: Command, known: Orders) -> None:
    def preview(*words: str) -> Any:
        return mainspring("sensor", "preview", "uploads", *words, "--json").json

    first = preview()
    assert [(each["run_key"], each["is_known"], each["mode"]) for each in first["requests"]] == [
        ("2026/a.csv", True, "dev"),
        ("2026/b.csv", False, "dev"),
    ]
    assert (first["outcome"], first["cursor_before"], first["cursor"]) == ("evaluated", None, "2026/b.csv")
    later = preview("--cursor", "2026/b.csv")
    assert (later["requests"], later["cursor_before"], later["cursor"]) == ([], "2026/b.csv", "2026/b.csv")
    broken = preview("--cursor", "broken")
    assert (broken["outcome"], broken["error"]["message"]) == ("failed", "no such bucket")
    assert broken["cursor"] == "broken"
    page = mainspring("sensor", "preview", "quiet").out
    assert "nothing there" in page

    assert len(mainspring("sensor", "keys", "uploads", "--json").json) == 2
    assert mainspring("sensor", "cursor", "uploads", "--json").json["cursor"] is None
    assert len(mainspring("sensor", "ticks", "uploads", "--json").json) == 1
    assert len(mainspring("run", "list", "--json").json) == 2
    assert mainspring("instance", "audit", "--json").json == []
    with known.open() as instance:
        state = instance.storage.automations.get("sales", "uploads")
    assert state is not None
    assert (state.mark, state.version) == (NOW, 1)
