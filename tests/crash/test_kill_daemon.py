"""Kill -9 daemons, and all that they start, at named points and at random moments: the books balance, nothing is left.

`make crash` kills two thousand on each database; here it is fewer, and each point is tried on one of the databases. The
seed is printed; CRASH_SEED repeats a history.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mainspring.testing.crash import POINTS, CrashDriver, Kind
from tests.crash.amount import KILLS, SEED, chosen
from tests.crash.home import MORE, Home

pytestmark = [pytest.mark.slow, pytest.mark.integration]

FEW = 2
PATIENCE_SECONDS = 400.0
"""Longer than a sensor is left alone at the most whose evaluators were killed one after the other."""
MANY = 120
"""How many files arrive at a time: more than one tick queues by itself."""


@pytest.fixture
def home(tmp_path: Path, storage_url: str) -> Home:
    return Home(tmp_path / "home", storage_url)


def test_each_named_point(tmp_path: Path, storage_url: str, tell: Callable[[str], None]) -> None:
    """Scars: D#17344, D#29792, D#6941, D#33438; STARTING written and then dead; two daemons after a deploy."""
    home = Home(tmp_path / "home", storage_url, MORE)
    with CrashDriver(home.folder, seed=SEED, tell=tell) as driver:
        provoke: dict[str, Callable[[], object]] = {
            "location": lambda: driver.kill_one(Kind.FRONT),
            "outbox": lambda: home.arrive(MANY),
            "items": lambda: home.arrive(1, "parts"),
            "attempt": lambda: driver.kill_one(Kind.WORKER),
            "retention": lambda: driver.kill_one(Kind.DAEMON),
        }
        for point in chosen(POINTS[Kind.DAEMON], storage_url):
            if point.startswith("launch.requeue"):
                driver.at_point("launch.claimed", lambda: home.arrive(1))  # which is a launch that comes to nothing
            driver.at_point(point, provoke.get(point.partition(".")[0], lambda: home.arrive(2)))
        driver.settle(lambda: home.is_done(driver.instance.storage))
        driver.end()
        tally = home.check(driver)

    assert tally["SUCCESS"] > sum(home.arrived.values()) / 2


@pytest.mark.parametrize("count", [1, 2, 3])
def test_random_moments(home: Home, count: int, tell: Callable[[str], None]) -> None:
    """Scars: D#33962, W#2773, W#4445. One daemon, or several at a time on one storage."""
    with CrashDriver(home.folder, count, SEED, patience_seconds=PATIENCE_SECONDS, tell=tell) as driver:
        driver.pause(1)
        driver.at_random(-(-KILLS // 6) or FEW, home.work)
        driver.settle(lambda: home.is_done(driver.instance.storage))
        driver.end()
        tally = home.check(driver)

    assert tally["SUCCESS"] >= home.arrived["arrived"]
