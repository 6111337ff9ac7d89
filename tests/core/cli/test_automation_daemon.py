"""What is switched and set on the command line is taken up by a daemon at work, at once."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.core.cli.automations import ORDERS, SETTINGS
from tests.core.cli.command import Command, Write
from tests.core.cli.processes import start

PATIENCE_SECONDS = 60.0
CRASHING = """
@ms.sensor(job=ingest, every=1)
def crashing(context: ms.SensorContext):
    import os
    os._exit(3)


"""
FREQUENT = 'secondly = ms.Schedule(name="secondly", job=ingest, every=1)\n'

pytestmark = [pytest.mark.integration, pytest.mark.slow]


class AtWork:
    """A daemon at work."""

    def __init__(self, home: Path) -> None:
        self.process = start(home, "daemon", "run", "--log-format", "json", "--poll", "0.2")

    def until(self, look: Callable[[], Any]) -> Any:
        """Wait until something is so, and return it."""
        for _ in range(int(PATIENCE_SECONDS / 0.1)):
            found = look()
            if found:
                return found
            assert self.process.poll() is None, self.process.communicate()
            threading.Event().wait(0.1)
        raise AssertionError("it never became so")

    def close(self) -> list[dict[str, str]]:
        """End it, and return what it has said."""
        self.process.terminate()
        _, said = self.process.communicate(timeout=PATIENCE_SECONDS)
        return [json.loads(line) for line in said.splitlines()]


@pytest.fixture
def at_work(write: Write, tmp_path: Path, mainspring: Command) -> Iterator[AtWork]:
    write("mainspring.toml", SETTINGS)
    write(
        "orders.py",
        ORDERS.replace("defs =", f"{FREQUENT}{CRASHING}defs =")
        .replace("hourly]", "hourly, secondly]")
        .replace("quiet]", "quiet, crashing]"),
    )
    daemon = AtWork(tmp_path)
    try:
        daemon.until(lambda: mainspring("sensor", "list", "--json").json)
        yield daemon
    finally:
        if daemon.process.poll() is None:
            daemon.close()


def test_a_daemon_takes_up_what_is_switched_set_and_cleared(mainspring: Command, at_work: AtWork) -> None:
    status = at_work.until(lambda: _healthy(mainspring))
    assert [each["locations"] for each in status["daemons"]] == [["sales"]]

    mainspring("sensor", "start", "uploads")
    (tick,) = at_work.until(lambda: _ticks(mainspring, "sensor", "uploads", "REQUESTED"))
    assert tick["requested"] == 2
    whole = mainspring("sensor", "ticks", "uploads", "--id", str(tick["tick_id"]), "--json").json
    runs = mainspring("run", "list", "--automation", "sales:uploads", "--json").json
    assert {each["run_id"] for each in runs} == set(whole["detail"]["run_ids"])
    assert {each["tick_id"] for each in runs} == {tick["tick_id"]}
    known = mainspring("sensor", "preview", "uploads", "--cursor", "", "--json").json  # through the daemon's own front
    assert [each["is_known"] for each in known["requests"]] == [True, True]

    mainspring("sensor", "clear-key", "uploads", "2026/b.csv")
    mainspring("sensor", "cursor", "uploads", "--set", "2026/a.csv")
    again = at_work.until(lambda: _ticks(mainspring, "sensor", "uploads", "REQUESTED")[1:])
    assert len(again) == 1
    assert len(mainspring("run", "list", "--automation", "uploads", "--json").json) == 3

    mainspring("schedule", "start", "secondly")
    at_work.until(lambda: _ticks(mainspring, "schedule", "secondly", "REQUESTED"))
    mainspring("schedule", "stop", "secondly")
    runs = mainspring("run", "list", "--automation", "secondly", "--json").json
    latest = mainspring("schedule", "show", "secondly", "--json").json
    assert (latest["status"], latest["next_at"]) == ("stopped", None)
    assert len(mainspring("run", "list", "--automation", "secondly", "--json").json) == len(runs)

    said = at_work.close()
    assert {"time", "level", "logger", "message"} == {name for each in said for name in each}
    assert "location sales is LOADED" in [each["message"] for each in said]
    assert mainspring("daemon", "status").code == 1


def test_a_sensor_that_crashes_keeps_its_cursor(mainspring: Command, at_work: AtWork) -> None:
    mainspring("sensor", "cursor", "crashing", "--set", "precious")
    mainspring("sensor", "start", "crashing")
    failed, *_ = at_work.until(lambda: _ticks(mainspring, "sensor", "crashing", "FAILED"))

    assert "exited with code 3" in failed["reason"]
    assert mainspring("sensor", "cursor", "crashing").out == '"precious"\n'


def test_what_nobody_has_told_it_of_is_taken_up_all_the_same(
    mainspring: Command, at_work: AtWork, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """As where the daemon is a service and has its sockets elsewhere."""
    elsewhere = tmp_path_factory.mktemp("s")
    elsewhere.chmod(0o700)
    monkeypatch.setenv("MAINSPRING_RUNTIME_DIR", str(elsewhere))

    mainspring("sensor", "start", "uploads")
    assert at_work.until(lambda: _ticks(mainspring, "sensor", "uploads", "REQUESTED"))


def _healthy(mainspring: Command) -> Any:
    outcome = mainspring("daemon", "status", "--json")
    return outcome.json if outcome.code == 0 else None


def _ticks(mainspring: Command, kind: str, name: str, status: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = mainspring(kind, "ticks", name, "--status", status, "--json").json
    return found
