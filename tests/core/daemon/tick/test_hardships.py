"""What befalls a daemon: others beside it, storage that fails, evaluations that come back too late."""

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from attrs import define, evolve, field

import mainspring as ms
from mainspring.daemon.starter import Starter
from mainspring.errors import StorageError
from mainspring.execute import RunOptions
from mainspring.execute.launched import queue_run
from mainspring.run import Run
from mainspring.storage import AutomationStore, Lease, Storage, open_storage
from tests.core.daemon.tick.deployed import LOCATION, Deployed

HOUR = 3600.0
PATIENCE_SECONDS = 60.0


@ms.op
def one() -> int:
    return 1


@ms.job
def job() -> None:
    one()


def hourly(context: ms.ScheduleContext) -> ms.RunRequest:
    return ms.RunRequest()


def uploads(context: ms.SensorContext) -> Iterator[ms.RunRequest]:
    number = int(context.cursor or 0)
    yield ms.RunRequest(f"key {number}")
    context.set_cursor(str(number + 1))


DEFINITIONS = ms.Definitions(
    jobs=[job],
    schedules=[ms.schedule(job=job, every=HOUR, default_status="running")(hourly)],
    sensors=[ms.sensor(job=job, default_status="running")(uploads)],
)


def test_who_was_taken_over_from_changes_nothing_any_more(deployed: Deployed, storage: Storage) -> None:
    """Scars: D#33962, W#2773, W#4445, D#33438. Stopped in the middle of an evaluation, for longer than its lease."""
    another = Deployed(storage, daemon_id="daemon-2", clock=deployed.clock)
    another.client = deployed.client
    deployed.offer(DEFINITIONS)
    deployed.look()

    def taken_over(message: Mapping[str, Any]) -> None:
        if message["kind"] != "schedule":
            return
        deployed.client.before = lambda message: None
        before = next(each for each in storage.duties.leases() if each.name == LOCATION)
        storage.duties.take_lease(Lease(LOCATION, "daemon-2", before.version + 1), before)
        another.look()

    deployed.client.before = taken_over
    deployed.advance(HOUR)

    assert deployed.statuses("hourly") == ["REQUESTED"]
    assert len([run for run in deployed.runs() if run.automation == "hourly"]) == 1


def test_an_evaluation_that_never_ended_is_made_again_by_the_next_daemon(deployed: Deployed) -> None:
    """Scar: D#33438. Nothing of it is recorded before it is decided, so nothing of it is in the way."""
    deployed.offer(DEFINITIONS)
    deployed.look()
    gate = threading.Event()
    deployed.client.before = lambda message: hold(gate)
    deployed.clock.advance(HOUR)
    deployed.automations.reconcile([LOCATION])
    assert deployed.automations.progress.evaluating == 2
    deployed.start_daemon()
    gate.set()
    deployed.advance(5)

    assert deployed.statuses("hourly") == ["REQUESTED"]
    assert [run.run_key for run in deployed.runs() if run.automation == "uploads"] == ["key 0", "key 1"]


def hold(gate: threading.Event) -> None:
    """Wait for a gate to be opened."""
    gate.wait(PATIENCE_SECONDS)


POINTS = ["tick.commit", "tick.committed"]


class DiedError(Exception):
    """Stands for the end of a process."""


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("reached", [1, 2, 3, 4])
def test_a_daemon_that_dies_is_followed_by_one_that_goes_on(storage: Storage, point: str, reached: int) -> None:
    """Scars: D#17344, D#29792, D#6941."""
    count = 0

    def dies(name: str) -> None:
        nonlocal count
        count += name == point
        if count == reached and name == point:
            raise DiedError

    deployed = Deployed(storage, crash_point=dies)
    deployed.offer(DEFINITIONS)
    deployed.clock.advance(HOUR - 120)
    end = deployed.clock.time() + 240
    while deployed.clock.time() < end:
        try:
            deployed.advance(end - deployed.clock.time())
        except DiedError:
            deployed.start_daemon()
    keys = [run.run_key for run in deployed.runs() if run.automation == "uploads"]

    assert count >= reached
    assert len(deployed.ticks("hourly")) <= 1
    assert keys == [f"key {number}" for number in range(len(keys))]
    assert storage.automations.cursors(LOCATION, ["uploads"]) == {"uploads": str(len(keys))}
    assert len(keys) > 10


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    storage = open_storage("sqlite:///mainspring.db", tmp_path)
    deployed = Deployed(storage)
    deployed.offer(DEFINITIONS)
    deployed.clock.advance(HOUR - 120)
    deployed.look()
    limit_pages(storage, "(SELECT 1)")
    with pytest.raises(StorageError, match="disk is full"):
        deployed.advance(240)
    limit_pages(storage, "1073741823")
    deployed.automations.look_again()
    deployed.advance(240)
    keys = [run.run_key for run in deployed.runs() if run.automation == "uploads"]

    assert set(deployed.statuses("hourly")) == {"REQUESTED"}
    assert keys == [f"key {number}" for number in range(len(keys))]
    storage.close()


