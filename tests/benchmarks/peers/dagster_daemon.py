"""Dagster: its daemon with schedules due every minute and sensors every 15 s: from due to first step, ticks a second, memory."""

import argparse
import collections
import json
import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DEFINITIONS = Path(__file__).with_name("dagster_daemon_definitions.py")
EVENTS = "select dagster_event_type, strftime('%s', timestamp) + strftime('%f', timestamp) % 1 from event_logs"


def start(home: Path, arguments: argparse.Namespace) -> subprocess.Popen[bytes]:
    """Start the daemon on a fresh home."""
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    programs = Path(sys.executable).parent
    counts = {"SCHEDULES": str(arguments.schedules), "FIRE": str(arguments.fire), "SENSORS": str(arguments.sensors)}
    environment = (
        os.environ | counts | {"DAGSTER_HOME": str(home), "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    )
    return subprocess.Popen(
        [str(programs / "dagster-daemon"), "run", "-f", str(DEFINITIONS)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def process_tree(root: int) -> set[int]:
    """List a process and all that descend from it, read from /proc."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
    tree = {root}
    while grown := {pid for pid, parent in parents.items() if parent in tree} - tree:
        tree |= grown
    return tree


def proportional_bytes(pids: set[int]) -> int:
    """Add up the processes' proportional set sizes, so that shared pages count once."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


def read(database: Path, query: str) -> list[tuple[object, ...]]:
    """Return the rows of a query on a SQLite file."""
    connection = sqlite3.connect(database)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def latencies(home: Path) -> list[float]:
    """List the seconds from each run's due minute to the start of its first step."""
    found = []
    for database in (home / "history" / "runs").glob("*.db"):
        if database.stem == "index":
            continue
        starts = [float(str(at)) for kind, at in read(database, EVENTS) if kind == "STEP_START"]
        if starts:
            found.append(min(starts) % 60)
    return sorted(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--schedules", type=int, default=1)
    parser.add_argument("--fire", type=int, default=1)
    parser.add_argument("--sensors", type=int, default=0)
    arguments = parser.parse_args()
    home = Path(tempfile.mkdtemp())
    began = time.monotonic()
    daemon = start(home, arguments)
    try:
        time.sleep(arguments.minutes * 60)
        memory = proportional_bytes(process_tree(daemon.pid))
    finally:
        daemon.send_signal(signal.SIGINT)
        daemon.wait(60)
    seconds = time.monotonic() - began
    ticks = read(home / "schedules" / "schedules.db", "select type, status from job_ticks")
    latency = latencies(home)
    print(
        json.dumps(
            {
                "work": "daemon",
                "ticks": collections.Counter(f"{kind}/{status}" for kind, status in ticks),
                "ticks_per_second": round(len(ticks) / seconds, 2),
                "ms_per_tick": round(seconds / len(ticks) * 1e3, 3) if ticks else None,
                "due_to_first_step_ms": [round(each * 1e3) for each in latency],
                "median_ms": round(statistics.median(latency) * 1e3) if latency else None,
                "proportional_mib": round(memory / 2**20),
            }
        )
    )


if __name__ == "__main__":
    main()
