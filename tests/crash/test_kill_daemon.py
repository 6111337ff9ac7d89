"""Kill -9 daemons at named points and at random moments: times, requests, runs and executions are each there once.

`make crash` kills two hundred times on each database; here it is fewer. The seed is printed; CRASH_SEED repeats a history.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

import mainspring as ms
from mainspring.component import launcher_of
from mainspring.definition.timing import Timing, due_times
from mainspring.run import Run
from mainspring.storage import RunQuery, Storage, Tick, TickQuery, TickStatus

pytestmark = [pytest.mark.slow, pytest.mark.integration]

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("CRASH_KILLS", "5"))
PATIENCE_SECONDS = 90.0
PATIENCE_A_FILE_SECONDS = 0.1
"""How much longer is waited for each file that has arrived: its run starts a process, while the machine does the same."""
MANY = 120
"""How many files arrive at a time: more than one tick queues by itself."""

POINTS = [
    "tick.commit",
    "tick.committed",
    "launch.claimed",
    "launch.acknowledged",
    "outbox.expand",
    "outbox.expanded",
]

CODE = """
import os
import mainspring as ms

@ms.op
def witness(context: ms.OpContext) -> int:
    target = os.open("witness", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(target, f"{context.run_id} {context.attempt}\\n".encode())
    os.close(target)
    return 1

@ms.job(retry=ms.RunRetryPolicy(max_retries=3))
def seen():
    witness()

@ms.schedule(job=seen, every=1, catch_up="all", default_status="running")
def each_second(context):
    return ms.RunRequest(tags={"due": str(context.scheduled_time.timestamp())})

@ms.sensor(job=seen, every=1, default_status="running")
def files(context):
    for name in sorted(os.listdir("arrived")):
        yield ms.RunRequest(run_key=name)

defs = ms.Definitions(jobs=[seen], schedules=[each_second], sensors=[files])
"""


class Deployment:
    """A home with daemons, and what came of them."""

    def __init__(self, home: Path, storage: str) -> None:
        self.home = home
        (home / "arrived").mkdir(parents=True)
        (home / "defs.py").write_text(CODE, encoding="utf-8")
        toml = f'[instance]\nstorage = "{storage}"\n[instance.queue]\nmax_concurrent_runs = 6\n'
        (home / "mainspring.toml").write_text(
            f'{toml}[[location]]\nname = "seen"\nfile = "defs.py"\n', encoding="utf-8"
        )
        self.instance = ms.Instance.open(home)
        self.daemons: list[subprocess.Popen[bytes]] = []
        self.arrived = 0

    @property
    def storage(self) -> Storage:
        return self.instance.storage

    def start(self) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "tests.crash.daemon_process", str(self.home)]
        with (self.home / "daemon.log").open("ab") as log:
            process = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=log)
        self.daemons.append(process)
        return process

    def arrive(self, count: int) -> None:
        for _ in range(count):
            self.arrived += 1
            (self.home / "arrived" / f"file-{self.arrived:05}").touch()

    def pause(self, seconds: float) -> None:
        self.instance.clock.wait(threading.Event(), seconds)

    def ticks(self, name: str) -> list[Tick]:
        return self.storage.automations.ticks(TickQuery(location="seen", automation=name, limit=100_000))

    def runs(self) -> list[Run]:
        return self.storage.runs.find(RunQuery(limit=100_000))

    def settle(self) -> None:
        """Wait until all that was asked for is done, but for the runs of the last seconds."""
        until = self.instance.clock.monotonic() + PATIENCE_SECONDS + PATIENCE_A_FILE_SECONDS * self.arrived
        while self.instance.clock.monotonic() < until:
            if self.is_settled():
                return
            self.pause(0.1)
        for each in self.daemons:
            each.send_signal(signal.SIGUSR1)  # it says where it stands
        self.pause(1.0)
        raise AssertionError(f"it does not settle\n{self.standing()}\n{(self.home / 'daemon.log').read_text()[-6000:]}")

    def standing(self) -> str:
        """Return how things stand, for a failure."""
        runs = Counter(run.status.value for run in self.runs())
        locations = [(each.status.value, each.error) for each in self.storage.locations.all()]
        leases = [(each.name, each.holder, each.version) for each in self.storage.duties.leases()]
        beats = [(each.daemon_id, each.version, dict(each.body)) for each in self.storage.duties.heartbeats()]
        starting = [run for run in self.runs() if run.status is ms.RunStatus.STARTING]
        launcher = launcher_of(self.instance, self.home)
        health = [(run.run_id, run.attempt, launcher.check(run)) for run in starting]
        claims = [self.storage.events.read(run.run_id) for run in starting[:2]]
        tree = [
            (each.pid, each.ppid(), each.status(), each.cmdline()[-3:])
            for p in self.daemons
            for each in psutil.Process(p.pid).children(recursive=True)
        ]
        states = self.storage.automations.states()
        return f"{health=}\n{claims=}\n{tree=}\n{runs=}\n{locations=}\n{leases=}\n{beats=}\n{states=}"

    def is_settled(self) -> bool:
        runs = self.storage.runs  # few rows of each, as looking at all would take the time that they need
        under_way = len(runs.queued(limit=3)) + len(runs.active(limit=3)) + len(runs.to_retry(limit=3))
        return under_way < 3 and len(self.storage.automations.keys("seen", "files", limit=100_000)) == self.arrived

    def stop(self) -> None:
        for each in self.daemons:
            each.terminate()
        for each in self.daemons:
            each.wait(20)
        self.daemons = []

    def check_books(self) -> Counter[str]:
        """Check ticks, requests, runs and executions against each other; the daemons have ended."""
        runs = self.runs()
        self._check_times(runs)
        keys = Counter(run.run_key for run in runs if run.automation == "files")
        assert keys == Counter(f"file-{number:05}" for number in range(1, self.arrived + 1))
        assert sum(tick.requested for tick in self.ticks("files")) == self.arrived
        lines = (self.home / "witness").read_text().split("\n")[:-1]
        assert len(lines) == len(set(lines)), "an attempt was executed twice"
        witnessed = {line.partition(" ")[0] for line in lines}
        for run in runs:
            assert run.status is not ms.RunStatus.SUCCESS or run.run_id in witnessed
        return Counter(run.status.value for run in runs)

    def _check_times(self, runs: list[Run]) -> None:
        """Check that each second was decided once: by a tick with one run, or within a recorded stretch."""
        every_second = Timing(every_seconds=1.0)
        decided: Counter[float] = Counter()
        asked = Counter(run.scheduled_time for run in runs if run.automation == "each_second")
        for tick in self.ticks("each_second"):
            assert tick.scheduled_time is not None
            since = tick.scheduled_time if tick.since is None else tick.since
            decided.update(due_times(every_second, since - 0.5, tick.scheduled_time))
            if tick.status is TickStatus.REQUESTED:
                assert asked.pop(tick.scheduled_time) == tick.requested == 1
        assert not asked, "a run was asked for by no tick"
        state = self.storage.automations.get("seen", "each_second")
        assert state is not None
        assert state.mark is not None
        waiting = [time for after, until in state.backlog for time in due_times(every_second, after, until)]
        first = min(decided)
        assert decided + Counter(waiting) == Counter(due_times(every_second, first - 0.5, state.mark))


@pytest.fixture
def deployment(tmp_path: Path, storage_url: str) -> Iterator[Deployment]:
    before = {each.pid for each in psutil.Process().children(recursive=True)}
    deployment = Deployment(tmp_path / "home", storage_url)
    yield deployment
    for each in deployment.daemons:
        each.kill()
        each.wait()
    deployment.instance.close()
    left = [each for each in psutil.Process().children(recursive=True) if each.pid not in before]
    _, alive = psutil.wait_procs(left, timeout=10)
    assert not alive, "a process is left behind"


def wait_for_death(deployment: Deployment, process: subprocess.Popen[bytes], point: str) -> None:
    try:
        process.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        raise AssertionError(f"{point} was never reached") from None
    assert process.returncode == -signal.SIGKILL, (deployment.home / "daemon.log").read_text()[-3000:]
    deployment.daemons.remove(process)


def test_each_named_point(deployment: Deployment) -> None:
    """Scars: D#17344, D#29792, D#6941, D#33438; STARTING written and then dead; two daemons after a deploy."""
    process = deployment.start()
    deployment.pause(3)
    for point in POINTS:
        (deployment.home / "daemon-doom").write_text(point, encoding="utf-8")
        deployment.arrive(MANY if point.startswith("outbox") else 3)
        wait_for_death(deployment, process, point)
        process = deployment.start()
    deployment.settle()
    deployment.stop()
    tally = deployment.check_books()

    assert tally["SUCCESS"] > deployment.arrived


@pytest.mark.parametrize("count", [1, 2])
def test_random_moments(deployment: Deployment, count: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Scars: D#33962, W#2773, W#4445. One daemon, or two at a time on one storage."""
    seed = int(os.environ.get("CRASH_SEED") or random.SystemRandom().randrange(2**32))
    with capsys.disabled():
        print(f"\nCRASH_SEED={seed}, {KILLS} kills, daemons: {count}", end=" ")  # noqa: T201 - to see a history again
    dice = random.Random(seed)
    for _ in range(count):
        deployment.start()
    deployment.pause(2)
    for _ in range(KILLS):
        deployment.arrive(dice.choice([0, 1, 3, 70]))
        deployment.pause(dice.random() * 2.5)
        victim = dice.choice(deployment.daemons)
        with suppress(ProcessLookupError):
            victim.send_signal(signal.SIGKILL)
        victim.wait()
        deployment.daemons.remove(victim)
        deployment.start()
    deployment.settle()
    deployment.stop()
    tally = deployment.check_books()
    with capsys.disabled():
        print(dict(tally), end=" ")  # noqa: T201 - the tally

    assert tally["SUCCESS"] >= deployment.arrived
