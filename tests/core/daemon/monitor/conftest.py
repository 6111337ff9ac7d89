"""Monitors, in memory and in a database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import mainspring as ms
from mainspring.testing import VirtualClock
from tests.core.daemon.monitor.watching import Told, Watch


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture(params=["memory", "database"])
def instance(request: pytest.FixtureRequest, tmp_path: Path, clock: VirtualClock) -> Iterator[ms.Instance]:
    if request.param == "memory":
        yield ms.Instance.ephemeral(clock=clock)
        return
    home = tmp_path / "home"
    home.mkdir()
    with ms.Instance.open(home, clock=clock) as opened:
        yield opened


@pytest.fixture
def launcher() -> Iterator[Told]:
    launcher = Told()
    yield launcher
    for each in launcher.held_up.values():
        each.set()


@pytest.fixture
def watch(instance: ms.Instance, launcher: Told) -> Iterator[Watch]:
    watch = Watch(instance, launcher)
    yield watch
    for each in launcher.held_up.values():
        each.set()
    for monitor in watch.monitors:
        monitor.close()
