"""Kill -9 the processes of a code location, at named points and at random moments: runs end once, and nothing is left.

`make crash` kills two hundred; here it is fewer. The seed is printed; set it in CRASH_SEED to see a history again.
"""

from __future__ import annotations

import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

import mainspring as ms
from mainspring.component import launcher_of
from mainspring.daemon.daemon import Daemon
from mainspring.execute import RunOptions, find_run, settle_dead
from mainspring.execute.recorded_job import find_recorded_job, queue_recorded
from mainspring.location.address import socket_path
from mainspring.location.client import LocationClient
from mainspring.location.evaluation import ask_sensor
from mainspring.location.spec import location_specs
from mainspring.run import Run
from mainspring.runtime import runtime_folder

pytestmark = [pytest.mark.slow, pytest.mark.integration]

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("CRASH_KILLS", "12"))
PATIENCE_SECONDS = 60.0

POINTS = [
    "worker.ready",
    "run.claim",
    "run.claimed",
    "step.start",
    "step.output",
    "step.end",
    "events.flush",
    "events.flushed",
    "code.fork",
    "code.forked",
    "evaluator.begin",
    "evaluator.end",
]

CODE = """
import json, os
import mainspring as ms

@ms.op
def witness(context: ms.OpContext) -> int:
    target = os.open("witness", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(target, f"{context.run_id} {context.attempt}\\n".encode())
    os.close(target)
    return 1

@ms.op
def add(number: int) -> int:
    return number + 1

@ms.job
def seen():
    add(witness())

@ms.sensor(job=seen)
def nothing():
    return ms.SkipReason("nothing")

defs = ms.Definitions(jobs=[seen], sensors=[nothing])
"""


class Deployment:
    """A daemon with one location, whose processes are killed while it works."""

    def __init__(self, home: Path, storage: str) -> None:
        self.home = home
        home.mkdir()
        (home / "defs.py").write_text(CODE, encoding="utf-8")
        toml = f'[instance]\nstorage = "{storage}"\n[[location]]\nname = "seen"\nfile = "defs.py"\n'
        (home / "mainspring.toml").write_text(toml, encoding="utf-8")
        self.instance = ms.Instance.open(home)
        assert self.instance.settings is not None
        specs = location_specs(self.instance.settings, home)
        self.loaded = threading.Event()
        launcher = launcher_of(self.instance, home)
        self.daemon = Daemon(
            self.instance, home, specs, launcher, lambda run: (), self._look, "tests.crash.location_points:point"
        )
        self.thread = threading.Thread(target=self.daemon.run)
        self.thread.start()
        assert self.loaded.wait(PATIENCE_SECONDS)

    def _look(self) -> None:
        found = self.instance.storage.locations.get("seen")
        if found is not None and found.status == "LOADED":
            self.loaded.set()

    def close(self) -> None:
        self.daemon.stop()
        self.thread.join(PATIENCE_SECONDS)
        self.instance.close()

    def doom(self, point: str) -> None:
        (self.home / "doom").write_text(point, encoding="utf-8")

    def is_doomed(self) -> bool:
        return (self.home / "doom").exists()

    def queue(self) -> Run:
        job = find_recorded_job(self.instance.storage, "seen")
        return queue_recorded(job, None, RunOptions(), instance=self.instance)

    def evaluate(self) -> None:
        """Evaluate a few times; what comes of it is up to what is killed."""
        client = LocationClient("seen", f"unix:{socket_path(self.home, 'seen')}")
        with suppress(ms.MainspringError):
            list(client.evaluate([ask_sensor(str(index), "nothing", 10.0) for index in range(5)]))
        client.close()

    def processes(self) -> dict[str, list[psutil.Process]]:
        """Return the processes of the location by what they are."""
        found: dict[str, list[psutil.Process]] = {"front": [], "code": [], "fork": []}
        for each in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                line = " ".join(each.cmdline())
                kind = "front" if "location.front.main" in line else "code" if "location.loaded" in line else None
                parent = each.parent()
                if kind == "code" and parent is not None and "location.loaded" in " ".join(parent.cmdline()):
                    kind = "fork"
                if kind is not None:
                    found[kind].append(each)
        return found

    def ended(self, run: Run) -> Run:
        """Wait until a run is over; whoever sees that its worker has died records that first."""
        found = run
        for _ in range(int(PATIENCE_SECONDS / 0.02)):
            found = find_run(self.instance, run.run_id)
            if found.status in (ms.RunStatus.STARTED, ms.RunStatus.CANCELING):
                with suppress(ms.MainspringError):
                    found = settle_dead(self.instance, found)
            if found.status.is_final:
                return found
            self.instance.clock.wait(threading.Event(), 0.02)
        raise AssertionError(f"run {found.run_id} is still {found.status}")

    def check_books(self, runs: list[Run]) -> Counter[str]:
        """Check that each run has ended, that its op was executed once at most, and once where it succeeded."""
        ended = [self.ended(run) for run in runs]
        lines = (self.home / "witness").read_text().split("\n")[:-1] if (self.home / "witness").exists() else []
        assert len(lines) == len(set(lines)), "an attempt was executed twice"
        witnessed = {line.partition(" ")[0] for line in lines}
        for run in ended:
            assert run.status is not ms.RunStatus.SUCCESS or run.run_id in witnessed
            assert run.status is ms.RunStatus.SUCCESS or "died while it carried out the run" in (run.reason or "")
        return Counter(run.status.value for run in ended)


