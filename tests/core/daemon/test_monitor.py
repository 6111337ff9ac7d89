"""The monitor, with launchers that say what they are told to."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from attrs import define, evolve, field

import mainspring as ms
from mainspring.daemon.monitor import Monitor
from mainspring.errors import StorageError, SupersededError
from mainspring.event import (
    Event,
    Fact,
    RunCanceling,
    RunFailed,
    RunQueued,
    RunStarted,
    RunStarting,
    RunSucceeded,
    StepStarted,
    StepSucceeded,
)
from mainspring.execute import find_run
from mainspring.execute.worker import own_identity
from mainspring.launch.launcher import HealthStatus
from mainspring.run import Run, RunPolicy, RunStatus, WorkerIdentity
from mainspring.settings import MonitorSettings
from mainspring.storage import RunQuery
from mainspring.testing import VirtualClock

PATIENCE_SECONDS = 60.0
SETTINGS = MonitorSettings(start_timeout_seconds=60.0, cancel_timeout_seconds=20.0)
ELSEWHERE = WorkerIdentity("elsewhere", "other/pid:[1]", 1, 1)


def own() -> WorkerIdentity:
    return own_identity(interruptible=True)


def dead() -> WorkerIdentity:
    return evolve(own(), start_time=own().start_time - 1)


@define(eq=False)
class Told(ms.RunLauncher):
    """Says what a test says, and notes what it is asked."""

    health: HealthStatus = "RUNNING"
    healths: dict[str, HealthStatus] = field(factory=dict)
    checked: list[str] = field(factory=list)
    terminated: list[str] = field(factory=list)
    held_up: dict[str, threading.Event] = field(factory=dict)
    hangs: threading.Event = field(factory=threading.Event)
    then: Callable[[], None] = lambda: None

    def launch(self, launch: ms.Launch) -> None:
        raise AssertionError("a monitor launches nothing")

    def terminate(self, run: Run) -> bool:
        self.terminated.append(run.run_id)
        return True

    def check(self, run: Run) -> ms.WorkerHealth:
        self.checked.append(run.run_id)
        if run.run_id in self.held_up:
            self.hangs.set()
            self.held_up[run.run_id].wait(PATIENCE_SECONDS)
        self.then()
        return ms.WorkerHealth(self.healths.get(run.run_id, self.health), "so it was told")


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


@define(eq=False)
class Watch:
    """A monitor and the time it works in."""

    instance: ms.Instance
    launcher: Told
    settings: MonitorSettings = SETTINGS
    monitors: list[Monitor] = field(factory=list)

    @property
    def clock(self) -> VirtualClock:
        return cast("VirtualClock", self.instance.clock)

    def monitor(self) -> Monitor:
        if not self.monitors:
            self.monitors.append(Monitor(self.instance, self.launcher, self.settings))
        return self.monitors[0]

    def look(self, *, join: bool = True) -> None:
        """Look once, and do what the answers call for."""
        self.monitor().reconcile()
        if join:
            self.monitor().join()
        self.monitor().reconcile()

    def go_on(self, seconds: float, *, join: bool = True) -> None:
        """Look every second for some time."""
        for _ in range(int(seconds)):
            self.look(join=join)
            self.clock.advance(1.0)
        self.look(join=join)

    def restart(self) -> None:
        """Have another daemon take over."""
        self.monitor().join()
        self.monitor().close()
        self.monitors.clear()

    def run(self, run_id: str) -> Run:
        return find_run(self.instance, run_id)

    def status(self, run_id: str) -> RunStatus:
        return self.run(run_id).status

    def record(self, run_id: str, *facts: Fact, step: str | None = None) -> None:
        attempt = self.run(run_id).attempt
        events = [
            Event(
                run_id=run_id,
                run_attempt=attempt,
                fact=fact,
                timestamp=self.clock.time(),
                step_key=step,
                step_attempt=None if step is None else 1,
            )
            for fact in facts
        ]
        self.instance.storage.events.record(run_id, attempt, events)

    def steps(self, run_id: str) -> list[tuple[str, str]]:
        return [(each.step_key, each.status.value) for each in self.instance.storage.events.steps(run_id)]

    def given(
        self,
        status: RunStatus,
        run_id: str = "run-1",
        *,
        worker: WorkerIdentity = ELSEWHERE,
        is_launched: bool = True,
        **fields: Any,
    ) -> str:
        """Record a run that stands so, with one step at work if its worker is."""
        queued = Run(run_id=run_id, job_name="job", mode="dev", status=RunStatus.QUEUED, location="shop", **fields)
        event = Event(run_id=run_id, run_attempt=1, fact=RunQueued(), timestamp=self.clock.time())
        self.instance.storage.runs.create(queued, [event])
        if is_launched:
            self.record(run_id, RunStarting())
        if status is not RunStatus.STARTING:
            self.claim(run_id, worker)
            self.record(run_id, StepStarted(), step="fetch")
        if status is RunStatus.CANCELING:
            self.record(run_id, RunCanceling())
        if status is RunStatus.FAILURE:
            self.record(run_id, RunFailed("step 'fetch' failed"))
        return run_id

    def claim(self, run_id: str, worker: WorkerIdentity = ELSEWHERE, attempt: int = 1) -> None:
        started = Event(run_id=run_id, run_attempt=attempt, fact=RunStarted(), timestamp=self.clock.time())
        self.instance.storage.runs.claim(run_id, attempt, worker, [started])

    def succeed(self, run_id: str) -> None:
        self.record(run_id, StepSucceeded(), step="fetch")
        self.record(run_id, RunSucceeded())


@pytest.fixture
def watch(instance: ms.Instance, launcher: Told) -> Iterator[Watch]:
    watch = Watch(instance, launcher)
    yield watch
    for each in launcher.held_up.values():
        each.set()
    for monitor in watch.monitors:
        monitor.close()


@pytest.mark.parametrize("health", ["RUNNING", "UNKNOWN"])
def test_a_healthy_run_is_left_alone(watch: Watch, launcher: Told, health: HealthStatus) -> None:
    """Scar: D#33209, a run that was failed while its launcher could not tell."""
    run_id = watch.given(RunStatus.STARTED)
    launcher.health = health
    watch.go_on(100)

    assert watch.status(run_id) is RunStatus.STARTED
    assert len(launcher.checked) >= 100
    assert launcher.terminated == []


