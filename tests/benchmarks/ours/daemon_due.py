"""A daemon's schedules: from the time that is due to the first op of its run, alone or with many, and many that start nothing."""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))  # the root, which holds `tests`
from tests.benchmarks.ours.daemon_process import daemon_at_work, percentile, rows, wait_until

JOB = """
import mainspring as ms

@ms.op
def work() -> int:
    return 1

@ms.job
def one_op():
    work()
"""

TWO = """
@ms.schedule(job=one_op, every=1, default_status="running")
def called(context):
    return ms.RunRequest()

plain = ms.Schedule(name="plain", job=one_op, every=1, default_status="running")
defs = ms.Definitions(jobs=[one_op], schedules=[called, plain])
"""

MANY = """
defs = ms.Definitions(
    jobs=[one_op],
    schedules=[
        ms.Schedule(name=f"plain_{i}", job=one_op, every=EVERY, default_status="running") for i in range(COUNT)
    ],
)
"""

SKIP = """
def skip(index):
    @ms.schedule(name=f"skip_{index}", job=one_op, every=EVERY, default_status="running")
    def function(context):
        return ms.SkipReason("nothing to do")
    return function

defs = ms.Definitions(jobs=[one_op], schedules=[skip(i) for i in range(COUNT)])
"""

FIRSTS = """
SELECT runs.automation, runs.scheduled_time, runs.created_at, begun.timestamp, min(step.timestamp)
FROM runs
JOIN events AS begun ON begun.run_id = runs.run_id AND begun.kind = 'RUN_STARTED'
JOIN events AS step ON step.run_id = runs.run_id AND step.kind = 'STEP_STARTED'
GROUP BY runs.run_id
"""


def firsts(home: Path) -> list[tuple[str, float, float, float, float]]:
    """Return, of each run that has begun: its schedule, its time, and when it was asked for, was claimed, ran its first op."""
    return rows(home, FIRSTS)


def due_to_first_op(home: Path, seconds: float) -> dict[str, object]:
    """Have one schedule with a function and one without run every second."""
    with daemon_at_work(home, JOB + TWO, 2):
        time.sleep(seconds)
    found = firsts(home)
    ms = {
        name: [(first - due) * 1e3 for automation, due, *_, first in found if automation in meant]
        for name, meant in {"both": {"called", "plain"}, "with a function": {"called"}, "without": {"plain"}}.items()
    }
    stretches = {
        "due to asked for": [asked - due for _, due, asked, _, _ in found],
        "asked for to claimed": [begun - asked for _, _, asked, begun, _ in found],
        "claimed to first op": [first - begun for _, _, _, begun, first in found],
    }
    parts = {"p99": percentile(ms["both"], 99)}
    parts |= {name: statistics.median(ms[name]) for name in ("with a function", "without")}
    parts |= {name: statistics.median(each) * 1e3 for name, each in stretches.items()}
    return {"ms": ms["both"], "parts": parts}


def many_due(home: Path, count: int, every: int, seconds: float) -> dict[str, object]:
    """Have many schedules run at the same times, and return how long the last one's first op is behind each time."""
    code = JOB + MANY.replace("EVERY", str(every)).replace("COUNT", str(count))
    with daemon_at_work(home, code, count, f"max_concurrent_runs = {count}"):
        time.sleep(seconds)
    by_time: dict[float, list[float]] = {}
    for _, due, *_, first in firsts(home):
        by_time.setdefault(due, []).append((first - due) * 1e3)
    return {"ms": [max(each) for each in by_time.values() if len(each) == count]}


def all_decided(home: Path, code: str, count: int, every: int, times: int) -> list[float]:
    """Return, for some times at which many schedules are due, the milliseconds until all of them are decided."""
    found: list[float] = []
    code = JOB + code.replace("EVERY", str(every)).replace("COUNT", str(count))

    def is_decided() -> bool:
        return rows(home, "SELECT count(*) FROM ticks WHERE scheduled_time = ?", due) == [(count,)]

    with daemon_at_work(home, code, count, "max_concurrent_runs = 1"):
        for _ in range(times):
            due = float((int(time.time() + 2) // every + 1) * every)
            time.sleep(due - time.time())
            wait_until(is_decided, 60, "all ticks of one second")
            found.append((time.time() - due) * 1e3)
    return found


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--of", choices=["one", "many", "decisions"], required=True)
parser.add_argument("--seconds", type=float, default=120)
parser.add_argument("--count", type=int, default=100)
parser.add_argument("--every", type=int, default=10)
parser.add_argument("--times", type=int, default=3)
arguments = parser.parse_args()
line: dict[str, object] = {"work": f"daemon due {arguments.of}"}
with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
    match arguments.of:
        case "one":
            line |= due_to_first_op(Path(one), arguments.seconds)
        case "many":
            line |= many_due(Path(one), arguments.count, arguments.every, arguments.seconds)
        case _:
            took = {
                "that skip": all_decided(Path(one), SKIP, arguments.count, arguments.every, arguments.times),
                "that ask for runs": all_decided(Path(other), MANY, arguments.count, arguments.every, arguments.times),
            }
            parts = {name: statistics.median(each) for name, each in took.items()}
            line |= {"ms": max(parts.values()), "parts": parts, "each": took}
print(json.dumps(line))
