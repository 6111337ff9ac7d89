"""A location that is slow to start its runs, or cannot, holds up no others."""

import threading
from collections.abc import Iterator

import pytest
from attrs import define, field

import mainspring as ms
from mainspring.daemon.errands import AT_A_TIME
from mainspring.daemon.starter import Starter
from mainspring.execute import RunOptions
from mainspring.execute.launched import queue_run
from mainspring.run import Run
from mainspring.run.queue import QueueRules
from mainspring.testing import VirtualClock

PATIENCE_SECONDS = 60.0


@ms.op
def one() -> int:
    return 1


@ms.job
def job() -> None:
    one()


@define(eq=False)
class HeldUp(ms.RunLauncher):
    """Starts the runs of any location but one, whose launches take until a gate is opened."""

    gate: threading.Event = field(factory=threading.Event)
    started: threading.Event = field(factory=threading.Event)

    def launch(self, launch: ms.Launch) -> None:
        if launch.run.location == "slow":
            self.gate.wait(PATIENCE_SECONDS)
        else:
            self.started.set()

    def terminate(self, run: Run) -> bool:
        return False

    def check(self, run: Run) -> ms.WorkerHealth:
        return ms.WorkerHealth("RUNNING")


@pytest.fixture
def launcher() -> Iterator[HeldUp]:
    launcher = HeldUp()
    yield launcher
    launcher.gate.set()


@pytest.mark.parametrize("count", [AT_A_TIME, 450])
def test_runs_of_other_locations_are_started_meanwhile(launcher: HeldUp, count: int) -> None:
    instance = ms.Instance.ephemeral()
    for _ in range(count):
        queue_run(job, None, RunOptions(), instance=instance, location="slow")
    queue_run(job, None, RunOptions(), instance=instance, location="quick")
    starter = Starter(instance, launcher, lambda run: ())
    starter.reconcile()

    assert launcher.started.wait(PATIENCE_SECONDS)
    launcher.gate.set()
    starter.close()


@define(eq=False)
class Down(ms.RunLauncher):
    """Cannot start the runs of one location."""

    tried: list[str] = field(factory=list)
    is_down: bool = True

    def launch(self, launch: ms.Launch) -> None:
        self.tried.append(launch.run.location or "")
        if launch.run.location == "slow" and self.is_down:
            raise ms.LaunchError(launch.run.run_id, "the location does not answer")

    def terminate(self, run: Run) -> bool:
        return False

    def check(self, run: Run) -> ms.WorkerHealth:
        return ms.WorkerHealth("RUNNING")


def test_a_location_that_hangs_leaves_half_of_the_places_to_others(launcher: HeldUp) -> None:
    instance = ms.Instance.ephemeral()
    for _ in range(20):
        queue_run(job, None, RunOptions(), instance=instance, location="slow")
    queue_run(job, None, RunOptions(), instance=instance, location="quick")
    starter = Starter(instance, launcher, lambda run: (), QueueRules(max_concurrent_runs=4))
    starter.reconcile()

    assert launcher.started.wait(PATIENCE_SECONDS)
    launcher.gate.set()
    starter.close()


def test_a_location_that_starts_nothing_is_tried_with_one_run_now_and_then() -> None:
    clock = VirtualClock()
    instance = ms.Instance.ephemeral(clock=clock)
    for _ in range(50):
        queue_run(job, None, RunOptions(), instance=instance, location="slow")
    launcher = Down()
    starter = Starter(instance, launcher, lambda run: ())
    for _ in range(600):
        starter.reconcile()
        starter.join()
        clock.advance(0.1)
    tried = len(launcher.tried)
    launcher.is_down = False
    for _ in range(600):
        starter.reconcile()
        starter.join()
        clock.advance(0.1)
    starter.close()

    assert tried < 30
    assert len(launcher.tried) == tried + 50