def test_a_worker_that_is_gone_has_failed_its_run_within_seconds(watch: Watch, launcher: Told) -> None:
    """Scars: D#3705, a lost worker; D#28456, P#8566, P#17415, its place in the queue comes back within seconds."""
    run_id = watch.given(RunStatus.STARTED)
    launcher.health = "NOT_FOUND"
    watch.look()
    assert watch.status(run_id) is RunStatus.STARTED
    watch.go_on(2)
    run = watch.run(run_id)

    assert (run.status, run.reason) == (
        RunStatus.FAILURE,
        "its worker died while it carried out the run (so it was told)",
    )
    assert watch.steps(run_id) == [("fetch", "FAILURE")]
    assert launcher.terminated == []


def test_a_process_that_this_host_sees_dead_fails_its_run_at_once(watch: Watch, launcher: Told) -> None:
    """Scars: D#28456, P#8566, P#17415."""
    run_id = watch.given(RunStatus.STARTED, worker=dead())
    launcher.health = "FAILED"
    watch.look()

    assert watch.status(run_id) is RunStatus.FAILURE


def test_one_bad_answer_among_others_fails_no_run(watch: Watch, launcher: Told) -> None:
    """Scar: D#33209."""
    run_id = watch.given(RunStatus.STARTED)
    for health in ("NOT_FOUND", "RUNNING", "FAILED", "UNKNOWN", "SUCCEEDED", "RUNNING"):
        launcher.health = health
        watch.look()
        watch.clock.advance(1.0)

    assert watch.status(run_id) is RunStatus.STARTED


