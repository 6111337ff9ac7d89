"""Schedules on the command line."""

from itertools import product
from pathlib import Path

import pytest
from attrs import evolve

from mainspring.storage import DefinitionQuery, LocationStatus, TickStatus
from tests.core.cli.automations import NOW, Orders, offer, seen, ticked
from tests.core.cli.command import Command, Write

HOSTILE = ["", ":", "a:b:c", "nightly\x1b[31m", "\udcff", "a\0b", "x" * 10_000, "%", "sales:", ":nightly:"]


def test_schedules_are_listed_with_how_they_stand(mainspring: Command, orders: Orders) -> None:
    with orders.open() as instance:
        seen(instance.storage, "hourly", "schedule", failures=2, not_before=NOW * 2)
        tick = ticked(instance.storage, "hourly", TickStatus.FAILED, scheduled_time=NOW, reason="ValueError: no")
    hourly, nightly = mainspring("schedule", "list", "--json").json

    assert {**nightly, "next_at": None} == {
        "name": "nightly",
        "location": "sales",
        "kind": "schedule",
        "status": "stopped",
        "is_switched": False,
        "jobs": ["ingest"],
        "cron": ["30 2 * * *"],
        "every_seconds": None,
        "timezone": "Europe/Berlin",
        "next_at": None,
        "last_tick": None,
        "failures": 0,
        "backs_off_until": None,
        "location_status": "LOADED",
        "problem": None,
    }
    assert nightly["next_at"] is None
    assert (hourly["status"], hourly["every_seconds"], hourly["failures"]) == ("running", 3600, 2)
    assert hourly["next_at"].endswith(":00:00.000Z")
    assert hourly["last_tick"] == {
        "tick_id": tick.tick_id,
        "status": "FAILED",
        "at": "2027-01-15T00:00:00.000Z",
        "scheduled_time": "2027-01-15T00:00:00.000Z",
        "reason": "ValueError: no",
    }
    shown = mainspring("schedule", "list")
    assert "every 3600 s" in shown.out
    assert "30 2 * * * in Europe/Berlin" in shown.out
    assert "FAILED 2027-01-15T00:00:00Z" in shown.out
    assert "failed 2 times in a row, tried again at" in shown.out
    assert len(mainspring("schedule", "list", "--limit", "1", "--json").json) == 1


def test_a_location_that_is_not_loaded_is_told_of(mainspring: Command, orders: Orders) -> None:
    with orders.open() as instance:
        offer(instance.storage, orders.file, status=LocationStatus.FAILED)

    assert "location is FAILED" in mainspring("schedule", "list").out


def test_one_that_is_not_offered_any_more_is_gone_and_its_ticks_are_there(mainspring: Command, orders: Orders) -> None:
    with orders.open() as instance:
        seen(instance.storage, "yearly", "schedule")
        ticked(instance.storage, "yearly", TickStatus.SKIPPED, scheduled_time=NOW, reason="not this year")
    *_, gone = mainspring("schedule", "list", "--json").json

    assert (gone["name"], gone["status"], gone["next_at"]) == ("yearly", "gone", None)
    assert "its location does not offer it any more" in mainspring("schedule", "show", "yearly").out
    assert "not this year" in mainspring("schedule", "ticks", "yearly").out
    for verb in ("start", "stop", "preview"):
        complaint = mainspring("schedule", verb, "yearly").complaint
        assert "location 'sales' does not offer schedule 'yearly' any more; put it back" in complaint


def test_one_that_cannot_be_read_here_does_not_hide_the_others(mainspring: Command, orders: Orders) -> None:
    with orders.open() as instance:
        (found,) = instance.storage.locations.definitions(DefinitionQuery(kind="schedule", name="nightly"))
        other = evolve(found, body=found.body.replace("Europe/Berlin", "Mars/Olympus"))
        record = instance.storage.locations.get("sales")
        assert record is not None
        instance.storage.locations.record(record, [other])
    hourly, nightly = mainspring("schedule", "list", "--json").json

    assert (hourly["status"], nightly["status"], nightly["next_at"]) == ("running", "unreadable", None)
    assert "Mars/Olympus" in nightly["problem"]
    assert "Mars/Olympus" in mainspring("schedule", "show", "nightly").out
    assert "Mars/Olympus" in mainspring("schedule", "start", "nightly").complaint
    stopped = mainspring("schedule", "stop", "--all")
    assert stopped.out == "schedule sales:hourly is stopped\n"
    assert "warning: sales:nightly is left as it is: " in stopped.err


