"""One measurement: a process in a bare environment, of which one number is kept."""

import contextlib
import json
import os
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from tests.benchmarks.row import WALL, Program


class MeasurementFailedError(Exception):
    """A program did not end well, or did not print its number."""


@frozen
class System:
    """Who is measured.

    Attributes:
        python: Its interpreter.
        environment: What it is told through its environment, besides the bare one that all get.
    """

    python: Path
    environment: Mapping[str, str] = field(factory=dict)


@frozen
class Measurement:
    """What came of one process: the number, and all that its JSON line held."""

    value: float
    line: Mapping[str, Any] = field(factory=dict)


def measure(program: Program, system: System, *, quick: bool = False, timeout_seconds: float = 600) -> Measurement:
    """Run a program once, with a folder of its own as home, working and temporary folder.

    Raises:
        MeasurementFailedError: It failed, took longer than `timeout_seconds`, or printed no such number.
    """
    with tempfile.TemporaryDirectory(prefix="mainspring-bench-", ignore_cleanup_errors=True) as folder:
        environment = {**bare_environment(folder), **system.environment}
        began = time.perf_counter()
        with subprocess.Popen(
            program.command(system.python, quick=quick),
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                output, errors = process.communicate(timeout=timeout_seconds)
            except subprocess.TimeoutExpired:
                raise MeasurementFailedError(f"took longer than {timeout_seconds:.0f} s") from None
            finally:
                wall = (time.perf_counter() - began) * 1e3
                _end_group(process.pid)
    if process.returncode != 0:
        raise MeasurementFailedError(f"exit code {process.returncode}: {last_line(errors)}")
    return read_measurement(program.metric, output, wall)


def bare_environment(folder: str) -> dict[str, str]:
    """Return the same few variables for everyone: none that keeps Python from writing byte code or adds to its path."""
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": folder, "TMPDIR": folder, "LANG": "C.UTF-8"}


def read_measurement(metric: str, output: str, wall_ms: float) -> Measurement:
    """Find the number in what a program printed: the last line that is a JSON object counts.

    Raises:
        MeasurementFailedError: There is no such number.
    """
    lines = [line for line in output.splitlines() if line.startswith("{")]
    line: dict[str, Any] = {}
    if lines:
        try:
            line = json.loads(lines[-1])
        except ValueError as error:
            raise MeasurementFailedError(f"its last line is no JSON: {error}") from error
    if metric == WALL:
        return Measurement(wall_ms, line)
    match line.get(metric):
        case [_, *_] as values:
            return Measurement(statistics.median(float(each) for each in values), line)
        case int() | float() as value:
            return Measurement(float(value), line)
        case _:
            raise MeasurementFailedError(f"it printed no {metric!r}: {last_line(output)}")


def last_line(text: str) -> str:
    """Return the last line that says something."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "it printed nothing")


def _end_group(leader: int) -> None:
    """End whatever a program has left running; its session is its own, so that nothing else is hit."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
