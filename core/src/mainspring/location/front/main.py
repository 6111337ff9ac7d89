"""The front's process: takes the location's door, answers until nobody watches any more, and ends all behind it."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

import grpc
import grpc.aio

from mainspring.clock import SystemClock
from mainspring.location import apart
from mainspring.location.front.front import Front
from mainspring.location.front.health import health_handler
from mainspring.location.front.service import Service
from mainspring.location.interface import OPTIONS, TAKEN

FIRST_HOLD_SECONDS = 20.0
"""How long a front waits for somebody to watch it at first."""

HOLD_SECONDS = 1.0
"""How long it waits for somebody else once nobody watches any more."""

_PATIENT = (("grpc.http2.min_ping_interval_without_data_ms", 5_000), ("grpc.http2.max_ping_strikes", 0))
"""Who watches asks now and then whether the front is still there."""


def main() -> int:
    """Be a front; what it is told comes on stdin, as one JSON object with `home`, `socket` and `spec`."""
    told = json.loads(sys.stdin.readline())
    with contextlib.suppress(OSError):
        os.setsid()
    lock = _take_door(Path(told["socket"]))
    if lock is None:
        return TAKEN
    apart.adopt_orphans()
    apart.explain_on_signal()
    try:
        asyncio.run(_serve(told))
    finally:
        with contextlib.suppress(OSError):
            os.unlink(told["socket"])  # noqa: PTH108 - pathlib is not needed for more
    return 0


def _take_door(socket: Path) -> TextIO | None:
    """Return the lock of the location's door, or None where another front has it."""
    lock = socket.with_suffix(".lock").open("w", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    with contextlib.suppress(FileNotFoundError):
        socket.unlink()
    return lock


async def _serve(told: Mapping[str, Any]) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    front = Front(told["spec"]["name"], told, SystemClock())
    service = Service(front, told["spec"], stopped.set)
    server = grpc.aio.server(options=(*OPTIONS, *_PATIENT))
    server.add_generic_rpc_handlers((service.handler(), health_handler(front)))
    server.add_insecure_port(f"unix:{told['socket']}")
    os.chmod(told["socket"], 0o600)  # noqa: PTH101 - as above; nobody else can enter its folder anyway
    await server.start()
    front.start()
    hold = asyncio.create_task(_until_nobody_watches(service, stopped))
    await stopped.wait()
    hold.cancel()
    front.close()
    await server.stop(0.1)


async def _until_nobody_watches(service: Service, stopped: asyncio.Event) -> None:
    """Stop when nobody has watched for a while; whoever opened this location has ended then."""
    left = FIRST_HOLD_SECONDS
    step = 0.1
    while left > 0:
        await asyncio.sleep(step)
        left = (HOLD_SECONDS if service.was_held else left) if service.holders else left - step
    stopped.set()


if __name__ == "__main__":
    sys.exit(main())
