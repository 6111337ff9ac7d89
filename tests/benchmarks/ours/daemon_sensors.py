"""A daemon with many sensors that skip: how many evaluations it comes to, and how late they are. And the memory of a small one."""

import argparse
import json
import statistics
import struct
import sys
import tempfile
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[3]))  # the root, which holds `tests`
from tests.benchmarks.ours.daemon_process import daemon_at_work, percentile

EVERY_SECONDS = 15
MEGABYTE = 2**20

CODE = """
import os
import struct
import time
import mainspring as ms

@ms.op
def work() -> int:
    return 1

@ms.job
def one_op():
    work()
"""

SENSORS = """
note = None

def look(context):
    global note
    began = time.time()
    if note is None:
        note = os.open("evaluations", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    last = context.last_tick_time
    late = -1.0 if last is None else began - last.timestamp() - EVERY
    os.write(note, struct.pack("dd", began, late))
    return ms.SkipReason("nothing new")

defs = ms.Definitions(
    jobs=[one_op],
    sensors=[ms.sensor(name=f"sensor_{i}", job=one_op, every=EVERY, default_status="running")(look) for i in range(COUNT)],
)
"""
"""Each evaluation notes when it began, and how late that was; the first one of each sensor was due at no time."""

REST = """
@ms.schedule(job=one_op, every=1, default_status="running")
def nothing_due(context):
    return ms.SkipReason("nothing to do")

@ms.sensor(job=one_op, every=1, default_status="running")
def nothing_new(context):
    return ms.SkipReason("nothing new")

defs = ms.Definitions(jobs=[one_op], schedules=[nothing_due], sensors=[nothing_new])
"""


def sensors(home: Path, count: int, seconds: float) -> dict[str, object]:
    """Return what an evaluation takes by their number, and how late they began, once each sensor was evaluated once."""
    code = CODE + SENSORS.replace("EVERY", str(EVERY_SECONDS)).replace("COUNT", str(count))
    with daemon_at_work(home, code, count):
        time.sleep(EVERY_SECONDS + seconds)
    noted = list(struct.iter_unpack("dd", (home / "evaluations").read_bytes()))
    first_round_ends = max(began for began, late in noted if late == -1.0)
    last_of_all = max(began for began, _ in noted)
    counted = [late * 1e3 for began, late in noted if first_round_ends < began and late != -1.0]
    # A round is counted from its first evaluation to the next round's: what is behind the last whole one is left out.
    whole = (last_of_all - first_round_ends) // EVERY_SECONDS * EVERY_SECONDS
    done = sum(first_round_ends < began <= first_round_ends + whole for began, _ in noted)
    return {
        "ms_per_evaluation": whole / done * 1e3,
        "a_second": done / whole,
        "late_by_over_1_s": sum(late > 1000 for late in counted),
        "parts": {
            "first round": (first_round_ends - min(began for began, _ in noted)) * 1e3,
            "late, median": statistics.median(counted),
            "late, p99": percentile(counted, 99),
            "latest": max(counted),
        },
    }


def memory(home: Path, seconds: float) -> dict[str, object]:
    """Return what a daemon and its location's processes hold, as proportional set sizes, in megabytes."""
    with daemon_at_work(home, CODE + REST, 2) as daemon:
        time.sleep(seconds)
        processes = {"daemon": daemon}
        for front in daemon.children():
            processes["front"] = front
            for code in front.children():
                processes["code"] = code
                processes |= {f"evaluator {number}": each for number, each in enumerate(code.children(), 1)}
        sizes = {name: pss_megabytes(each) for name, each in processes.items()}
    return {"mb": sum(sizes.values()), "sizes": sizes}


def pss_megabytes(process: psutil.Process) -> float:
    return float(process.memory_full_info().pss) / MEGABYTE


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--of", choices=["sensors", "memory"], required=True)
parser.add_argument("--seconds", type=float, default=120)
parser.add_argument("--count", type=int, default=10_000)
arguments = parser.parse_args()
with tempfile.TemporaryDirectory() as folder:
    if arguments.of == "sensors":
        line = sensors(Path(folder), arguments.count, arguments.seconds)
    else:
        line = memory(Path(folder), arguments.seconds)
print(json.dumps({"work": f"daemon {arguments.of}", **line}))
