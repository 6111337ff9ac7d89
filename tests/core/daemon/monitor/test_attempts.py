"""The attempts that follow one that has failed."""

from mainspring.run import RunPolicy, RunStatus
from tests.core.daemon.monitor.watching import Told, Watch


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