def test_a_schedule_is_shown_whole(mainspring: Command, orders: Orders) -> None:
    with orders.open() as instance:
        seen(instance.storage, "nightly", "schedule", switch="running", backlog=((NOW - 3 * 86400, NOW),))
        ticked(instance.storage, "nightly", TickStatus.MISSED, scheduled_time=NOW, since=NOW - 10, count=4)
    document = mainspring("schedule", "show", "nightly", "--json").json
    page = mainspring("schedule", "show", "sales:nightly").out

    assert document["description"] == "Load what the day brought."
    assert document["default_status"] == "stopped"
    assert document["catch_up"] == {"limit": 5, "window_seconds": 86400}
    assert document["to_catch_up"] == 3
    assert [each["count"] for each in document["ticks"]] == [4]
    assert "running, switched by a person" in page
    assert "the newest 5 of the last 86400 s" in page
    assert "3 missed times" in page


def test_schedules_are_switched_and_that_is_noted(mainspring: Command, orders: Orders) -> None:
    started = mainspring("schedule", "start", "nightly", "hourly")
    assert started.out == "schedule sales:nightly is running\nschedule sales:hourly is running already\n"
    assert mainspring("schedule", "start", "--all", "--json").json == [
        {"name": "hourly", "location": "sales", "status": "running", "is_changed": False},
        {"name": "nightly", "location": "sales", "status": "running", "is_changed": False},
    ]
    stopped = mainspring("schedule", "stop", "--all")
    assert stopped.out == "schedule sales:hourly is stopped\nschedule sales:nightly is stopped\n"

    assert [each["status"] for each in mainspring("schedule", "list", "--json").json] == ["stopped", "stopped"]
    acts = mainspring("instance", "audit", "--json").json
    assert [(each["action"], each["subject"]) for each in acts] == [
        ("schedule stop", "schedule:sales:nightly"),
        ("schedule stop", "schedule:sales:hourly"),
        ("schedule start", "schedule:sales:nightly"),
    ]
    with orders.open() as instance:
        state = instance.storage.automations.get("sales", "nightly")
    assert state is not None
    assert (state.switch, state.timing is not None) == ("stopped", True)


def test_an_unknown_name_leaves_all_as_it_was(mainspring: Command, orders: Orders) -> None:
    outcome = mainspring("schedule", "start", "nightly", "nigthly")

    assert outcome.complaint == "there is no schedule 'nigthly' in any code location; did you mean 'nightly'?"
    assert {each["is_switched"] for each in mainspring("schedule", "list", "--json").json} == {False}


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["show", "uploads"], 1, "'uploads' is a sensor; use `mainspring sensor`"),
        (["show", "sale:nightly"], 1, "there is no schedule 'nightly' in location 'sale'"),
        (["start"], 2, "name a schedule, or give --all"),
        (["start", "nightly", "--all"], 2, "give either names or --all, not both"),
        (
            ["ticks", "nightly", "--id", "7"],
            1,
            "there is no tick 7 of schedule sales:nightly; `mainspring schedule ticks",
        ),
        (["ticks", "nightly", "--status", "GREAT"], 2, "'GREAT' is not one of"),
        (["preview", "nightly", "--from", "yesterday"], 2, "'yesterday' is no date or time; write 2026-03-01"),
        (["preview", "nightly", "--from", "2026-02-01", "--to", "2026-01-01"], 2, "--to is before --from"),
        (["preview", "nightly", "--count", "0"], 2, "0 is not in the range"),
    ],
)
def test_what_cannot_be_is_one_sentence(mainspring: Command, words: list[str], code: int, said: str) -> None:
    outcome = mainspring("schedule", *words)

    assert outcome.code == code
    assert said in outcome.complaint


