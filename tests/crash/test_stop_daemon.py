"""Stop daemons for longer than their lease lasts, and let them go on: what another one has taken over is left alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mainspring.testing.crash import CrashDriver
from tests.crash.amount import KILLS, SEED
from tests.crash.home import Home

pytestmark = [pytest.mark.slow, pytest.mark.integration]

STOP_SECONDS = 15.0
"""Three times as long as a lease: the other daemon looks at it now and then only, and the machine may be busy."""


@pytest.fixture
def home(tmp_path: Path, storage_url: str) -> Home:
    return Home(tmp_path / "home", storage_url)


def lease_holder(driver: CrashDriver) -> int:
    """Return the process that decides the ticks of the home's one location."""
    (lease,) = driver.instance.storage.duties.leases()
    return int(json.loads(lease.identity)["pid"])


@pytest.mark.parametrize("point", ["tick.commit", "queue.admit"] if KILLS else ["tick.commit"])
def test_a_daemon_that_was_stopped_past_its_lease_changes_nothing_any_more(
    home: Home, point: str, tell: Callable[[str], None]
) -> None:
    """It goes on where it stood, with decisions in hand that another daemon has made meanwhile."""
    with CrashDriver(home.folder, 2, SEED, tell=tell) as driver:
        driver.pause(1)
        home.arrive(5)
        stopped = driver.at_point(point, stop_seconds=STOP_SECONDS)
        home.arrive(5)
        driver.pause(2)
        holder = lease_holder(driver)
        driver.settle(lambda: home.is_done(driver.instance.storage))
        driver.end()
        home.check(driver)

    assert stopped.how == "stopped"
    assert point != "tick.commit" or holder != stopped.pid, "it was taken over"


def test_a_daemon_that_was_stopped_at_any_moment(home: Home, tell: Callable[[str], None]) -> None:
    with CrashDriver(home.folder, 2, SEED, tell=tell) as driver:
        driver.pause(1)
        home.arrive(5)
        holder = lease_holder(driver)
        driver.stop_and_continue(holder, STOP_SECONDS)
        home.arrive(5)
        successor = lease_holder(driver)
        driver.settle(lambda: home.is_done(driver.instance.storage))
        driver.end()
        tally = home.check(driver)

    assert successor != holder
    assert tally["SUCCESS"] >= home.arrived["arrived"]