def limit_pages(storage: Storage, count: str) -> None:
    """Let the database grow no further; one page is fewer than there are, which SQLite takes for as many as there are."""
    database: Any = storage.runs
    with database._database.read() as connection:  # noqa: SLF001 - the limit is the connection's
        connection.exec_driver_sql(f"PRAGMA max_page_count = {1 if 'SELECT' in count else count}")


class Unsteady:
    """Automations in a storage that is away at times."""

    def __init__(self, storage: Storage) -> None:
        self._store = storage.automations
        self.is_away = False

    def __getattr__(self, name: str) -> Any:
        if self.is_away:
            raise StorageError("the storage is away")
        return getattr(self._store, name)


def test_storage_that_is_away_for_a_minute_delays_and_loses_nothing(storage: Storage) -> None:
    """Scars: D#16643, D#4001."""
    unsteady = Unsteady(storage)
    deployed = Deployed(evolve(storage, automations=cast("AutomationStore", unsteady)))
    deployed.offer(DEFINITIONS)
    deployed.look()
    deployed.clock.advance(HOUR - 30)
    unsteady.is_away = True
    for _ in range(60):
        with pytest.raises(StorageError):
            deployed.look()
        deployed.clock.advance(1)
    unsteady.is_away = False
    deployed.advance(5)
    keys = [run.run_key for run in deployed.runs() if run.automation == "uploads"]

    assert deployed.statuses("hourly") == ["REQUESTED"]
    assert keys == [f"key {number}" for number in range(len(keys))] != []


@define(eq=False)
class BlackHole(ms.RunLauncher):
    """Swallows the first run that it is to launch."""

    gate: threading.Event = field(factory=threading.Event)
    launched: list[str] = field(factory=list)
    swallowed: str = ""

    def launch(self, launch: ms.Launch) -> None:
        if not self.swallowed:
            self.swallowed = launch.run.run_id
            self.gate.wait(PATIENCE_SECONDS)
        self.launched.append(launch.run.run_id)

    def terminate(self, run: Run) -> bool:
        return False

    def check(self, run: Run) -> ms.WorkerHealth:
        return ms.WorkerHealth("RUNNING")


def test_one_launch_that_hangs_delays_no_other() -> None:
    """Scar: a hung launch delayed every other schedule."""
    instance = ms.Instance.ephemeral()
    launcher = BlackHole()
    for _ in range(101):
        queue_run(job, None, RunOptions(), instance=instance, location="sales")
    changed = threading.Event()
    starter = Starter(instance, launcher, lambda run: (), on_change=changed.set)
    while len(launcher.launched) < 100:
        starter.reconcile()
        assert changed.wait(PATIENCE_SECONDS)
        changed.clear()

    assert launcher.swallowed not in launcher.launched
    launcher.gate.set()
    starter.close()


def test_a_run_is_launched_while_its_location_is_down_where_the_launcher_does_not_need_it() -> None:
    """Scars: D#3778, D#20730."""
    instance = ms.Instance.ephemeral()
    launcher = BlackHole(swallowed="none")
    run = queue_run(job, None, RunOptions(), instance=instance, location="down")
    starter = Starter(instance, launcher, lambda run: ("worker", run.run_id))
    starter.reconcile()
    starter.close()

    assert launcher.launched == [run.run_id]