@pytest.mark.usefixtures("orders")
def test_hostile_names_are_names_that_nothing_bears(mainspring: Command) -> None:
    for verb, name in product(["show", "start", "stop", "ticks", "preview"], HOSTILE):
        outcome = mainspring("schedule", verb, name)

        assert (outcome.code, outcome.out) == (1, "")
        assert "there is no schedule" in outcome.complaint
        assert len(outcome.complaint) < 1000


def test_where_several_locations_have_one_of_that_name_it_is_asked_which(mainspring: Command, orders: Orders) -> None:
    with orders.open() as instance:
        offer(instance.storage, orders.file, location="stock")

    complaint = mainspring("schedule", "start", "nightly").complaint
    assert complaint == "several code locations have a schedule 'nightly'; name one of sales:nightly, stock:nightly"
    assert mainspring("schedule", "start", "stock:nightly").out == "schedule stock:nightly is running\n"
    statuses = {each["location"]: each["status"] for each in mainspring("schedule", "list", "--json").json[1::2]}
    assert statuses == {"sales": "stopped", "stock": "running"}


def test_a_home_without_anything_says_so(mainspring: Command, write: Write, tmp_path: Path) -> None:
    assert "there is no home" in mainspring("schedule", "list", "--home", str(tmp_path / "nowhere")).complaint
    write("mainspring.toml", "")
    listed = mainspring("schedule", "list")

    assert (listed.code, listed.out) == (0, "")
    assert "no code location offers a schedule: there is nothing in home" in listed.err
    assert mainspring("schedule", "list", "--json").json == []
    assert "there is nothing in home" in mainspring("schedule", "start", "nightly").complaint
    assert not (tmp_path / "mainspring.db").exists()
    mainspring("instance", "migrate")
    assert "no code location offers a schedule; `mainspring location list`" in mainspring("schedule", "list").err
    assert "no code location offers a schedule, so" in mainspring("schedule", "stop", "--all").err


def test_the_due_times_are_those_of_its_zone(mainspring: Command, orders: Orders) -> None:
    """In the night when clocks go back there is one 2:30 that counts, and in the night when they go forward, 3:00."""
    words = ["schedule", "preview", "nightly", "--from", "2026-10-24", "--to", "2026-10-27"]

    assert mainspring(*words, "--json").json == [
        {"scheduled_time": f"2026-10-{utc}.000Z", "local_time": f"2026-10-{local}", "timezone": "Europe/Berlin"}
        for utc, local in [
            ("24T00:30:00", "24T02:30:00+02:00"),
            ("25T00:30:00", "25T02:30:00+02:00"),
            ("26T01:30:00", "26T02:30:00+01:00"),
        ]
    ]
    assert "IN Europe/Berlin" in mainspring(*words).out
    cut = mainspring(*words, "--count", "1")
    assert "there are more; --from 2026-10-25T00:30:00.000Z goes on" in cut.err
    assert mainspring(
        "schedule", "preview", "nightly", "--from", "2026-10-24T02:30+02:00", "--count", "1"
    ).out.endswith("2026-10-24T02:30:00+02:00  2026-10-24T00:30:00Z\n")
    assert len(mainspring("schedule", "preview", "nightly", "--json").json) == 5
    never = mainspring("schedule", "preview", "nightly", "--from", "2026-01-01T03:00", "--to", "2026-01-01T04:00")
    assert (never.code, never.out) == (0, "")
    assert "schedule sales:nightly is not due then" in never.err


def test_what_a_schedule_without_a_function_asks_for_needs_no_code(mainspring: Command, orders: Orders) -> None:
    (orders.folder / "orders.py").unlink()
    (row,) = mainspring("schedule", "preview", "hourly", "--count", "1", "--evaluate", "--json").json

    assert row["outcome"] == "evaluated"
    (request,) = row["requests"]
    assert (request["job"], request["mode"], request["tags"]) == ("ingest", "dev", {"team": "data", "often": "yes"})


