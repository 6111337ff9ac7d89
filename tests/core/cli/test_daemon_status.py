"""`mainspring daemon status`: who is at work, and what is wrong."""

import os
from pathlib import Path
from typing import Any

import attrs
import pytest

from mainspring.execute.worker import own_identity
from mainspring.run import WorkerIdentity
from mainspring.runtime import RUNTIME_VARIABLE
from mainspring.storage import Heartbeat
from tests.core.cli.automations import NOW, Orders
from tests.core.cli.command import Command, Write

HERE = own_identity(interruptible=False)


def tells(orders: Orders, identity: WorkerIdentity = HERE, daemon_id: str = "here", **changes: Any) -> None:
    """Have a daemon tell of itself, just now."""
    body = {
        "identity": attrs.asdict(identity),
        "began_at": NOW,
        "locations": ["sales"],
        "ticks": 1234,
        "last_tick_at": NOW,
        "evaluating": 2,
        "oldest_queued_at": NOW,
        "lag_seconds": 0.01,
        "error": None,
        **changes,
    }
    with orders.open() as instance:
        instance.storage.duties.beat(Heartbeat(daemon_id, 1, instance.clock.time(), body))


def test_a_healthy_daemon_is_shown(mainspring: Command, orders: Orders) -> None:
    tells(orders)
    page = mainspring("daemon", "status")
    tells(orders)
    document = mainspring("daemon", "status", "--json").json

    assert (page.code, page.err) == (0, "")
    assert "1,234" in page.out
    assert document["is_healthy"] is True
    assert document["problems"] == []
    (daemon,) = document["daemons"]
    assert daemon.pop("beat_at").endswith("Z")
    assert daemon == {
        "daemon_id": "here",
        "life": "alive",
        "host": HERE.host,
        "pid": os.getpid(),
        "began_at": "2027-01-15T00:00:00.000Z",
        "locations": ["sales"],
        "ticks": 1234,
        "last_tick_at": "2027-01-15T00:00:00.000Z",
        "evaluating": 2,
        "oldest_queued_at": "2027-01-15T00:00:00.000Z",
        "lag_seconds": 0.01,
        "error": None,
    }


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"locations": []}, "no daemon decides the schedules and sensors of location sales"),
        ({"lag_seconds": 7.5}, "daemon here woke 7.5 s late"),
        ({"error": "the disk is \x1b[31mfull"}, "daemon here: the disk is \\x1b[31mfull"),
    ],
)
def test_what_is_wrong_makes_it_end_with_1(
    mainspring: Command, orders: Orders, changes: dict[str, Any], said: str
) -> None:
    tells(orders, **changes)
    outcome = mainspring("daemon", "status")

    assert outcome.code == 1
    assert f"warning: {said}" in outcome.err
    tells(orders, **changes)
    document = mainspring("daemon", "status", "--json")
    assert (document.code, document.err, document.json["is_healthy"]) == (1, "", False)


def test_one_that_has_died_is_shown_once(mainspring: Command, orders: Orders) -> None:
    tells(orders, attrs.evolve(HERE, start_time=1), "dead")
    tells(orders)
    first = mainspring("daemon", "status", "--json")
    tells(orders)
    second = mainspring("daemon", "status", "--json")

    assert [(each["daemon_id"], each["life"]) for each in first.json["daemons"]] == [
        ("dead", "gone"),
        ("here", "alive"),
    ]
    assert [each["daemon_id"] for each in second.json["daemons"]] == ["here"]
    assert (first.code, second.code) == (0, 0)


def test_without_a_daemon_it_ends_with_1(mainspring: Command, orders: Orders) -> None:
    tells(orders, attrs.evolve(HERE, start_time=1), "dead")

    first, second = (mainspring("daemon", "status") for _ in range(2))
    assert (first.code, second.code) == (1, 1)
    assert "no daemon is at work (dead ended without a word); start `mainspring daemon`" in first.err
    assert "no daemon is at work; start `mainspring daemon`" in second.err


def test_a_home_in_which_nothing_was_ever_run_has_no_daemon(mainspring: Command, write: Write) -> None:
    write("mainspring.toml", "")
    outcome = mainspring("daemon", "status", "--json")

    assert outcome.code == 1
    assert outcome.json == {
        "is_healthy": False,
        "problems": ["no daemon is at work; start `mainspring daemon`"],
        "daemons": [],
    }


@pytest.mark.parametrize(
    "words", [["--poll", "0"], ["run", "--poll", "never"], ["run", "--log-format", "xml"], ["rum"]]
)
def test_wrong_usage_is_told(mainspring: Command, orders: Orders, words: list[str]) -> None:
    outcome = mainspring("daemon", *words)

    assert outcome.code == 2
    assert "see `mainspring daemon" in outcome.complaint


def test_options_before_a_command_are_its_defaults(mainspring: Command, orders: Orders) -> None:
    nowhere = str(orders.folder / "nowhere")

    assert "nowhere" in mainspring("daemon", "--home", nowhere, "status").complaint
    assert mainspring("daemon", "--home", nowhere, "status", "--home", str(orders.folder), "--json").json["problems"]


def test_a_folder_for_sockets_that_others_can_enter_is_refused_at_once(
    mainspring: Command, orders: Orders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "open to all").mkdir(mode=0o755)
    monkeypatch.setenv(RUNTIME_VARIABLE, str(tmp_path / "open to all"))
    outcome = mainspring("daemon", "run")

    assert outcome.code == 1
    assert "can be entered by others; remove it" in outcome.complaint