@pytest.fixture
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, storage_url: str) -> Iterator[Deployment]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    before = {each.pid for each in psutil.Process().children(recursive=True)}
    deployment = Deployment(tmp_path / "home", storage_url)
    yield deployment
    deployment.close()
    left = [each for each in psutil.Process().children(recursive=True) if each.pid not in before]
    _, alive = psutil.wait_procs(left, timeout=10)
    assert not alive, "a process is left behind"
    assert not list(runtime_folder(tmp_path / "home").glob("*.sock")), "a socket is left behind"


def test_each_named_point(deployment: Deployment) -> None:
    runs: list[Run] = []
    for point in POINTS:
        deployment.doom(point)
        runs += [deployment.queue() for _ in range(3)]
        if point.startswith("evaluator"):
            deployment.evaluate()
        for run in runs[-3:]:
            deployment.ended(run)
        assert not deployment.is_doomed(), f"{point} was never reached"
    tally = deployment.check_books(runs)

    assert tally["SUCCESS"] >= 2 * len(POINTS)
    assert tally["FAILURE"] >= 5  # those that died with their run in hand


def test_random_moments(deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    seed = int(os.environ.get("CRASH_SEED") or random.SystemRandom().randrange(2**32))
    with capsys.disabled():
        print(f"\nCRASH_SEED={seed}, {KILLS} kills", end=" ")  # noqa: T201 - to see a history again
    dice = random.Random(seed)
    runs: list[Run] = []
    killed: Counter[str] = Counter()
    while sum(killed.values()) < KILLS:
        runs += [deployment.queue() for _ in range(dice.randint(1, 4))]
        if dice.random() < 0.3:
            deployment.evaluate()
        deployment.instance.clock.wait(threading.Event(), dice.random() * 0.08)
        kind = dice.choice(["front", "code", "fork", "fork", "fork"])
        victims = deployment.processes()[kind]
        if victims:
            with suppress(psutil.Error):
                dice.choice(victims).send_signal(signal.SIGKILL)
                killed[kind] += 1
        if dice.random() < 0.4:
            deployment.ended(runs[-1])
    tally = deployment.check_books(runs)
    with capsys.disabled():
        print(dict(killed), dict(tally), end=" ")  # noqa: T201 - the tally

    assert tally["SUCCESS"] > 0
    assert sum(tally.values()) == len(runs)