@pytest.mark.integration
@pytest.mark.slow
def test_what_its_function_asks_for_is_evaluated_in_processes_of_its_own(mainspring: Command, orders: Orders) -> None:
    words = ["schedule", "preview", "nightly", "--from", "2026-10-24", "--to", "2026-10-27", "--evaluate"]
    asks, skips, fails = mainspring(*words, "--json").json

    (request,) = asks["requests"]
    assert request == {
        "run_key": "2026-10-24",
        "is_known": False,
        "job": "ingest",
        "mode": "prod",
        "tags": {"team": "data"},
        "config": {"ops": {}},
        "partition_key": None,
        "priority": 0,
    }
    assert asks["logs"]["stdout"] == "it is 2026-10-24T02:30:00+02:00\n"
    assert (skips["outcome"], skips["skip_reason"], skips["requests"]) == ("evaluated", "holiday", [])
    assert (fails["outcome"], fails["error"]["message"]) == ("failed", "the calendar ends here")
    page = mainspring(*words).out
    assert "ValueError: the calendar ends here" in page
    assert "holiday" in page
    assert mainspring("run", "list", "--json").json == []
    assert mainspring("schedule", "ticks", "nightly", "--json").json == []

    (orders.folder / "orders.py").write_text("1 / 0\n")
    assert "location 'sales' is FAILED: " in mainspring(*words).complaint


def test_ticks_are_listed_page_by_page_and_shown_whole(mainspring: Command, orders: Orders) -> None:
    error = {"type": "ValueError", "message": "no \x1b[31m", "traceback": "  in f\n", "cause": None}
    with orders.open() as instance:
        seen(instance.storage, "nightly", "schedule")
        ticked(
            instance.storage,
            "nightly",
            TickStatus.FAILED,
            scheduled_time=NOW,
            reason="ValueError: no \x1b[31m",
            attempts=2,
            detail={
                "error": error,
                "logs": {"stdout": "hello\n"},
                "failures": [{"at": NOW, "error": error}],
                "tried_again_at": NOW + 5,
            },
        )
        ticked(instance.storage, "nightly", TickStatus.MISSED, scheduled_time=NOW + 60, since=NOW + 30, count=2)
        ticked(instance.storage, "nightly", TickStatus.OVERLAP, scheduled_time=NOW + 90)
    rows = mainspring("schedule", "ticks", "nightly", "--json").json

    assert [each["status"] for each in rows] == ["OVERLAP", "MISSED", "FAILED"]
    assert rows[2]["detail"]["error"] == error
    assert (rows[1]["since"], rows[1]["scheduled_time"], rows[1]["count"]) == (
        "2027-01-15T00:00:30.000Z",
        "2027-01-15T00:01:00.000Z",
        2,
    )
    page = mainspring("schedule", "ticks", "nightly", "--limit", "2")
    assert "2027-01-15T00:00:30Z to 2027-01-15T00:01:00Z" in page.out
    assert f"the next page begins with --before {rows[1]['tick_id']}" in page.err
    rest = mainspring("schedule", "ticks", "nightly", "--before", str(rows[1]["tick_id"]), "--json").json
    assert rest == rows[2:]
    assert mainspring("schedule", "ticks", "nightly", "--status", "missed", "--json").json == rows[1:2]

    whole = mainspring("schedule", "ticks", "nightly", "--id", str(rows[2]["tick_id"]))
    assert whole.code == 0
    for part in ("ValueError: no \\x1b[31m", "in f", "hello", "earlier failure, 2027-01-15T00:00:00.000Z", "attempts"):
        assert part in whole.out
    assert "\x1b" not in whole.out
    assert mainspring("schedule", "ticks", "nightly", "--id", str(rows[2]["tick_id"]), "--json").json == rows[2]
    other = mainspring("schedule", "ticks", "hourly", "--id", str(rows[2]["tick_id"]))
    assert f"there is no tick {rows[2]['tick_id']} of schedule sales:hourly" in other.complaint
    assert "has no such tick" in mainspring("schedule", "ticks", "hourly").err


def test_run_keys_of_schedules_are_listed_and_cleared_too(mainspring: Command, orders: Orders) -> None:
    assert mainspring("schedule", "keys", "nightly", "--json").json == []
    outcome = mainspring("schedule", "clear-key", "nightly", "2026/a.csv")

    assert outcome.code == 1
    assert "schedule sales:nightly has never asked for run key '2026/a.csv'" in outcome.complaint
