"""A real daemon on a fresh home, for the programs that measure it: `mainspring daemon` in a process of its own."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

START_SECONDS = 120.0
"""How long a daemon may take until its location's automations are known."""


@contextmanager
def daemon_at_work(home: Path, code: str, automations: int, queue: str = "") -> Iterator[psutil.Process]:
    """Start a daemon with one location, and give it once it has taken up all automations; end it in the end.

    Args:
        home: An empty folder.
        code: The location's code.
        automations: How many schedules and sensors the code holds.
        queue: Settings of the queue.
    """
    (home / "bench_defs.py").write_text(code, encoding="utf-8")
    location = '[[location]]\nname = "bench"\nfile = "bench_defs.py"\n'
    (home / "mainspring.toml").write_text(f"[instance.queue]\n{queue}\n{location}", encoding="utf-8")
    with (home / "daemon.log").open("ab") as log:
        command = [sys.executable, "-m", "mainspring", "daemon", "--home", str(home)]
        process = psutil.Popen(command, cwd=home, stdout=log, stderr=log)
    try:
        wait_until(lambda: _known(home, process) == automations, START_SECONDS, "the daemon to know its automations")
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def rows(home: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Return what a query finds in a home's database."""
    database = sqlite3.connect(home / "mainspring.db", timeout=10)
    try:
        return database.execute(query, values).fetchall()
    finally:
        database.close()


def wait_until(is_so: Callable[[], bool], seconds: float, what: str) -> None:
    """Look every few milliseconds until something is so.

    Raises:
        TimeoutError: It has not become so in time.
    """
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        time.sleep(0.005)


def percentile(values: list[float], percent: float) -> float:
    """Return the value that so many percent of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def _known(home: Path, process: psutil.Popen) -> int:
    if process.poll() is not None:
        raise RuntimeError(f"the daemon has ended: {(home / 'daemon.log').read_text(encoding='utf-8')[-500:]}")
    try:
        ((count,),) = rows(home, "SELECT count(*) FROM automations")
    except sqlite3.OperationalError:
        return -1  # the database is not made yet
    return int(count)
