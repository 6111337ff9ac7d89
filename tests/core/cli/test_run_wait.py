"""Runs that wait: what for, and which of them first."""

from typing import Any

import pytest
from attrs import evolve

from mainspring.event import Event, RunQueued, RunStarting
from mainspring.run import Run, RunStatus
from mainspring.storage import LocationStatus, TickStatus
from tests.core.cli.automations import NOW, Orders, asked, offer, seen, ticked
from tests.core.cli.command import Command, Write
from tests.core.cli.test_daemon_status import tells

NOBODY = "a daemon, of which none is at work (`mainspring daemon` starts one)"


def queue(orders: Orders, *runs: Run) -> None:
    with orders.open() as instance:
        for run in runs:
            event = Event(run_id=run.run_id, run_attempt=1, fact=RunQueued(), timestamp=NOW)
            instance.storage.runs.create(run, [event])


def waits_for(mainspring: Command, run_id: str) -> Any:
    return mainspring("run", "show", run_id, "--json").json["waits_for"]


def test_a_run_waits_for_a_daemon(mainspring: Command, orders: Orders) -> None:
    queue(orders, asked("run-1", "uploads"))

    assert waits_for(mainspring, "run-1") == [NOBODY]
    assert f"waits for   {NOBODY}" in mainspring("run", "show", "run-1").out
    tells(orders)
    assert waits_for(mainspring, "run-1") == []


def test_a_run_waits_for_its_location(mainspring: Command, orders: Orders) -> None:
    tells(orders)
    queue(orders, asked("run-1", "uploads"), evolve(asked("run-2", "uploads"), location="stock"))
    with orders.open() as instance:
        offer(instance.storage, orders.file, status=LocationStatus.FAILED, error="ValueError: no\nmore")

    assert waits_for(mainspring, "run-1") == ["location sales, which is FAILED: ValueError: no"]
    assert waits_for(mainspring, "run-2") == ["location stock, which nobody has opened yet"]


def test_a_run_waits_for_others_by_the_rules_of_the_queue(mainspring: Command, orders: Orders, write: Write) -> None:
    tells(orders)
    settings = (orders.folder / "mainspring.toml").read_text("utf-8")
    write("mainspring.toml", f'{settings}\n[[instance.queue.limits]]\ntag = "team"\nlimit = 1\n')
    first = asked("run-1", "uploads", tags={"team": "data"})
    queue(orders, first, asked("run-2", "uploads", tags={"team": "data"}))
    with orders.open() as instance:
        begun = Event(run_id="run-1", run_attempt=1, fact=RunStarting(), timestamp=NOW)
        instance.storage.events.record("run-1", 1, [begun])

    assert waits_for(mainspring, "run-2") == ["one of the 1 runs with tag team to end (limit = 1)"]
    assert waits_for(mainspring, "run-1") == []


def test_what_has_asked_for_a_run_is_shown_and_its_runs_are_found(mainspring: Command, orders: Orders) -> None:
    with orders.open() as instance:
        seen(instance.storage, "uploads", "sensor")
        tick = ticked(instance.storage, "uploads", TickStatus.REQUESTED, asked("run-1", "uploads", "2026/a.csv"))
    queue(orders, asked("run-2", "hourly"), evolve(asked("run-3", "uploads"), location="stock"))

    document = mainspring("run", "show", "run-1", "--json").json
    assert (document["automation"], document["tick_id"]) == ("uploads", tick.tick_id)
    assert f"sales:uploads, tick {tick.tick_id}" in mainspring("run", "show", "run-1").out

    def found(automation: str) -> list[str]:
        rows = mainspring("run", "list", "--automation", automation, "--json").json
        return [each["run_id"] for each in rows]

    assert found("uploads") == ["run-3", "run-1"]
    assert found("sales:uploads") == ["run-1"]
    assert found("nothing") == []
    assert "--automation is not UTF-8 text" in mainspring("run", "list", "--automation", "\udcff").complaint


def test_a_run_that_waits_can_be_put_first_or_last(mainspring: Command, orders: Orders) -> None:
    queue(orders, asked("run-1", "uploads"), asked("run-2", "uploads"))
    assert mainspring("run", "priority", "run-2", "5").out == "run run-2 has priority 5, and had 0\n"
    assert mainspring("run", "priority", "last", "-7").out == "run run-2 has priority -7, and had 5\n"

    assert mainspring("run", "show", "run-2", "--json").json["priority"] == -7
    assert "priority    -7" in mainspring("run", "show", "run-2").out
    last, _ = mainspring("instance", "audit", "--json").json
    assert (last["action"], last["subject"]) == ("run priority", "run:run-2")
    assert last["detail"] == {"priority": -7, "before": 5}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["run-1", "5"], 1, "run run-1 is STARTING; only a run that is QUEUED has a priority to change"),
        (["run-9", "5"], 1, "there is no run 'run-9'"),
        (["run-1", "high"], 2, "'high' is not a valid integer"),
        (["run-1", str(2**31)], 2, "is not in the range"),
    ],
)
def test_a_priority_that_cannot_be_is_refused(
    mainspring: Command, orders: Orders, words: list[str], code: int, said: str
) -> None:
    queue(orders, asked("run-1", "uploads"))
    with orders.open() as instance:
        begun = Event(run_id="run-1", run_attempt=1, fact=RunStarting(), timestamp=NOW)
        instance.storage.events.record("run-1", 1, [begun])
        found = instance.storage.runs.get("run-1")
    assert found is not None
    assert found.status is RunStatus.STARTING

    outcome = mainspring("run", "priority", *words)
    assert outcome.code == code
    assert said in outcome.complaint
    assert mainspring("instance", "audit", "--json").json == []
