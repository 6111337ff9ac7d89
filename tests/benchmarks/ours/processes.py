"""N independent ops and one that gathers them, a process a step, two at a time; beside the arithmetic of what that takes."""

import argparse
import json
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import mainspring as ms

WORKERS = 2

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--ops", type=int, default=20)
parser.add_argument("--repeat", type=int, default=2)
arguments = parser.parse_args()
ops: int = arguments.ops


@ms.op
def work() -> int:
    return 1


@ms.op
def gather(xs: list[int]) -> int:
    return sum(xs)


resident_kib: list[int] = []


class Watched(ms.MultiprocessExecutor):
    """Notes how large the run's process is after each step."""

    def execute(self, plan: ms.Plan, run: ms.RunContext) -> Iterator[ms.Event]:
        """Execute the plan."""
        for event in super().execute(plan, run):
            if event.kind == "STEP_SUCCESS":
                resident_kib.append(int(Path("/proc/self/statm").read_text().split()[1]) * 4)
            yield event


@ms.job(modes=[ms.Mode("processes", executor=Watched(max_concurrent=WORKERS))])
def fan() -> None:
    gather([work.alias(f"work_{i}")() for i in range(ops)])


def once(instance: ms.Instance) -> float:
    """Run the fan and return its cost a step in milliseconds."""
    start = time.perf_counter()
    result = fan.execute(instance=instance)
    took = time.perf_counter() - start
    assert result.output("gather") == ops
    return took / (ops + 1) * 1e3


def floor(folder: Path) -> float:
    """Return what a step costs at the least, in milliseconds: fork this process, write a file, commit a row.

    Two children at a time write a file each and end; for each the parent commits one row to SQLite in WAL mode,
    `synchronous=NORMAL`.
    """
    database = sqlite3.connect(folder / "floor.db", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    database.execute("CREATE TABLE steps (number INTEGER PRIMARY KEY, body TEXT)")
    count = min(max(ops, 100), 500)
    living: set[int] = set()
    start = time.perf_counter()
    for number in range(count):
        if len(living) == WORKERS:
            living.discard(os.wait()[0])
        child = os.fork()
        if child == 0:
            (folder / f"value-{number}").write_bytes(b"x" * 20)
            os._exit(0)
        living.add(child)
        database.execute("INSERT INTO steps VALUES (?, ?)", (number, "x" * 300))
    while living:
        living.discard(os.wait()[0])
    return (time.perf_counter() - start) / count * 1e3


def growth() -> float:
    """Return by how many KiB the run's process grew for each thousand steps of its last run."""
    last = resident_kib[-ops:]
    tenth = max(len(last) // 10, 1)
    grown = statistics.mean(last[-tenth:]) - statistics.mean(last[:tenth])
    return grown / (len(last) * 0.9) * 1000


home = Path(tempfile.mkdtemp())
with ms.Instance.open(home / "home") as opened:
    costs = [once(opened) for _ in range(arguments.repeat)]
least = floor(home)
print(
    json.dumps(
        {
            "work": "fan",
            "steps": ops + 1,
            "ms_per_step": costs,
            "warm_ms_per_step": costs[-1],
            "floor_ms_per_step": least,
            "times_floor": costs[-1] / least,
            "growth_kib_per_1000_steps": growth(),
        }
    )
)
