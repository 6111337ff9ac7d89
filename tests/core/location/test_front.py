"""What a front answers, who may speak with it, and how long it lives."""

import os
import signal
import subprocess
import sys
import textwrap
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from mainspring.errors import LocationError
from mainspring.location.address import socket_path
from mainspring.location.check import check_location, reload_location
from mainspring.location.client import LocationClient
from mainspring.location.evaluation import ask_sensor
from mainspring.location.interface import INTERFACE, SERVICE, dump, load
from mainspring.location.opening import open_location
from mainspring.location.spec import LocationSpec
from tests.core.location.fronts import GOOD, PATIENCE_SECONDS, HeldFront, front

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def call(held: HeldFront, method: str, request: dict[str, Any]) -> dict[str, Any]:
    """Call a method as another release might."""
    with grpc.insecure_channel(f"unix:{socket_path(held.home, 'sales')}") as channel:
        reply: dict[str, Any] = channel.unary_unary(f"/{SERVICE}/{method}", dump, load)(request, timeout=10)
        return reply


def test_the_version_of_the_interface_is_agreed_on(tmp_path: Path) -> None:
    """Scar: D#9431: releases that differ speak with each other for as long as they can."""
    with front(tmp_path) as held:
        newer = call(held, "Hello", {"interface": INTERFACE + 7, "oldest": 1, "something": "that is not known here"})
        assert newer["interface"] == INTERFACE
        with pytest.raises(grpc.RpcError) as refused:
            call(held, "Hello", {"interface": INTERFACE + 7, "oldest": INTERFACE + 1})

    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert "upgrade Mainspring in the older environment" in str(refused.value.details())


def test_what_another_release_adds_is_passed_over(tmp_path: Path) -> None:
    with front(tmp_path) as held:
        held.settled()
        found = call(held, "Check", {"run_id": "run", "attempt": 1, "whatever": [1, 2]})

    assert found["status"] is None


def test_health_is_checked_as_everywhere(tmp_path: Path) -> None:
    with front(tmp_path, "raise ValueError") as held:
        address = f"unix:{socket_path(held.home, 'sales')}"
        with grpc.insecure_channel(address) as channel:
            health: Any = health_pb2_grpc.HealthStub(channel)
            held.settled()
            assert health.Check(health_pb2.HealthCheckRequest()).status == health_pb2.HealthCheckResponse.NOT_SERVING
            held.write(GOOD)
            watched = health.Watch(health_pb2.HealthCheckRequest(service=SERVICE))
            states = [next(watched).status]
            while states[-1] != health_pb2.HealthCheckResponse.SERVING:
                states.append(next(watched).status)
            watched.cancel()
            with pytest.raises(grpc.RpcError) as refused:
                health.Check(health_pb2.HealthCheckRequest(service="another"))

    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


def test_two_who_open_a_location_share_its_front_which_outlives_the_first(tmp_path: Path) -> None:
    with front(tmp_path) as held:
        held.settled()
        spec = LocationSpec(name="sales", file="defs.py")
        again = open_location(spec, held.home, socket_path(held.home, "sales"))

        assert (again.pid, again.process) == (held.pid, None)
        again.client.close()
        assert psutil.pid_exists(held.pid)


def test_one_that_was_told_otherwise_is_replaced(tmp_path: Path) -> None:
    with front(tmp_path) as held:
        held.settled()
        spec = LocationSpec(name="sales", file="defs.py", max_evaluators=2)
        again = open_location(spec, held.home, socket_path(held.home, "sales"))
        try:
            assert again.pid != held.pid
        finally:
            again.client.stop()
            again.client.close()
            assert again.process is not None
            again.process.wait(PATIENCE_SECONDS)


