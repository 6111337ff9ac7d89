"""What processes there are behind a front: found in /proc, counted, measured, and ended where they are too many."""

from __future__ import annotations

import os
import signal
from collections.abc import Collection
from contextlib import suppress

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

_PASSES = 100
"""How often processes that keep forking are ended again before that is given up."""


def descendants(pid: int, spared: Collection[int] = (), limit: int = 100_000) -> list[int]:
    """Return the processes behind one, without those that are spared and what is behind them.

    Args:
        pid: The process.
        spared: Numbers of processes that do not count. Nor does what they have left behind in their sessions, which the
            process may have adopted.
        limit: How many to return at the most.
    """
    found: list[int] = []
    waiting = [pid]
    while waiting and len(found) < limit:
        parent = waiting.pop()
        for child in _children(parent):
            if child not in spared and not (parent == pid and spared and _session(child) in spared):
                found.append(child)
                waiting.append(child)
    return found


def end_descendants(pid: int, spared: Collection[int] = ()) -> None:
    """End the processes behind one, however fast they fork: groups at once, until none is left."""
    for _ in range(_PASSES):
        found = descendants(pid, spared, 5_000)
        if not any(_is_alive(each) for each in found):
            return
        for group in {_group(each) for each in found} - {None, os.getpgid(0)}:
            assert group is not None  # noqa: S101 - taken out just now
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)


def end_session(session: int) -> None:
    """End what a process that led a session has left behind in it."""
    if session <= 1:
        return
    for each in _processes():
        fields = _stat(each)
        if fields is not None and int(fields[3]) == session and fields[0] not in "ZX":
            with suppress(ProcessLookupError, PermissionError):
                os.kill(each, signal.SIGKILL)


def resident_mb(pid: int) -> float:
    """Return how much memory a process holds, shared memory included; 0 for one that is gone."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:  # noqa: PTH123 - read every second
            return int(file.read().split()[1]) * _PAGE_BYTES / (1024 * 1024)
    except (OSError, IndexError, ValueError):
        return 0.0


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - read every second
            with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:  # noqa: PTH123 - as above
                found += map(int, file.read().split())
    except OSError:
        pass  # it is gone
    return found


def _processes() -> list[int]:
    try:
        return [int(each) for each in os.listdir("/proc") if each.isdecimal()]  # noqa: PTH208 - as above
    except OSError:
        return []


def _stat(pid: int) -> list[str] | None:
    """Return the fields of a process from its state on (proc(5), field 3)."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - as above
            return file.read().rpartition(")")[2].split()
    except OSError:
        return None


def _is_alive(pid: int) -> bool:
    fields = _stat(pid)
    return fields is not None and fields[0] not in "ZX"


def _session(pid: int) -> int | None:
    fields = _stat(pid)
    return None if fields is None else int(fields[3])


def _group(pid: int) -> int | None:
    fields = _stat(pid)
    return None if fields is None or fields[0] in "ZX" else int(fields[2])
