"""A code location at work: a run from its launch to its first op, many at a time, evaluations, and memory."""

import argparse
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil

import mainspring as ms
from mainspring.execute.launched import queue_run
from mainspring.execute.options import RunOptions
from mainspring.launch.local import LocalLauncher
from mainspring.location.client import LocationClient
from mainspring.location.evaluation import ask_sensor
from mainspring.location.keeper import LocationKeeper
from mainspring.location.spec import LocationSpec

CODE = """
import time
import mainspring as ms

@ms.op
def work() -> float:
    return time.time()

@ms.job
def one_op():
    work()

@ms.sensor(job=one_op)
def nothing_new():
    return ms.SkipReason("nothing new")

defs = ms.Definitions(jobs=[one_op], sensors=[nothing_new])
"""

AT_A_TIME = 4
"""Launches at a time, as in the daemon."""


@contextmanager
def location(home: Path, instance: ms.Instance, start: str) -> Iterator[LocationClient]:
    """Open a location, and give what speaks with it once its code is loaded."""
    loaded = threading.Event()

    def look() -> None:
        record = instance.storage.locations.get("bench")
        if record is not None and record.status == "LOADED":
            loaded.set()

    spec = LocationSpec(name="bench", file="bench_defs.py", start=start)  # type: ignore[arg-type]
    with LocationKeeper(spec, home, instance, look):
        loaded.wait(30)
        found = instance.storage.locations.get("bench")
        assert found is not None
        assert found.address is not None
        client = LocationClient("bench", found.address)
        time.sleep(0.5)  # whatever comes up beside it
        yield client
        client.close()


def ended(instance: ms.Instance, run: ms.Run) -> bool:
    found = instance.storage.runs.get(run.run_id)
    return found is not None and found.status.is_final


def first_op_ms(home: Path, instance: ms.Instance, start: str, count: int) -> list[float]:
    """Return, for each of several runs, the milliseconds from the request to launch it to its first op."""
    launcher = LocalLauncher(home)
    found: list[float] = []
    with location(home, instance, start):
        for _ in range(count):
            run = queue_run(job, None, RunOptions(), instance=instance, location="bench")
            asked = time.time()
            launcher.launch(ms.Launch(run, ()))
            while not ended(instance, run):
                time.sleep(0.002)
            began = definitions.load_output(run.run_id, "work", instance=instance)
            found.append((began - asked) * 1e3)
            time.sleep(0.0 if start == "fork" else 0.8)  # until the next standby worker has loaded the code
    return found


def many_runs_ms(home: Path, instance: ms.Instance, count: int) -> float:
    """Return the milliseconds until a number of queued runs, each in a process of its own, have all ended."""
    launcher = LocalLauncher(home)
    with location(home, instance, "fork"):
        runs = [queue_run(job, None, RunOptions(), instance=instance, location="bench") for _ in range(count)]
        began = time.perf_counter()
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            list(pool.map(lambda run: launcher.launch(ms.Launch(run, ())), runs))
        left = runs
        while left := [run for run in left if not ended(instance, run)]:
            time.sleep(0.01)
        took = (time.perf_counter() - began) * 1e3
        statuses = {getattr(instance.storage.runs.get(run.run_id), "status", None) for run in runs}
        assert statuses == {ms.RunStatus.SUCCESS}, statuses
    return took


def evaluations_ms(home: Path, instance: ms.Instance, count: int) -> list[float]:
    """Return the milliseconds that each of several batches of skipping sensors took."""
    found: list[float] = []
    with location(home, instance, "fork") as client:
        for _ in range(4):
            began = time.perf_counter()
            replies = list(client.evaluate([ask_sensor(str(index), "nothing_new", 60.0) for index in range(count)]))
            found.append((time.perf_counter() - began) * 1e3)
            assert len(replies) == count
    return found


def memory_mb(home: Path, instance: ms.Instance) -> dict[str, float]:
    """Return the proportional set size of each of a location's processes, in megabytes, once it has evaluated something."""
    with location(home, instance, "fork") as client:
        list(client.evaluate([ask_sensor(str(index), "nothing_new", 60.0) for index in range(100)]))
        time.sleep(1.0)
        front = psutil.Process(client.hello(5.0)["pid"])
        (code,) = front.children()
        sizes = {"front": front, "code": code}
        sizes |= {f"evaluator {index}": each for index, each in enumerate(code.children(), 1)}
        return {name: each.memory_full_info().pss / 2**20 for name, each in sizes.items()}


def floor_ms(home: Path) -> float:
    """Return what a run costs at the least: a fork of a process that has loaded as much, and three durable commits."""
    database = sqlite3.connect(home / "floor.db", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE facts (body TEXT)")
    costs: list[float] = []
    for _ in range(50):
        began = time.perf_counter()
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
        for _ in range(3):  # launch, claim, end
            database.execute("INSERT INTO facts VALUES (?)", ("x" * 300,))
        costs.append((time.perf_counter() - began) * 1e3)
    return statistics.median(costs)


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--of", choices=["fork", "standby", "many", "evaluate", "memory"], required=True)
parser.add_argument("--count", type=int, default=20)
arguments = parser.parse_args()
with tempfile.TemporaryDirectory() as folder:
    home = Path(folder)
    (home / "bench_defs.py").write_text(CODE, encoding="utf-8")
    sys.path.insert(0, str(home))
    from bench_defs import defs as definitions  # type: ignore[import-not-found]

    job = definitions.job("one_op")
    with ms.Instance.open(home) as opened:
        floor = floor_ms(home)
        line: dict[str, object] = {"work": f"location {arguments.of}", "floor": {"fork and 3 commits": floor}}
        match arguments.of:
            case "fork":
                line["ms"] = first_op_ms(home, opened, "fork", arguments.count)
            case "standby":
                line["ms"] = first_op_ms(home, opened, "spawn", arguments.count)
            case "many":
                line["ms"] = many_runs_ms(home, opened, arguments.count)
                line["floor"] = {"as many forks and commits, on 2 processors": floor * arguments.count / 2}
            case "evaluate":
                line["ms"] = evaluations_ms(home, opened, arguments.count)
            case _:
                sizes = memory_mb(home, opened)
                line |= {"mb": sum(sizes.values()), "parts": sizes}
print(json.dumps(line))
