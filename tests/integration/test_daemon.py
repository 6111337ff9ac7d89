"""The daemon as people run it: slow sensors, a great many requests, SIGTERM, a database that goes away."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import mainspring as ms
from mainspring.storage import RunQuery, Storage, Tick, TickQuery, TickStatus
from tests.postgres.server import PostgresServer, installations, running_server

pytestmark = [pytest.mark.slow, pytest.mark.integration]

PATIENCE_SECONDS = 90.0

HEAD = """
import os, time
import mainspring as ms

@ms.op
def one() -> int:
    return 1

@ms.job
def job():
    one()
"""


class Home:
    """A home with one location, and a daemon in a process of its own."""

    def __init__(self, folder: Path, code: str, settings: str = "") -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "defs.py").write_text(HEAD + code, encoding="utf-8")
        toml = f'{settings}\n[[location]]\nname = "here"\nfile = "defs.py"\n'
        (folder / "mainspring.toml").write_text(toml, encoding="utf-8")
        self.instance = ms.Instance.open(folder)
        self.process: subprocess.Popen[str] | None = None

    @property
    def storage(self) -> Storage:
        return self.instance.storage

    def start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "mainspring", "daemon", "run", "--home", str(self.folder)]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        return self.process

    def ticks(self, name: str) -> list[Tick]:
        return self.storage.automations.ticks(TickQuery(location="here", automation=name, limit=10_000))

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds."""
        for _ in range(int(PATIENCE_SECONDS / 0.05)):
            try:
                if holds():
                    return
            except ms.MainspringError:
                pass
            self.instance.clock.wait(threading.Event(), 0.05)
        raise AssertionError("it has not come to hold")

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
        self.instance.close()


@pytest.fixture
def make_home(tmp_path: Path) -> Iterator[Callable[..., Home]]:
    homes: list[Home] = []

    def make(code: str, settings: str = "") -> Home:
        homes.append(Home(tmp_path / f"home{len(homes)}", code, settings))
        return homes[-1]

    yield make
    for home in homes:
        home.close()


SLOW = """
@ms.sensor(job=job, every=1, deadline=600, default_status="running")
def slow(context):
    time.sleep(600)

def quick_sensor(number):
    return ms.sensor(job=job, every=1, name=f"quick_{number}", default_status="running")(lambda: ms.SkipReason("none"))

each_second = ms.Schedule(name="each_second", job=job, every=1, default_status="running")
defs = ms.Definitions(jobs=[job], schedules=[each_second], sensors=[slow, *map(quick_sensor, range(30))])
"""


def test_a_sensor_that_takes_ten_minutes_holds_up_nobody(make_home: Callable[..., Home]) -> None:
    """Scars: D#4333, D#16230, D#20618, D#14830, D#30697."""
    home = make_home(SLOW)
    home.start()
    home.until(lambda: all(sum(tick.count for tick in home.ticks(f"quick_{number}")) >= 4 for number in range(30)))
    home.until(lambda: len(home.ticks("each_second")) >= 4)

    assert home.ticks("slow") == []


MANY = """
@ms.sensor(job=job, every=3600, deadline=300, default_status="running")
def many(context):
    for number in range(100_000):
        yield ms.RunRequest(f"key {number}", tags={"number": str(number)})

@ms.sensor(job=job, every=3600, default_status="running")
def long_cursor(context):
    context.set_cursor("x" * 10_000_000)

@ms.sensor(job=job, every=3600, default_status="running")
def odd(context):
    yield "run it"

defs = ms.Definitions(jobs=[job], sensors=[many, long_cursor, odd])
"""


def test_a_hundred_thousand_requests_hold_up_no_writer(make_home: Callable[..., Home]) -> None:
    """They are committed at once, and queued in parts; what is no request or too long fails its own tick only."""
    home = make_home(MANY, "[instance.queue]\nmax_concurrent_runs = 1")
    home.start()
    home.until(lambda: bool(home.ticks("many")))
    assert home.ticks("many")[0].status is TickStatus.REQUESTED
    home.until(lambda: home.ticks("many")[0].requested > 1000)
    for name, said in (("long_cursor", "cursor"), ("odd", "'run it'")):
        (tick,) = home.ticks(name)
        assert tick.status is TickStatus.FAILED
        assert said in (tick.reason or "")
    home.until(lambda: len(home.storage.runs.find(RunQuery(statuses=(ms.RunStatus.SUCCESS,)))) > 2)


DRAINED = """
@ms.schedule(job=job, every=1, default_status="running")
def takes_its_time(context):
    open("evaluating", "w").close()
    time.sleep(2)
    return ms.RunRequest()

defs = ms.Definitions(jobs=[job], schedules=[takes_its_time])
"""


def test_who_is_told_to_end_commits_what_is_under_way(make_home: Callable[..., Home]) -> None:
    home = make_home(DRAINED)
    process = home.start()
    home.until((home.folder / "evaluating").exists)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=15)

    assert process.returncode == 0, said
    assert "the daemon has ended" in said
    assert [tick.status for tick in home.ticks("takes_its_time")][:1] == [TickStatus.REQUESTED]
    assert home.storage.duties.leases() == []
    assert home.storage.duties.heartbeats() == []


HUNG = """
@ms.schedule(job=job, every=1, default_status="running")
def never_ends(context):
    open("evaluating", "w").close()
    time.sleep(600)

defs = ms.Definitions(jobs=[job], schedules=[never_ends])
"""


def test_who_is_told_to_end_waits_for_no_evaluation_that_hangs(make_home: Callable[..., Home]) -> None:
    home = make_home(HUNG)
    process = home.start()
    home.until((home.folder / "evaluating").exists)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)

    assert process.returncode == 0, said
    assert home.ticks("never_ends") == []
    assert home.storage.duties.leases() == []


OUTAGE = """
each_second = ms.Schedule(name="each_second", job=job, every=1, catch_up="all", default_status="running")
defs = ms.Definitions(jobs=[job], schedules=[each_second])
"""


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """Give a server that a test may stop."""
    with running_server(next(iter(installations().values()))) as server:
        yield server


def test_a_database_that_goes_away_and_comes_back(make_home: Callable[..., Home], own_server: PostgresServer) -> None:
    """Scars: D#16643, D#4001. The daemon says so and goes on; no time is lost or decided twice."""
    own_server.execute("CREATE DATABASE away")
    home = make_home(OUTAGE, f'[instance]\nstorage = "{own_server.url("away")}"')
    process = home.start()
    home.until(lambda: len(home.ticks("each_second")) >= 2)
    own_server.stop()
    home.instance.clock.wait(threading.Event(), 5.0)
    assert process.poll() is None
    own_server.start()
    home.until(lambda: len(home.ticks("each_second")) >= 9)
    ticks = [tick for tick in home.ticks("each_second") if tick.scheduled_time is not None]
    times = sorted(tick.scheduled_time or 0.0 for tick in ticks)

    assert len(set(times)) == len(times)
    assert {tick.status for tick in ticks} == {TickStatus.REQUESTED}
    assert all(tick.requested == 1 for tick in ticks)


def test_what_fills_an_empty_database_is_not_kept_in_memory(tmp_path: Path) -> None:
    (tmp_path / "mainspring.toml").write_text("", encoding="utf-8")
    command = [sys.executable, "-X", "importtime", "-m", "mainspring", "daemon", "run", "--home", str(tmp_path)]
    said: list[str] = []
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line)
            if "is at work" in line:
                process.terminate()

    assert process.returncode == 0
    assert any("sqlalchemy" in line for line in said)
    assert not any("alembic" in line for line in said)
