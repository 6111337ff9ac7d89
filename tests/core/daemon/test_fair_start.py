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
