"""The jobs that run launchers are tried with: each does something that a worker may do, and shows it in a file.

The files stand in the folder that the config names; an op that waits reads a pipe there until somebody writes to it.
"""

from __future__ import annotations

import ctypes
import os
import signal
from pathlib import Path

from attrs import define

import mainspring as ms

WITNESS = "witness"
"""The file in which ops note, a line each, what becomes of which run."""

EXECUTED = "executed"
TORN_DOWN = "torn down"
"""What they note: that they were called; that one that waits was interrupted, and may clean up."""

GATE = "gate"
"""The pipe that ops read which wait."""

LEFT_BEHIND = "left behind"
"""The file that names the process that an op left behind."""

MEMORY_BYTES = 2_000_000_000
"""How much the op needs that needs much."""

_PAGE_BYTES = 4096


@define
class Place:
    """Where ops show what they do.

    Attributes:
        folder: The folder.
        note: Nothing that anybody else needs to know.
    """

    folder: str = "."
    note: str = ""


def _witness(context: ms.OpContext, place: Place, what: str = EXECUTED) -> None:
    """Add a line to the witness file; short appends do not mingle."""
    with (Path(place.folder) / WITNESS).open("ab", buffering=0) as file:
        file.write(f"{context.run_id} {what}\n".encode())


def _wait(place: Place) -> None:
    (Path(place.folder) / GATE).read_bytes()


@ms.op
def only(context: ms.OpContext, *, config: Place = ms.config()) -> None:
    """Do nothing else."""
    _witness(context, config)


@ms.op
def wait(context: ms.OpContext, *, config: Place = ms.config()) -> None:
    """Wait at the gate."""
    _witness(context, config)
    try:
        _wait(config)
    except KeyboardInterrupt:
        _witness(context, config, TORN_DOWN)
        raise


@ms.op
def fail(context: ms.OpContext, *, config: Place = ms.config()) -> None:
    """Fail."""
    _witness(context, config)
    raise ValueError("it failed, as it was meant to")


@ms.op
def need_memory(context: ms.OpContext, *, config: Place = ms.config()) -> int:
    """Take much memory, use all of it, and give it back."""
    _witness(context, config)
    held = bytearray(MEMORY_BYTES)
    held[::_PAGE_BYTES] = b"\1" * len(range(0, MEMORY_BYTES, _PAGE_BYTES))
    return sum(held[:: _PAGE_BYTES * 1000])


@ms.op
def crash(context: ms.OpContext, *, config: Place = ms.config()) -> None:
    """End this process by a segmentation fault."""
    _witness(context, config)
    ctypes.string_at(0)


@ms.op
def ignore_sigterm(context: ms.OpContext, *, config: Place = ms.config()) -> None:
    """Wait at the gate, whatever SIGTERM says."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _witness(context, config)
    _wait(config)


@ms.op
def leave_daemon(context: ms.OpContext, *, config: Place = ms.config()) -> None:
    """Leave a process behind that has forked twice, and holds what this one held open."""
    _witness(context, config)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        if os.fork() == 0:
            (Path(config.folder) / LEFT_BEHIND).write_text(str(os.getpid()))
            os.close(read)
            os.close(write)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            while True:
                signal.pause()
        os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    os.read(read, 1)  # until the other one has let go
    os.close(read)


@ms.job
def succeeding() -> None:
    """Succeed at once."""
    only()


@ms.job
def waiting() -> None:
    """Last until the gate is opened."""
    wait()


@ms.job
def failing() -> None:
    """Fail."""
    fail()


@ms.job
def needing_memory() -> None:
    """Need 2 GB."""
    need_memory()


@ms.job
def crashing() -> None:
    """Crash."""
    crash()


@ms.job
def ignoring_sigterm() -> None:
    """Do not end when asked to."""
    ignore_sigterm()


@ms.job
def leaving_daemon() -> None:
    """Leave a process behind."""
    leave_daemon()


defs = ms.Definitions(jobs=[succeeding, waiting, failing, needing_memory, crashing, ignoring_sigterm, leaving_daemon])
