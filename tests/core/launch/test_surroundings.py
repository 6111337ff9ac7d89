"""What the worker of a run finds around itself: nothing of its parents', whatever the location's code has opened and set."""

import json
import os
import pickle
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import mainspring as ms
from mainspring.event import StepOutput
from mainspring.execute import RunOptions, find_run
from mainspring.execute.recorded_job import find_recorded_job, queue_recorded
from mainspring.execute.worker import liveness, own_identity, start_time
from mainspring.launch.local import LocalLauncher
from mainspring.location.address import socket_path
from mainspring.location.client import LocationClient
from mainspring.location.evaluation import ask_sensor, read_reply
from mainspring.run import Run, WorkerIdentity
from tests.core.launch.surroundings import PATIENCE_SECONDS, open_location_of

pytestmark = [pytest.mark.integration, pytest.mark.slow]

CODE = """
import json, logging, os, random, signal, socket, subprocess, sys
from pathlib import Path
import mainspring as ms

HOME = Path.cwd()
listening = socket.socket()
listening.bind(("127.0.0.1", 0))
reading, writing = os.pipe()
handler = logging.FileHandler("of_the_code.log")
logging.getLogger("of the code").addHandler(handler)
signal.signal(signal.SIGTERM, lambda *_: None)
signal.signal(signal.SIGUSR1, lambda *_: None)

def descriptors():
    return {name: os.readlink(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd")
            if os.path.lexists(f"/proc/self/fd/{name}")}

@ms.op
def look(context: ms.OpContext) -> dict:
    logging.getLogger("of the code").warning("from a worker")
    print("printed by a step")
    subprocess.run(["sh", "-c", "echo printed by a program"])
    return {
        "pid": os.getpid(),
        "session": os.getsid(0),
        "group": os.getpgid(0),
        "descriptors": descriptors(),
        "random": random.random(),
        "SIGTERM": repr(signal.getsignal(signal.SIGTERM)),
        "SIGUSR1": repr(signal.getsignal(signal.SIGUSR1)),
        "SIGCHLD": repr(signal.getsignal(signal.SIGCHLD)),
        "blocked": len(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
        "cwd": str(Path.cwd()),
    }

@ms.op
def wait() -> int:
    (HOME / "begun").touch()
    (HOME / "gate").read_text()
    return 1

@ms.job
def looks():
    look()

@ms.job
def waits():
    wait()

@ms.sensor(job=looks)
def quick():
    return ms.SkipReason("nothing")

defs = ms.Definitions(jobs=[looks, waits], sensors=[quick])
"""


class Deployed:
    """A home whose location is open."""

    def __init__(self, home: Path, instance: ms.Instance) -> None:
        self.home = home
        self.instance = instance
        self.launcher = LocalLauncher(home)

    def launch(self, job: str) -> Run:
        run = queue_recorded(find_recorded_job(self.instance.storage, job), None, RunOptions(), instance=self.instance)
        self.launcher.launch(ms.Launch(run, ()))
        return run

    def ended(self, run: Run) -> Run:
        for _ in range(int(PATIENCE_SECONDS / 0.01)):
            found = find_run(self.instance, run.run_id)
            if found.status.is_final:
                return found
            threading.Event().wait(0.01)
        raise AssertionError(f"run {run.run_id} does not end")

    def seen(self) -> Any:
        run = self.ended(self.launch("looks"))
        assert run.status is ms.RunStatus.SUCCESS, run.reason
        (stored,) = self.instance.storage.events.read(run.run_id, kinds=[StepOutput.kind])
        assert isinstance(stored.fact, StepOutput)
        path = Path(stored.fact.metadata["path"])
        return run, json.loads(path.read_text()) if path.suffix == ".json" else pickle.loads(path.read_bytes())

    @property
    def client(self) -> LocationClient:
        return LocationClient("code", f"unix:{socket_path(self.home, 'code')}")


