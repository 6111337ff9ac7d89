"""The daemon's loop: what fails in one part keeps no other from its work."""

import threading
from pathlib import Path
from typing import Any, cast

import pytest
from attrs import define, evolve, field

import mainspring as ms
from mainspring.daemon.daemon import Daemon
from mainspring.errors import StorageError
from mainspring.execute import RunOptions
from mainspring.execute.launched import queue_run
from mainspring.run import Run
from mainspring.storage import AutomationStore, DutyStore

PATIENCE_SECONDS = 60.0


@ms.op
def one() -> int:
    return 1


@ms.job
def job() -> None:
    one()


@define(eq=False)
class Noting(ms.RunLauncher):
    """Notes what it is to launch."""

    launched: threading.Event = field(factory=threading.Event)

    def launch(self, launch: ms.Launch) -> None:
        self.launched.set()

    def terminate(self, run: Run) -> bool:
        return False

    def check(self, run: Run) -> ms.WorkerHealth:
        return ms.WorkerHealth("RUNNING")


class Broken:
    """A part of a storage in which everything fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:
        def fail(*_: object, **__: object) -> Any:
            raise self._error

        return fail


@pytest.mark.parametrize("error", [StorageError("its rows are damaged"), KeyError("a fault of ours")], ids=repr)
@pytest.mark.parametrize("part", ["automations", "duties"])
def test_runs_start_though_another_part_fails(tmp_path: Path, part: str, error: Exception) -> None:
    instance = ms.Instance.ephemeral()
    broken = cast("AutomationStore", Broken(error)) if part == "automations" else cast("DutyStore", Broken(error))
    changes: Any = {part: broken}
    unsound = evolve(instance, storage=evolve(instance.storage, **changes))
    queue_run(job, None, RunOptions(), instance=instance, location="sales")
    launcher = Noting()
    daemon = Daemon(unsound, tmp_path, {}, launcher, lambda run: ())
    thread = threading.Thread(target=daemon.run)
    thread.start()
    started = launcher.launched.wait(PATIENCE_SECONDS)
    daemon.stop()
    thread.join(PATIENCE_SECONDS)

    assert started
    assert not thread.is_alive()
