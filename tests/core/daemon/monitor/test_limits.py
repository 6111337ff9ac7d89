"""Limits on start, cancel and run time."""

import threading

import pytest

from mainspring.errors import SupersededError
from mainspring.event import (
    RunQueued,
    RunStarting,
)
from mainspring.launch.launcher import HealthStatus
from mainspring.run import RunPolicy, RunStatus
from tests.core.daemon.monitor.watching import Told, Watch


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
