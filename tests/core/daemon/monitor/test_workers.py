"""Workers that are gone, silent, or only seem so."""

import pytest

from mainspring.launch.launcher import HealthStatus
from mainspring.run import RunStatus, WorkerIdentity
from mainspring.settings import MonitorSettings
from tests.core.daemon.monitor.watching import ELSEWHERE, Told, Watch, dead, own


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
    """Scars: D#3705, P#10141, a lost worker; D#28456, P#8566, P#17415, its place in the queue comes back within seconds."""
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