@contextmanager
def deployed(folder: Path, code: str = CODE, start: str = "auto") -> Iterator[Deployed]:
    home = folder / "a home, with ünïcode"
    home.mkdir()
    (home / "defs.py").write_text(code, encoding="utf-8")
    toml = f'[[location]]\nname = "code"\nfile = "defs.py"\nstart = "{start}"\n'
    (home / "mainspring.toml").write_text(toml, encoding="utf-8")
    with open_location_of(home), ms.Instance.open(home) as instance:
        yield Deployed(home, instance)


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_nothing_of_its_parents_is_left(tmp_path: Path, start: str) -> None:
    with deployed(tmp_path, start=start) as home:
        (run, first), (_, second) = home.seen(), home.seen()

    assert first["pid"] == first["session"] == first["group"]
    assert first["random"] != second["random"]
    assert first["cwd"] == str(home.home)
    assert first["blocked"] == 0
    assert "SIG_DFL" in first["SIGUSR1"]
    assert "SIG_DFL" in first["SIGCHLD"]
    assert "Shield" in first["SIGTERM"]  # which is what cancels the run
    held = {path for path in first["descriptors"].values() if not path.startswith(str(home.home))}
    own = {each for each in held if each != "/dev/null" and "/proc/" not in each}
    opened_by_code = 2 if start == "spawn" else 0  # a spawned worker has loaded the code itself, a forked one has not
    assert len(own) == opened_by_code, own  # no socket, no pipe, no poll of a parent's
    assert (home.home / "of_the_code.log").read_text().count("from a worker") == 2  # files stay open
    logs = home.home / "logs" / run.run_id
    assert (logs / "look.1.stdout.txt").read_text() == "printed by a step\n"
    assert (logs / "worker.1.txt").read_text() == "printed by a program\n"
    assert (logs / "worker.1.txt").stat().st_mode & 0o077 == 0


def test_a_worker_whose_fork_hangs_is_started_afresh_and_nothing_is_forked_any_more(tmp_path: Path) -> None:
    code = CODE + "import time\nos.register_at_fork(after_in_child=lambda: time.sleep(1000))\n"
    code = code.replace('    subprocess.run(["sh", "-c", "echo printed by a program"])\n', "")
    with deployed(tmp_path, code) as home:
        before = next(home.client.watch())
        run, _ = home.seen()
        after = next(home.client.watch())

        assert (before["start"], after["start"]) == ("fork", "spawn")
        assert len(home.instance.storage.events.read(run.run_id, kinds=["RUN_STARTED"])) == 1


def test_an_evaluator_whose_fork_hangs_is_started_afresh(tmp_path: Path) -> None:
    code = CODE + "import time\nos.register_at_fork(after_in_child=lambda: time.sleep(1000))\n"
    with deployed(tmp_path, code) as home:
        (reply,) = [read_reply(each) for each in home.client.evaluate([ask_sensor("a", "quick", 60.0)])]

        assert (reply.outcome, reply.evaluation.skip_reason) == ("evaluated", "nothing")
        assert next(home.client.watch())["start"] == "spawn"


def test_a_run_goes_on_while_its_code_is_loaded_anew(tmp_path: Path) -> None:
    with deployed(tmp_path) as home:
        os.mkfifo(home.home / "gate")
        run = home.launch("waits")
        while not (home.home / "begun").exists():
            threading.Event().wait(0.01)
        (home.home / "defs.py").write_text(CODE.replace("return 1", "return 2"))
        assert home.client.reload()["status"] == "LOADED"
        assert home.launcher.check(find_run(home.instance, run.run_id)).status == "RUNNING"
        (home.home / "gate").write_text("")

        assert home.ended(run).status is ms.RunStatus.SUCCESS


def test_a_zombie_is_dead() -> None:
    pid = os.fork()
    if pid == 0:
        signal.pause()
    own = own_identity(interruptible=False)
    child = WorkerIdentity(own.host, own.boot_id, pid, start_time(pid) or 0)
    assert liveness(child) == "alive"
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert liveness(child) == "dead"  # though nobody has taken leave of it yet
    os.waitpid(pid, 0)
