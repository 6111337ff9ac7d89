"""Looking at many runs, whatever is wrong with one of them or with the storage."""

import threading
from typing import Any, cast

import pytest
from attrs import evolve

import mainspring as ms
from mainspring.daemon.monitor import Monitor
from mainspring.errors import StorageError
from mainspring.launch.launcher import HealthStatus
from mainspring.run import RunStatus
from mainspring.settings import MonitorSettings
from mainspring.storage import RunQuery
from mainspring.testing import VirtualClock
from tests.core.daemon.monitor.watching import PATIENCE_SECONDS, Told, Watch, dead


def test_a_check_that_hangs_delays_no_other(watch: Watch, launcher: Told) -> None:
    hanging = watch.given(RunStatus.STARTED, "a run whose check hangs")
    launcher.held_up[hanging] = threading.Event()
    gone = watch.given(RunStatus.STARTED, "behind it", worker=dead())
    launcher.health = "NOT_FOUND"
    told = threading.Event()
    monitor = Monitor(watch.instance, launcher, watch.settings, told.set)
    watch.monitors.append(monitor)
    monitor.reconcile()
    assert told.wait(PATIENCE_SECONDS)
    assert launcher.hangs.wait(PATIENCE_SECONDS)
    monitor.reconcile()
    for _ in range(10):
        watch.clock.advance(1.0)
        monitor.reconcile()

    assert (watch.status(gone), watch.status(hanging)) == ("FAILURE", "STARTED")
    assert launcher.checked.count(hanging) == 1


def test_all_runs_are_looked_at_however_many_there_are(clock: VirtualClock, launcher: Told) -> None:
    watch = Watch(ms.Instance.ephemeral(clock=clock), launcher)
    names = [watch.given(RunStatus.STARTED, f"run-{number:03}", worker=dead()) for number in range(450)]
    launcher.health = "NOT_FOUND"
    for _ in range(4):
        watch.look()
    watch.restart()

    assert {watch.status(each) for each in names} == {RunStatus.FAILURE}


def test_it_looks_as_often_as_the_settings_say(watch: Watch, launcher: Told) -> None:
    watch.settings = MonitorSettings(check_every_seconds=5.0)
    watch.given(RunStatus.STARTED)
    assert watch.monitor().reconcile() == 5.0
    watch.clock.advance(2.0)
    watch.monitor().join()

    assert watch.monitor().reconcile() == 3.0
    assert len(launcher.checked) == 1


def test_what_is_wrong_with_one_run_keeps_no_other_from_being_looked_at(watch: Watch, launcher: Told) -> None:
    class Damaged:
        """A log that cannot be read of one run."""

        def __init__(self, events: Any) -> None:
            self._events = events

        def __getattr__(self, name: str) -> Any:
            method = getattr(self._events, name)

            def call(run_id: str, *given: Any, **named: Any) -> Any:
                if run_id == "damaged":
                    raise StorageError("the row is damaged")
                return method(run_id, *given, **named)

            return call

    watch.given(RunStatus.STARTED, "damaged")
    gone = watch.given(RunStatus.STARTED, "gone", worker=dead())
    storage = evolve(watch.instance.storage, events=cast("Any", Damaged(watch.instance.storage.events)))
    watch.instance = evolve(watch.instance, storage=storage)
    launcher.health = "NOT_FOUND"
    watch.go_on(2)

    assert watch.status(gone) is RunStatus.FAILURE


class Outage:
    """A store of runs whose database is out of reach for a time."""

    def __init__(self, runs: Any) -> None:
        self._runs = runs
        self.is_out = False

    def __getattr__(self, name: str) -> Any:
        if self.is_out:
            raise StorageError("the database is out of reach")
        return getattr(self._runs, name)


@pytest.mark.parametrize("health", ["RUNNING", "UNKNOWN"])
def test_a_healthy_run_survives_an_outage_of_the_storage(watch: Watch, launcher: Told, health: HealthStatus) -> None:
    """Scar: P#18893."""
    outage = Outage(watch.instance.storage.runs)
    storage = evolve(watch.instance.storage, runs=cast("Any", outage))
    watch.instance = evolve(watch.instance, storage=storage)
    watch.settings = MonitorSettings(lost_after_seconds=30.0, start_timeout_seconds=30.0, cancel_timeout_seconds=30.0)
    run_ids = [watch.given(RunStatus.STARTED, "started"), watch.given(RunStatus.STARTING, "starting")]
    launcher.health = health
    watch.go_on(5)
    outage.is_out = True
    for _ in range(60):
        watch.clock.advance(1.0)
        with pytest.raises(StorageError):
            watch.monitor().reconcile()
    outage.is_out = False
    launcher.health = "RUNNING"
    watch.look()

    assert [watch.status(each) for each in run_ids] == ["STARTED", "STARTING"]
    assert launcher.terminated == []


def test_monitors_side_by_side_end_a_run_once(watch: Watch, launcher: Told) -> None:
    names = [watch.given(RunStatus.STARTED, f"run-{number:02}", worker=dead(), retries_left=1) for number in range(20)]
    launcher.health = "NOT_FOUND"
    monitors = [Monitor(watch.instance, launcher, watch.settings) for _ in range(3)]

    def work(monitor: Monitor) -> None:
        for _ in range(4):
            monitor.reconcile()
            monitor.join()
        monitor.close()

    threads = [threading.Thread(target=work, args=(each,)) for each in monitors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    watch.clock.advance(1.0)
    watch.go_on(2)

    for name in names:
        kinds = [event.kind for event in watch.instance.storage.events.read(name)]
        assert kinds.count("RUN_FAILURE") == 1
        assert kinds.count("RUN_QUEUED") == 2
        assert (watch.run(name).attempt, watch.run(name).retries_left) == (2, 0)
    assert len(watch.instance.storage.runs.find(RunQuery())) == 20
