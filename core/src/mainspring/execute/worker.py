"""This process, and whether another one still lives."""

from __future__ import annotations

import os
import platform
from functools import cache
from typing import Literal

from mainspring.run import WorkerIdentity


def own_identity(*, interruptible: bool) -> WorkerIdentity:
    """Return the identity of this process, and whether a SIGTERM ends its run rather than itself."""
    pid = os.getpid()
    return WorkerIdentity(platform.node(), _boot_id(), pid, start_time(pid) or 0, interruptible)


def liveness(worker: WorkerIdentity) -> Literal["alive", "dead", "elsewhere"]:
    """Return whether a process lives, as far as this host can tell; a zombie is dead."""
    own_boot, _, own_namespace = _boot_id().partition("/")
    boot, _, namespace = worker.boot_id.partition("/")
    if boot != own_boot:
        return "dead" if worker.host == platform.node() else "elsewhere"
    if namespace != own_namespace:
        return "elsewhere"
    started = start_time(worker.pid)
    return "alive" if started is not None and started == worker.start_time else "dead"


@cache
def _boot_id() -> str:
    """Return which start of which machine this is, and which namespace of process numbers."""
    boot = _read("/proc/sys/kernel/random/boot_id").strip() or platform.node()
    try:
        namespace = os.readlink("/proc/self/ns/pid")  # noqa: PTH115 - pathlib is not loaded for this
    except OSError:
        namespace = ""
    return f"{boot}/{namespace}"


def start_time(pid: int) -> int | None:
    """Return when a process began, in clock ticks since the boot (proc(5), field 22); None for one that is gone.

    Where there is no /proc, 0 for a process that exists.
    """
    stat = _read(f"/proc/{pid}/stat")
    if stat:
        fields = stat.rpartition(")")[2].split()
        return None if fields[0] in "ZX" else int(fields[19])
    if os.path.isdir("/proc/self"):  # noqa: PTH112 - pathlib is not loaded for this
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return 0


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - pathlib is not loaded for this
            return file.read()
    except OSError:
        return ""
