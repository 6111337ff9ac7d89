"""The starter, with launchers that do what they are told."""

import threading
from collections.abc import Iterator
from itertools import pairwise

import pytest
from attrs import define, field

import mainspring as ms
from mainspring.daemon.start import UNACKNOWLEDGED_SECONDS
from mainspring.daemon.starter import LOOK_AT_STARTING_SECONDS, Starter
from mainspring.event import Event, RunStarting
from mainspring.execute import RunOptions, find_run
from mainspring.execute.cancel import cancel_run
from mainspring.execute.launched import queue_run
from mainspring.run import Run
from mainspring.testing import VirtualClock


@ms.op
def one() -> int:
    return 1


@ms.job
def job() -> None:
    one()


@define(eq=False)
class Told(ms.RunLauncher):
    """Does what a test says."""

    launched: list[str] = field(factory=list)
    failing: int = 0
    health: ms.WorkerHealth = field(factory=lambda: ms.WorkerHealth("RUNNING"))

    def launch(self, launch: ms.Launch) -> None:
        self.launched.append(launch.run.run_id)
        if self.failing:
            self.failing -= 1
            raise ms.LaunchError(launch.run.run_id, "the location is down")

    def terminate(self, run: Run) -> bool:
        return False

    def check(self, run: Run) -> ms.WorkerHealth:
        return self.health


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def instance(clock: VirtualClock) -> ms.Instance:
    return ms.Instance.ephemeral(clock=clock)


@pytest.fixture
def launcher() -> Told:
    return Told()


@pytest.fixture
def starter(instance: ms.Instance, launcher: Told) -> Iterator[Starter]:
    starter = Starter(instance, launcher, lambda run: ("worker", run.run_id))
    yield starter
    starter.close()


def queued(instance: ms.Instance, priority: int = 0) -> str:
    return queue_run(job, None, RunOptions(priority=priority), instance=instance).run_id


def status(instance: ms.Instance, run_id: str) -> ms.RunStatus:
    return find_run(instance, run_id).status


def test_runs_are_claimed_and_launched_once(instance: ms.Instance, launcher: Told) -> None:
    names = [queued(instance) for _ in range(3)]
    starters = [Starter(instance, launcher, lambda run: ()) for _ in range(3)]
    threads = [threading.Thread(target=each.reconcile) for each in starters]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    for starter in starters:
        starter.close()

    assert sorted(launcher.launched) == sorted(names)
    assert {status(instance, name) for name in names} == {ms.RunStatus.STARTING}


def test_one_that_could_not_be_started_waits_longer_each_time_and_is_never_lost(
    instance: ms.Instance, starter: Starter, launcher: Told, clock: VirtualClock
) -> None:
    """Scar: a launch error was swallowed, and the run never launched."""
    name = queued(instance)
    launcher.failing = 3
    tries: list[float] = []
    while len(tries) < 4:
        before = len(launcher.launched)
        starter.reconcile()
        starter.join()
        if len(launcher.launched) > before:
            tries.append(clock.monotonic())
        clock.advance(0.25)

    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert gaps == [0.5, 1.0, 2.0]
    assert launcher.launched == [name] * 4
    assert status(instance, name) is ms.RunStatus.STARTING


def test_a_run_that_could_not_be_started_says_why_it_waits(
    instance: ms.Instance, starter: Starter, launcher: Told, clock: VirtualClock
) -> None:
    """Scar: nobody could see why a run was queued."""
    name = queued(instance)
    launcher.failing = 1
    starter.reconcile()
    starter.join()
    waiting = find_run(instance, name)
    assert (waiting.status, waiting.reason) == (ms.RunStatus.QUEUED, "the location is down")

    clock.advance(1.0)
    starter.reconcile()
    starter.join()
    assert find_run(instance, name).reason is None


def test_a_run_that_was_canceled_meanwhile_is_not_started(instance: ms.Instance, launcher: Told) -> None:
    name = queued(instance)
    cancel_run(instance, name)
    starter = Starter(instance, launcher, lambda run: ())
    assert starter.reconcile() == 0
    starter.close()

    assert launcher.launched == []
    assert status(instance, name) is ms.RunStatus.CANCELED


@pytest.mark.parametrize("health", ["NOT_FOUND", "RUNNING", "UNKNOWN"])
def test_a_launch_that_came_to_nothing_is_tried_again_by_whoever_looks(
    instance: ms.Instance, starter: Starter, launcher: Told, clock: VirtualClock, health: str
) -> None:
    """Scar: STARTING was written, then the daemon died: never launched."""
    name = queued(instance)
    claim = Event(run_id=name, run_attempt=1, fact=RunStarting(), timestamp=clock.time() - 86_400)  # a clock far off
    instance.storage.events.record(name, 1, [claim])
    launcher.health = ms.WorkerHealth(health)  # type: ignore[arg-type]
    assert starter.reconcile() == 0  # another daemon may be at it
    starter.join()
    assert launcher.launched == []
    clock.advance(UNACKNOWLEDGED_SECONDS + LOOK_AT_STARTING_SECONDS)
    starter.reconcile()
    starter.join()
    starter.reconcile()
    starter.close()

    assert launcher.launched == ([name] if health == "NOT_FOUND" else [])
