"""Attempts that follow a run's failure without a person: what they are to do, and what they do again."""

import json
from typing import Any

import pytest

import mainspring as ms
from mainspring.errors import SupersededError, TransitionError
from mainspring.execute import RunOptions, find_run
from mainspring.execute.launched import prepare_launched, queue_run
from mainspring.execute.next_attempt import queue_next_attempt
from mainspring.execute.recorded_job import RecordedJob, find_recorded_job, queue_recorded
from mainspring.location.job_document import job_document
from mainspring.run import Run, RunPolicy
from mainspring.storage import DefinitionRecord, LocationRecord, LocationStatus
from mainspring.testing import VirtualClock

done: list[str] = []
"""The steps that were executed, in order; each test begins with none."""

broken: set[str] = set()
"""The steps that fail."""


@pytest.fixture(autouse=True)
def afresh() -> None:
    done.clear()
    broken.clear()


@pytest.fixture
def instance() -> ms.Instance:
    return ms.Instance.ephemeral(clock=VirtualClock())


def work(context: ms.OpContext) -> int:
    done.append(context.step_key)
    if context.step_key in broken:
        raise ValueError(f"{context.step_key} is broken")
    return len(done)


@ms.op
def fetch(context: ms.OpContext) -> int:
    return work(context)


@ms.op
def double(context: ms.OpContext, number: int) -> int:
    return work(context)


@ms.op
def report(context: ms.OpContext, number: int) -> int:
    return work(context)


def body() -> None:
    report(double(fetch()))


def job_of(**said: Any) -> ms.Job:
    return ms.job(name="daily", **said)(body)


def carry_out(instance: ms.Instance, job: ms.Job, run: Run) -> Run:
    launched = prepare_launched(ms.Definitions(jobs=[job]), run.run_id, run.attempt, instance)
    launched.carry_out(launched.claim())
    return find_run(instance, run.run_id)


def failed_at(instance: ms.Instance, job: ms.Job, step: str) -> Run:
    broken.add(step)
    run = carry_out(instance, job, queue_run(job, None, RunOptions(), instance=instance))
    assert run.status is ms.RunStatus.FAILURE
    broken.clear()
    done.clear()
    return run


FROM = {"failure": ["report"], "scratch": ["fetch", "double", "report"]}


@pytest.mark.parametrize("restart_from", FROM)
def test_the_next_attempt_does_what_its_policy_says(instance: ms.Instance, restart_from: Any) -> None:
    job = job_of(retry=ms.RunRetryPolicy(max_retries=2, restart_from=restart_from))
    run = failed_at(instance, job, "report")
    assert run.retries_left == 2

    waiting = queue_next_attempt(instance, run)
    assert (waiting.status, waiting.attempt, waiting.retries_left) == (ms.RunStatus.QUEUED, 2, 1)
    assert waiting.reason == f"attempt 1 failed: {run.reason}"

    ended = carry_out(instance, job, waiting)
    assert ended.status is ms.RunStatus.SUCCESS
    assert done == FROM[restart_from]


def test_what_an_attempt_from_scratch_has_not_done_yet_is_done_by_the_one_that_follows(instance: ms.Instance) -> None:
    """A value of an attempt that was given up is not mixed with those of the attempt that began anew."""
    job = job_of(retry=ms.RunRetryPolicy(max_retries=1, restart_from="scratch"))
    waiting = queue_next_attempt(instance, failed_at(instance, job, "report"))
    broken.add("double")
    assert carry_out(instance, job, waiting).status is ms.RunStatus.FAILURE
    broken.clear()
    done.clear()

    job.retry(waiting.run_id, instance=instance)
    assert done == ["double", "report"]


def test_what_another_run_has_left_is_not_done_again_even_from_scratch(instance: ms.Instance) -> None:
    job = job_of(retry=ms.RunRetryPolicy(restart_from="scratch"))
    parent = failed_at(instance, job, "double")
    broken.add("report")
    child = queue_run(job, None, RunOptions(parent_run_id=parent.run_id), instance=instance)
    failed = carry_out(instance, job, child)
    broken.clear()
    done.clear()
    carry_out(instance, job, queue_next_attempt(instance, failed))

    assert done == ["double", "report"]


def test_it_waits_as_long_as_its_policy_says(instance: ms.Instance) -> None:
    job = job_of(retry=ms.RunRetryPolicy(delay=30))
    run = failed_at(instance, job, "report")

    assert queue_next_attempt(instance, run).not_before == instance.clock.time() + 30


def test_it_is_queued_once(instance: ms.Instance) -> None:
    """Scars: D#16535, D#15325."""
    run = failed_at(instance, job_of(retry=ms.RunRetryPolicy(max_retries=9)), "report")
    waiting = queue_next_attempt(instance, run)
    with pytest.raises(SupersededError):
        queue_next_attempt(instance, run)
    with pytest.raises(TransitionError):
        queue_next_attempt(instance, waiting)

    assert find_run(instance, run.run_id) == waiting


def test_what_succeeded_has_no_next_attempt(instance: ms.Instance) -> None:
    """Scars: D#22565, D#33604."""
    job = job_of(retry=ms.RunRetryPolicy())
    run = carry_out(instance, job, queue_run(job, None, RunOptions(), instance=instance))
    with pytest.raises(TransitionError):
        queue_next_attempt(instance, run)

    assert find_run(instance, run.run_id) == run


def recorded(instance: ms.Instance, body: dict[str, Any]) -> RecordedJob:
    """Record a job as its location does, and read it again."""
    location = LocationRecord(name="shop", status=LocationStatus.LOADED)
    definition = DefinitionRecord(location="shop", kind="job", name="daily", hash="hash", body=json.dumps(body))
    instance.storage.locations.record(location, [definition])
    return find_recorded_job(instance.storage, "daily")


@pytest.mark.parametrize(
    ("said", "policy"),
    [
        ({}, RunPolicy()),
        ({"time_limit": 60}, RunPolicy(time_limit_seconds=60.0)),
        (
            {"retry": ms.RunRetryPolicy(2, 5, "scratch"), "time_limit": 60},
            RunPolicy(max_retries=2, retry_delay_seconds=5.0, retry_from="scratch", time_limit_seconds=60.0),
        ),
    ],
    ids=["nothing", "a limit", "all"],
)
def test_a_run_bears_what_its_job_says(instance: ms.Instance, said: dict[str, Any], policy: RunPolicy) -> None:
    job = job_of(**said)
    found = recorded(instance, job_document(job, {}))
    runs = [
        queue_run(job, None, RunOptions(), instance=instance),
        queue_recorded(found, None, RunOptions(), instance=instance),
    ]

    assert [(run.policy, run.retries_left) for run in runs] == [(policy, policy.max_retries)] * 2
    assert [find_run(instance, run.run_id) for run in runs] == runs


def test_a_job_that_an_older_mainspring_recorded_has_no_policy(instance: ms.Instance) -> None:
    document = job_document(job_of(), {})
    del document["retry"], document["time_limit_seconds"]

    assert recorded(instance, document).policy == RunPolicy()


def test_a_run_in_this_process_is_attempted_once(instance: ms.Instance) -> None:
    broken.add("fetch")
    result = job_of(retry=ms.RunRetryPolicy(max_retries=3)).execute(instance=instance, raise_on_error=False)

    assert (result.run.status, result.run.retries_left) == (ms.RunStatus.FAILURE, 0)
