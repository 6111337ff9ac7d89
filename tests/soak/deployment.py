"""The home of a soak, and what is measured of the processes that work for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
from attrs import frozen

SENSORS = 200
SCHEDULES = 50

CODE = f"""
import mainspring as ms

@ms.op
def nothing() -> int:
    return 1

@ms.job
def job():
    nothing()

def sensor(number):
    def look(context):
        turn = int(context.cursor or 0) + 1
        context.set_cursor(str(turn))
        if turn % 40 == number % 40:
            return ms.RunRequest(f"{{turn}}")
        return ms.SkipReason("nothing new")
    return ms.sensor(job=job, name=f"sensor_{{number}}", every=5, default_status="running")(look)

def schedule(number):
    if number % 2:
        return ms.Schedule(name=f"schedule_{{number}}", job=job, every=30 + number, default_status="running")
    def decide(context):
        return ms.RunRequest()
    return ms.schedule(job=job, name=f"schedule_{{number}}", every=30 + number, default_status="running")(decide)

defs = ms.Definitions(
    jobs=[job],
    schedules=[schedule(number) for number in range({SCHEDULES})],
    sensors=[sensor(number) for number in range({SENSORS})],
)
"""

MEGABYTE = 1024 * 1024


@frozen
class Sample:
    """What one process held at one moment.

    Attributes:
        role: What it does: `daemon`, `front`, `code` or `evaluators`.
        megabytes: What it holds by itself: pages that others share may come and go with those.
        descriptors: How many files and sockets it has open.
        threads: How many threads it has.
        processes: How many processes have the role.
    """

    role: str
    megabytes: float
    descriptors: int
    threads: int
    processes: int = 1


def samples(daemon: psutil.Process) -> Iterator[Sample]:
    """Yield what the daemon and the processes of its location hold; workers come and go, and are left out."""
    fronts = [each for each in daemon.children() if "mainspring.location.front.main" in each.cmdline()]
    codes = [each for front in fronts for each in front.children() if _leads_its_session(each)]
    evaluators = [each for code in codes for each in code.children() if not _leads_its_session(each)]
    for role, processes in {"daemon": [daemon], "front": fronts, "code": codes, "evaluators": evaluators}.items():
        found = [_sample(each) for each in processes]
        yield Sample(
            role, sum(m for m, _, _ in found), sum(d for _, d, _ in found), sum(t for _, _, t in found), len(found)
        )


def _sample(process: psutil.Process) -> tuple[float, int, int]:
    try:
        return process.memory_full_info().uss / MEGABYTE, process.num_fds(), process.num_threads()
    except psutil.Error:  # it has ended just now
        return 0.0, 0, 0


def _leads_its_session(process: psutil.Process) -> bool:
    """Whether a process has a session of its own, as the one that loads the code and workers have."""
    try:
        line = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return int(line.rpartition(")")[2].split()[3]) == process.pid
