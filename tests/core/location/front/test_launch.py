"""Launching a worker, whatever becomes of who asked for it."""

from contextlib import suppress
from pathlib import Path
from threading import Event

import grpc
import pytest

from mainspring.clock import SystemClock
from mainspring.location.address import socket_path
from mainspring.location.interface import SERVICE, dump, load
from tests.core.location.fronts import PATIENCE_SECONDS, front

pytestmark = [pytest.mark.integration, pytest.mark.slow]

MOMENTS = 40


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_a_worker_whose_launcher_is_gone_comes_up_all_the_same(tmp_path: Path, start: str) -> None:
    """Half a start would be a worker that is said to run for ever, and a run that nobody carries out.

    There is no such run, so each worker ends as soon as it was told to go.
    """
    clock = SystemClock()
    with front(tmp_path, start=start) as held:
        held.settled()
        for moment in range(MOMENTS):
            with grpc.insecure_channel(f"unix:{socket_path(held.home, 'sales')}") as channel:
                grpc.channel_ready_future(channel).result(PATIENCE_SECONDS)
                launch = channel.unary_unary(f"/{SERVICE}/Launch", dump, load)
                with suppress(grpc.RpcError):
                    launch({"run_id": "none", "attempt": moment}, timeout=moment * 0.0005)

        until = clock.monotonic() + PATIENCE_SECONDS
        states = {""}
        while not states <= {"FAILED", None} and clock.monotonic() < until:
            clock.wait(Event(), 0.05)
            states = {held.client.check("none", moment, PATIENCE_SECONDS)["status"] for moment in range(MOMENTS)}

    assert states <= {"FAILED", None}
    assert "FAILED" in states
