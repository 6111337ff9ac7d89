"""The driver, on homes that keep what they promise and on homes that don't."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

import mainspring as ms
from mainspring.testing.crash import CrashDriver, CrashTestError, Kind
from mainspring.testing.crash.__main__ import main

pytestmark = [pytest.mark.slow, pytest.mark.integration]

WriteHome = Callable[[str], Path]

HEAD = """
import os
import mainspring as ms
from mainspring.testing.crash import witness

@ms.job
def seen():
    see()

@ms.schedule(job=seen, every=1, default_status="running")
def each_second(context):
    return ms.RunRequest()

defs = ms.Definitions(jobs=[seen], schedules=[each_second])
"""
SOUND = """
import mainspring as ms

@ms.op
def see(context: ms.OpContext) -> None:
    with witness(context):
        pass
"""
TWICE = """
import mainspring as ms

@ms.op
def see(context: ms.OpContext) -> None:
    for _ in range(2):
        with witness(context):
            pass
"""


@pytest.fixture
def write_home(tmp_path: Path) -> WriteHome:
    def write(code: str) -> Path:
        home = tmp_path / "home"
        home.mkdir()
        (home / "defs.py").write_text(f"{code}\n{HEAD}", encoding="utf-8")
        (home / "mainspring.toml").write_text('[[location]]\nname = "sales"\nfile = "defs.py"\n', encoding="utf-8")
        return home

    return write


def test_a_home_that_keeps_its_promises(write_home: WriteHome, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([str(write_home(SOUND)), "--kills", "2", "--seed", "1"]) == 0

    told = capfd.readouterr().err
    assert "seed 1, daemons: 1" in told
    assert "seed 1: 2 blows" in told
    assert "SUCCESS" in told


def test_an_op_that_is_executed_twice(write_home: WriteHome) -> None:
    with CrashDriver(write_home(TWICE), seed=1) as driver:
        driver.at_point("tick.committed")
        driver.settle()
        with pytest.raises(CrashTestError) as caught:
            driver.end()

    first, *others = str(caught.value).splitlines()
    assert "attempt 1 of step 'see' of run" in first
    assert "was executed 2 times" in first
    assert "seed 1" in str(others)
    assert others[-1].endswith("at tick.committed")


def test_a_location_that_cannot_be_loaded(write_home: WriteHome) -> None:
    with (
        pytest.raises(CrashTestError, match=r"^location 'sales' cannot be loaded: .*boom"),
        CrashDriver(write_home("raise ValueError('boom')"), patience_seconds=10),
    ):
        pass


def test_a_point_that_is_not_reached(write_home: WriteHome) -> None:
    with (
        CrashDriver(write_home(SOUND), patience_seconds=20) as driver,
        pytest.raises(CrashTestError, match=r"^outbox\.expand was never reached, though 20 s have passed"),
    ):
        driver.at_point("outbox.expand")


def test_a_point_that_there_is_not(write_home: WriteHome) -> None:
    with CrashDriver(write_home(SOUND)) as driver, pytest.raises(ms.MainspringError, match="no crash point 'tick'"):
        driver.at_point("tick")


def test_a_daemon_that_ends_by_itself(write_home: WriteHome) -> None:
    with CrashDriver(write_home(SOUND)) as driver:
        (pid,) = driver.processes(Kind.DAEMON)
        driver.stop_and_continue(pid, 0)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(CrashTestError, match=r"^daemon \d+ has ended by itself with code -9"):
            driver.at_point("outbox.expand")


def test_a_home_that_somebody_else_works_on_is_refused(write_home: WriteHome) -> None:
    home = write_home(SOUND)
    with (
        CrashDriver(home),
        pytest.raises(ms.MainspringError, match=r"a daemon is at work on .* already: .*; end it first"),
    ):
        CrashDriver(home).start()
