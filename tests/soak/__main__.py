"""Let a daemon with 200 sensors and 50 schedules work for a while: memory, descriptors and processes stay flat, no tick is late.

usage: python -m tests.soak [MINUTES]
"""

from __future__ import annotations

import sys
import tempfile
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import psutil

from mainspring.audit import examine
from mainspring.clock import SystemClock
from mainspring.instance import Instance
from tests.benchmarks.ours.daemon_process import daemon_at_work, percentile, rows
from tests.soak.deployment import CODE, SCHEDULES, SENSORS, Sample, samples
from tests.soak.trend import trend_of

EVERY_SECONDS = 5.0
LATE_SECONDS = 1.0
SENSOR_SECONDS = 5.0

MEASURES = {"megabytes": "memory, MB", "descriptors": "descriptors", "threads": "threads", "processes": "processes"}


def main(arguments: list[str]) -> int:
    """Print what was measured, and return 1 if something has grown or was late."""
    minutes = float(arguments[0]) if arguments else 10.0
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        print(f"{SENSORS} sensors, {SCHEDULES} schedules, {minutes:g} minutes", flush=True)
        taken: defaultdict[str, list[Sample]] = defaultdict(list)
        with daemon_at_work(home, CODE, SENSORS + SCHEDULES) as daemon:
            began, wall = clock.monotonic(), clock.time()
            while clock.monotonic() - began < minutes * 60:
                _take(daemon, taken)
                clock.wait(threading.Event(), EVERY_SECONDS)
            lasted = clock.monotonic() - began
        faults = [*_grown(taken), *_late(home, wall), *_idle(home, lasted), *_books(home)]
    for fault in faults:
        print(f"fault: {fault}")
    print("all is flat and nothing was late" if not faults else f"{len(faults)} faults")
    return 1 if faults else 0


def _take(daemon: psutil.Process, taken: dict[str, list[Sample]]) -> None:
    for sample in samples(daemon):
        taken[sample.role].append(sample)
    count = len(taken["daemon"])
    if count % 12 == 1:
        held = ", ".join(f"{role} {each[-1].megabytes:.1f}" for role, each in taken.items())
        print(f"{count * EVERY_SECONDS / 60:5.1f} min, MB: {held}", flush=True)


def _grown(taken: dict[str, list[Sample]]) -> Iterator[str]:
    for role, series in taken.items():
        for measure, named in MEASURES.items():
            trend = trend_of([getattr(each, measure) for each in series])
            print(f"{role:10} {named:12} {trend.level:8.1f}, grown by {trend.growth:+.2f}")
            if not trend.is_flat:
                yield f"{role}: {named} has grown by {trend.growth:.1f} from about {trend.level:.1f}"


def _late(home: Path, since: float) -> Iterator[str]:
    query = "SELECT first_at - scheduled_time FROM ticks WHERE kind = 'schedule' AND scheduled_time > ?"
    late = [seconds for (seconds,) in rows(home, query, since)]
    print(
        f"{len(late):,} ticks of schedules: late by {percentile(late, 50) * 1e3:.0f} ms (median), {max(late) * 1e3:.0f} ms (most)"
    )
    if max(late) > LATE_SECONDS:
        yield f"a tick of a schedule was {max(late):.2f} s late"


def _idle(home: Path, lasted: float) -> Iterator[str]:
    """Yield the sensors that were evaluated less often than they should have been."""
    query = "SELECT automation, sum(count) FROM ticks WHERE kind = 'sensor' GROUP BY automation"
    counts = [count for _, count in rows(home, query)]
    due = lasted / SENSOR_SECONDS
    print(
        f"{sum(counts):,} evaluations of {len(counts)} sensors: {min(counts)} to {max(counts)} each, {due:.0f} were due"
    )
    if len(counts) < SENSORS or min(counts) < due - 2:
        yield f"a sensor was evaluated {min(counts)} times, and due {due:.0f} times"


def _books(home: Path) -> Iterator[str]:
    with Instance.open(home) as instance:
        books = examine(instance.storage)
    print(", ".join(f"{number:,} {what}" for what, number in books.counted.items()))
    for finding in books.findings:
        yield finding.said


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