@pytest.mark.parametrize("health", ["SUCCEEDED", "FAILED", "NOT_FOUND"])
@pytest.mark.parametrize("worker", [ELSEWHERE, dead()], ids=["elsewhere", "here"])
def test_a_run_that_has_succeeded_stays_so(
    watch: Watch, launcher: Told, health: HealthStatus, worker: WorkerIdentity
) -> None:
    """Scars: D#22565, D#33604. The worker ends well just when its launcher is asked, and is gone then."""
    run_id = watch.given(RunStatus.STARTED, worker=worker, retries_left=1)
    launcher.health = health
    if worker is ELSEWHERE:
        watch.look()

    def succeed() -> None:
        if watch.status(run_id) is RunStatus.STARTED:
            watch.succeed(run_id)

    launcher.then = succeed
    watch.go_on(3)

    assert watch.status(run_id) is RunStatus.SUCCESS
    assert watch.steps(run_id) == [("fetch", "SUCCESS")]


def test_a_launcher_that_raises_fails_no_run(watch: Watch, launcher: Told) -> None:
    run_id = watch.given(RunStatus.STARTED)

    def fail() -> None:
        raise RuntimeError("out of order")

    launcher.then = fail
    watch.go_on(5)

    assert watch.status(run_id) is RunStatus.STARTED


def test_a_silent_host_is_lost_by_policy(watch: Watch, launcher: Told) -> None:
    """Scar: D#33209."""
    run_id = watch.given(RunStatus.STARTED)
    watch.settings = MonitorSettings(lost_after_seconds=30.0)
    launcher.health = "UNKNOWN"
    watch.go_on(29)
    assert watch.status(run_id) is RunStatus.STARTED
    watch.go_on(2)

    assert watch.status(run_id) is RunStatus.FAILURE
    assert "for 30 s nobody could tell how it does" in (watch.run(run_id).reason or "")
    assert launcher.terminated == [run_id]


def test_a_run_that_no_launcher_has_started_is_looked_for_by_its_process(watch: Watch, launcher: Told) -> None:
    """A launcher that has not started a process knows nothing of it, and ends no notebook."""
    launcher.health = "NOT_FOUND"
    lives = watch.given(RunStatus.STARTED, "lives", worker=own(), is_launched=False)
    far = watch.given(RunStatus.STARTED, "far", is_launched=False)
    died = watch.given(RunStatus.STARTED, "died", worker=dead(), is_launched=False)
    ending = watch.given(RunStatus.CANCELING, "ending", worker=own(), is_launched=False)
    watch.go_on(5)

    assert [watch.status(each) for each in (lives, far, died)] == ["STARTED", "STARTED", "FAILURE"]
    assert (launcher.checked, launcher.terminated) == ([], [])
    watch.go_on(20)
    assert watch.status(ending) is RunStatus.CANCELED


def test_a_run_that_nobody_begins_has_failed_and_a_late_worker_does_nothing(watch: Watch, launcher: Told) -> None:
    """Scars: D#16535, D#15325."""
    run_id = watch.given(RunStatus.STARTING)
    watch.go_on(59)
    assert watch.status(run_id) is RunStatus.STARTING
    watch.go_on(1)
    run = watch.run(run_id)

    assert (run.status, run.reason) == (RunStatus.FAILURE, "no worker has begun it within 60 s of its launch")
    assert launcher.terminated == [run_id]
    with pytest.raises(SupersededError):
        watch.claim(run_id)


def test_a_late_worker_finds_its_attempt_superseded(watch: Watch, launcher: Told) -> None:
    """Scars: D#16535, D#15325."""
    run_id = watch.given(RunStatus.STARTING, retries_left=1)
    launcher.health = "NOT_FOUND"
    watch.go_on(62)

    assert (watch.status(run_id), watch.run(run_id).attempt) == (RunStatus.QUEUED, 2)
    with pytest.raises(SupersededError):
        watch.claim(run_id)
    watch.claim(run_id, attempt=2)


def test_a_run_that_is_launched_anew_has_its_time_again(watch: Watch) -> None:
    run_id = watch.given(RunStatus.STARTING)
    watch.go_on(40)
    watch.record(run_id, RunQueued("it was to be started and was not"))
    watch.record(run_id, RunStarting())
    watch.go_on(40)

    assert watch.status(run_id) is RunStatus.STARTING


def test_a_run_that_is_canceled_ends_with_its_worker(watch: Watch, launcher: Told) -> None:
    run_id = watch.given(RunStatus.CANCELING)
    watch.look()
    assert launcher.terminated == [run_id]
    launcher.health = "SUCCEEDED"
    watch.go_on(2)

    assert watch.status(run_id) is RunStatus.CANCELED
    assert watch.steps(run_id) == [("fetch", "CANCELED")]


