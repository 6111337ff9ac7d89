"""Kill -9 the processes of a code location, at named points and at random moments: runs end once, and nothing is left.

Half of the kills of `make crash` are these; here it is fewer, and each point is tried on one of the databases. The seed is
printed; set it in CRASH_SEED to see a history again.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

import mainspring as ms
from mainspring.execute import RunOptions
from mainspring.execute.recorded_job import find_recorded_job, queue_recorded
from mainspring.run import Run
from mainspring.storage import RunQuery
from mainspring.testing.crash import POINTS, CrashDriver, Kind
from tests.crash.amount import KILLS, SEED, chosen

pytestmark = [pytest.mark.slow, pytest.mark.integration]

FEW = 4
LOCATION_POINTS = tuple(name for kind in (Kind.CODE, Kind.EVALUATOR, Kind.WORKER, Kind.STEP) for name in POINTS[kind])
WEIGHTS = {Kind.WORKER: 8, Kind.EVALUATOR: 2, Kind.CODE: 1, Kind.FRONT: 1}

CODE = """
import mainspring as ms
from mainspring.testing.crash import witness

@ms.op
def see(context: ms.OpContext) -> int:
    with witness(context):
        return 1

@ms.op
def add(number: int) -> int:
    return number + 1

@ms.job
def seen():
    add(see())

@ms.sensor(job=seen, every=1, default_status="running")
def nothing():
    return ms.SkipReason("nothing")

defs = ms.Definitions(jobs=[seen], sensors=[nothing])
"""


class Queue:
    """Queues runs of the home's one job."""

    def __init__(self, driver: CrashDriver) -> None:
        self.instance = driver.instance
        self.queued: list[Run] = []

    def add(self, count: int) -> None:
        job = find_recorded_job(self.instance.storage, "seen")
        self.queued += [queue_recorded(job, None, RunOptions(), instance=self.instance) for _ in range(count)]

    def add_some(self, dice: random.Random) -> None:
        self.add(dice.randint(1, 3))

    def check(self) -> Counter[str]:
        """Check that each run has ended, and that none has failed but for the death of its worker."""
        runs = self.instance.storage.runs.find(RunQuery(limit=1_000_000))
        assert {run.run_id for run in runs} == {run.run_id for run in self.queued}
        for run in runs:
            assert run.status is ms.RunStatus.SUCCESS or "is gone" in (run.reason or "") or "died" in (run.reason or "")
        return Counter(run.status.value for run in runs)


@pytest.fixture
def home(tmp_path: Path, storage_url: str) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    (home / "defs.py").write_text(CODE, encoding="utf-8")
    toml = f'[instance]\nstorage = "{storage_url}"\n[[location]]\nname = "seen"\nfile = "defs.py"\n'
    (home / "mainspring.toml").write_text(toml, encoding="utf-8")
    return home


def test_each_named_point(home: Path, storage_url: str, tell: Callable[[str], None]) -> None:
    points = chosen(LOCATION_POINTS, storage_url)
    with CrashDriver(home, seed=SEED, tell=tell) as driver:
        queue = Queue(driver)
        for point in points:
            driver.at_point(point, lambda: queue.add(3))
        driver.settle()
        driver.end()
        tally = queue.check()

    assert tally["SUCCESS"] >= 2 * len(points)
    assert tally["FAILURE"] >= len(points) // 3  # those that died with their run in hand


def test_random_moments(home: Path, tell: Callable[[str], None]) -> None:
    with CrashDriver(home, seed=SEED, tell=tell) as driver:
        queue = Queue(driver)
        driver.at_random(-(-KILLS // 2) or FEW, queue.add_some, WEIGHTS)
        driver.settle()
        driver.end()
        tally = queue.check()

    assert tally["SUCCESS"] > 0
    assert sum(tally.values()) == len(queue.queued)
