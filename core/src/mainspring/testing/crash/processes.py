"""The processes of a home that is tested: found in /proc by what their environment says, and told apart."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from enum import StrEnum
from pathlib import Path

from attrs import frozen

from mainspring.testing.crash.folder import VARIABLE


class Kind(StrEnum):
    """What a process of a home is."""

    DAEMON = "daemon"
    FRONT = "front"
    CODE = "code"
    EVALUATOR = "evaluator"
    WORKER = "worker"
    STEP = "step"
    OTHER = "other"


@frozen
class Row:
    """A process as /proc shows it.

    Attributes:
        pid: Its number.
        parent: Its parent's.
        group: Its process group.
        session: Its session.
        command: Its command line, the arguments apart by spaces.
    """

    pid: int
    parent: int
    group: int
    session: int
    command: str


def find_processes(folder: Path, workers: Collection[int] = ()) -> dict[Kind, list[int]]:
    """Return the processes of a home by what they are, each kind in order.

    Args:
        folder: The folder of its crash test, which their environment names.
        workers: The numbers of processes that are recorded as workers of runs.
    """
    rows = {row.pid: row for row in read_rows(folder)}
    found: dict[Kind, list[int]] = {kind: [] for kind in Kind}
    for pid in sorted(rows):
        found[kind_of(rows[pid], rows, workers)].append(pid)
    return found


def kind_of(row: Row, rows: Mapping[int, Row], workers: Collection[int] = ()) -> Kind:
    """Return what a process is.

    Args:
        row: The process.
        rows: All processes of the home by number.
        workers: The numbers of processes that are recorded as workers of runs.
    """
    if "mainspring.testing.crash.daemon" in row.command:
        return Kind.DAEMON
    if "mainspring.location.front.main" in row.command:
        return Kind.FRONT
    if row.pid in workers:
        return Kind.WORKER
    parent = rows.get(row.parent)
    above = None if parent is None else kind_of(parent, rows, workers)
    if above in (Kind.WORKER, Kind.STEP):
        return Kind.STEP
    if "mainspring.location.loaded" not in row.command:
        return Kind.OTHER
    if above is Kind.FRONT:
        return Kind.CODE
    # A fork leads a session of its own once it is to carry out a run, and that outlives who has forked it.
    return Kind.WORKER if row.session == row.pid or above is None else Kind.EVALUATOR


def read_rows(folder: Path) -> list[Row]:
    """Return the processes whose environment names the folder; zombies have none."""
    told = f"{VARIABLE}={folder}".encode()
    found: list[Row] = []
    for name in os.listdir("/proc"):  # noqa: PTH208 - a name is all that is needed of most
        if not name.isdecimal():
            continue
        try:
            if told not in Path("/proc", name, "environ").read_bytes().split(b"\0"):
                continue
            command = Path("/proc", name, "cmdline").read_bytes()
            stat = Path("/proc", name, "stat").read_text("utf-8", errors="replace")
        except OSError:  # it has ended, or is somebody else's
            continue
        fields = stat.rpartition(")")[2].split()
        line = command.replace(b"\0", b" ").decode(errors="replace")
        found.append(Row(int(name), int(fields[1]), int(fields[2]), int(fields[3]), line))
    return found