@pytest.mark.parametrize("health", ["RUNNING", "UNKNOWN"])
@pytest.mark.parametrize("hangs", [False, True])
def test_canceling_ends_even_if_the_worker_does_not(
    watch: Watch, launcher: Told, health: HealthStatus, *, hangs: bool
) -> None:
    run_id = watch.given(RunStatus.CANCELING)
    launcher.health = health
    if hangs:
        launcher.held_up[run_id] = threading.Event()
    watch.go_on(19, join=not hangs)
    assert watch.status(run_id) is RunStatus.CANCELING
    watch.go_on(1, join=not hangs)
    run = watch.run(run_id)

    assert run.status is RunStatus.CANCELED
    assert "has not ended within 20 s of being asked, and may still be at work" in (run.reason or "")
    assert hangs or len(launcher.terminated) == 2


LIMITED = RunPolicy(time_limit_seconds=60.0)


def test_a_run_that_takes_longer_than_its_limit_is_ended_and_has_failed(watch: Watch, launcher: Told) -> None:
    run_id = watch.given(RunStatus.STARTED, policy=LIMITED)
    watch.go_on(59)
    assert (watch.status(run_id), launcher.terminated) == (RunStatus.STARTED, [])
    watch.go_on(1)
    run = watch.run(run_id)

    assert (run.status, run.reason) == (RunStatus.FAILURE, "it ran longer than its limit of 60 s")
    assert launcher.terminated == [run_id]
    assert watch.steps(run_id) == [("fetch", "FAILURE")]


def test_a_limit_holds_across_daemons(watch: Watch) -> None:
    run_id = watch.given(RunStatus.STARTED, policy=LIMITED)
    for _ in range(6):
        watch.go_on(9)
        watch.restart()
    assert watch.status(run_id) is RunStatus.STARTED
    watch.go_on(6)

    assert watch.status(run_id) is RunStatus.FAILURE


@pytest.mark.parametrize("off_seconds", [-86_400.0, 86_400.0])
def test_a_workers_clock_that_is_off_ends_no_run_too_early(watch: Watch, off_seconds: float) -> None:
    run_id = watch.given(RunStatus.STARTING, policy=LIMITED)
    watch.clock.jump(off_seconds)
    watch.claim(run_id)
    watch.clock.jump(-off_seconds)
    watch.go_on(59)

    assert watch.status(run_id) is RunStatus.STARTED
    watch.go_on(2)
    assert watch.status(run_id) is RunStatus.FAILURE


def test_a_failed_run_is_retried_once_its_worker_has_ended(watch: Watch, launcher: Told) -> None:
    policy = RunPolicy(max_retries=1, retry_delay_seconds=30.0)
    run_id = watch.given(RunStatus.FAILURE, retries_left=1, policy=policy)
    watch.go_on(5)
    assert watch.status(run_id) is RunStatus.FAILURE
    launcher.health = "SUCCEEDED"
    watch.clock.advance(1.0)
    watch.look()
    run = watch.run(run_id)

    assert (run.status, run.attempt, run.retries_left) == (RunStatus.QUEUED, 2, 0)
    assert run.not_before == watch.clock.time() + 30.0
    assert run.reason == "attempt 1 failed: step 'fetch' failed"
    assert launcher.terminated == []


def test_a_run_without_attempts_left_stays_failed(watch: Watch, launcher: Told) -> None:
    run_id = watch.given(RunStatus.FAILURE, policy=RunPolicy(max_retries=3))
    launcher.health = "NOT_FOUND"
    watch.go_on(5)

    assert (watch.status(run_id), watch.run(run_id).attempt) == (RunStatus.FAILURE, 1)


def test_a_run_that_was_canceled_is_not_retried(watch: Watch, launcher: Told) -> None:
    run_id = watch.given(RunStatus.CANCELING, retries_left=3)
    launcher.health = "NOT_FOUND"
    watch.go_on(5)

    assert (watch.status(run_id), watch.run(run_id).attempt) == (RunStatus.CANCELED, 1)


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
