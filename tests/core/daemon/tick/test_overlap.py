import pytest

from mainspring.daemon.tick.overlap import judge
from mainspring.definition.catch_up import Overlap
from mainspring.run import Run, RunStatus


def run(status: RunStatus) -> Run:
    return Run(run_id=f"run {status}", job_name="job", mode="dev", status=status, scheduled_time=1.5)


STARTED, QUEUED = run(RunStatus.STARTED), run(RunStatus.QUEUED)


@pytest.mark.parametrize("live", [[], [STARTED], [QUEUED], [STARTED, QUEUED]])
def test_what_is_allowed_goes_ahead(live: list[Run]) -> None:
    verdict = judge("allow", live)

    assert (verdict.refusal, verdict.waits_for_last, verdict.to_cancel) == (None, False, ())


@pytest.mark.parametrize("policy", ["skip", "queue_one", "cancel_running"])
def test_where_nothing_is_under_way_all_go_ahead(policy: Overlap) -> None:
    assert judge(policy, []) == judge("allow", [])


@pytest.mark.parametrize("live", [STARTED, QUEUED])
def test_a_run_that_waits_counts_as_one_that_runs(live: Run) -> None:
    said = f"run {live.run_id} of 1970-01-01T00:00:01.500Z is {live.status} (overlap: skip)"

    assert judge("skip", [live]).refusal == said


def test_one_waits_at_a_time() -> None:
    first = judge("queue_one", [STARTED])
    assert (first.refusal, first.waits_for_last) == (None, True)
    assert "one may wait at a time" in (judge("queue_one", [STARTED, QUEUED]).refusal or "")


def test_what_runs_is_canceled_for_the_next_one() -> None:
    verdict = judge("cancel_running", [STARTED, QUEUED])

    assert verdict.to_cancel == (STARTED, QUEUED)
    assert verdict.waits_for_last