def test_many_who_open_it_at_once_find_one_front(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import sys, time
        from pathlib import Path
        from mainspring.location.address import socket_path
        from mainspring.location.opening import open_location
        from mainspring.location.spec import LocationSpec
        home = Path(sys.argv[1])
        found = open_location(LocationSpec(name="sales", file="defs.py"), home, socket_path(home, "sales"))
        status = next(each for each in found.client.watch() if each["status"] == "LOADED")
        print(found.pid, flush=True)
        sys.stdin.read()
    """)
    (tmp_path / "defs.py").write_text(GOOD)
    arguments = [sys.executable, "-c", program, str(tmp_path)]
    openers = [subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    pids = {int((each.stdout and each.stdout.readline()) or 0) for each in openers}
    for each in openers:
        each.communicate("")

    assert len(pids) == 1
    gone(pids.pop())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_whoever_opened_it_and_all_that_is_behind_it(tmp_path: Path, number: int) -> None:
    program = textwrap.dedent("""
        import sys
        from pathlib import Path
        from mainspring.location.address import socket_path
        from mainspring.location.evaluation import ask_sensor
        from mainspring.location.opening import open_location
        from mainspring.location.spec import LocationSpec
        home = Path(sys.argv[1])
        found = open_location(LocationSpec(name="sales", file="defs.py"), home, socket_path(home, "sales"))
        for status in found.client.watch():
            if status["status"] == "LOADED":
                list(found.client.evaluate([ask_sensor("a", "absent", 5.0)]))
                print(found.pid, flush=True)
    """)
    (tmp_path / "defs.py").write_text(GOOD)
    opener = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert opener.stdout is not None
    pid = int(opener.stdout.readline())
    behind = psutil.Process(pid).children(recursive=True)
    assert len(behind) >= 2
    os.kill(opener.pid, number)
    opener.communicate()

    gone(pid, *(each.pid for each in behind))
    assert not socket_path(tmp_path, "sales").exists()


@pytest.mark.parametrize("victim", ["front", "code"])
def test_what_is_behind_a_process_that_is_killed_ends_too(tmp_path: Path, victim: str) -> None:
    with front(tmp_path, start="spawn") as held:
        held.settled()
        behind = held.processes()
        assert len(behind) >= 3  # the front, the code, one that stands by
        os.kill(held.pid if victim == "front" else behind[1].pid, signal.SIGKILL)

        if victim == "front":
            gone(*(each.pid for each in behind))
        else:
            held.until(lambda status: status["status"] == "FAILED")
            held.until(lambda status: status["status"] == "LOADED")


def test_an_environment_of_its_own_has_its_own_packages(tmp_path: Path) -> None:
    own = tmp_path / "own"
    venv.create(own, with_pip=False)
    (site,) = own.glob("lib/python*/site-packages")
    (only_here := site / "only_here.py").write_text("VERSION = '7.0'\n")
    shared = [path for path in sys.path if path.endswith(("site-packages", "/src"))]
    (site / "shared.pth").write_text("\n".join(shared))
    code = f"import only_here\nassert only_here.__file__ == {str(only_here)!r}\n{GOOD}"
    with front(tmp_path, code) as held:
        assert "No module named 'only_here'" in held.settled()["error"]
    with front(tmp_path, code, name="own", python=str(own / "bin" / "python")) as held:
        assert held.settled()["error"] is None
        assert all(each.exe() == psutil.Process().exe() or str(own) in each.cmdline()[0] for each in held.processes())


def test_checking_touches_nothing_and_says_how_it_went(tmp_path: Path) -> None:
    with front(tmp_path) as held:
        held.settled()
        held.write("raise ValueError('not yet')\n")
        found = check_location(LocationSpec(name="sales", file="defs.py"), held.home)

        assert (found["status"], "not yet" in found["error"]) == ("FAILED", True)
        assert held.client.index()[1]
        reloaded = reload_location(LocationSpec(name="sales", file="defs.py"), held.home)
        assert reloaded["status"] == "FAILED"


def test_what_is_not_open_cannot_be_loaded_anew(tmp_path: Path) -> None:
    with pytest.raises(LocationError, match="is not open, so there is nothing to load anew; start `mainspring daemon`"):
        reload_location(LocationSpec(name="sales", file="defs.py"), tmp_path)


def test_a_lost_connection_is_one_sentence(tmp_path: Path) -> None:
    client = LocationClient("sales", f"unix:{tmp_path / 'nobody.sock'}")
    calls: list[Callable[[], object]] = [
        client.index,
        client.reload,
        lambda: list(client.watch()),
        lambda: client.launch({"run_id": "a", "attempt": 1}, 5.0),
    ]
    for each in calls:
        with pytest.raises(
            LocationError, match=r"location 'sales' cannot be reached \(UNAVAILABLE\); it is open while"
        ):
            each()
    client.close()


def gone(*pids: int) -> None:
    """Wait until processes are gone; zombies that nobody has buried yet are."""
    left = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
    _, alive = psutil.wait_procs(left, timeout=15)
    assert not [each for each in alive if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.slow
def test_a_front_that_was_stopped_is_given_up_with_all_that_was_asked_of_it(tmp_path: Path) -> None:
    """Scar: D#33438. Whoever waits for an evaluation is told, and whoever watches too."""
    code = GOOD.replace("defs = ", "@ms.sensor(job=first)\ndef never():\n    pass\n\ndefs = ").replace(
        "jobs=[first]", "jobs=[first], sensors=[never]"
    )
    with front(tmp_path, code) as held:
        held.settled()
        os.kill(held.pid, signal.SIGSTOP)
        try:
            with pytest.raises(LocationError):
                list(held.client.evaluate([ask_sensor("1", "never", 3600.0)]))
            assert held.statuses.get(timeout=60) is None
        finally:
            os.kill(held.pid, signal.SIGCONT)
