"""What a job says of its runs: how often one that failed is tried again, and how long an attempt may take."""

from datetime import timedelta
from typing import Any

import pytest

import mainspring as ms


@ms.op
def one() -> int:
    return 1


def body() -> None:
    one()


def test_a_job_without_a_policy_is_run_once_and_for_any_time() -> None:
    job = ms.job(body)

    assert (job.run_retry, job.time_limit_seconds) == (None, None)


@pytest.mark.parametrize("limit", [90, 90.0, timedelta(seconds=90)])
def test_a_job_keeps_its_policy_and_its_limit(limit: Any) -> None:
    policy = ms.RunRetryPolicy(max_retries=2, delay=timedelta(minutes=1), restart_from="scratch")
    job = ms.job(retry=policy, time_limit=limit)(body)

    assert (job.run_retry, job.time_limit_seconds) == (policy, 90.0)
    assert policy.delay_seconds == 60.0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"max_retries": -1}, "RunRetryPolicy(max_retries=-1): give a whole number, 0 or more"),
        ({"max_retries": True}, "give a whole number"),
        ({"max_retries": 1.5}, "give a whole number"),
        ({"delay": -1}, "RunRetryPolicy: delay=-1"),
        ({"delay": float("nan")}, "must be seconds"),
        ({"delay": "1"}, "must be seconds"),
        ({"delay": 10**400}, "must be seconds"),
        ({"restart_from": "start"}, "RunRetryPolicy(restart_from='start'): give 'failure' or 'scratch'"),
        ({"restart_from": []}, "give 'failure' or 'scratch'"),
    ],
)
def test_refuses_what_is_wrong_in_one_sentence(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ms.DefinitionError) as raised:
        ms.RunRetryPolicy(**arguments)

    assert said in str(raised.value)
    assert len(str(raised.value)) < 250


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"retry": ms.RetryPolicy()}, "job 'body': retry=RetryPolicy("),
        ({"retry": 3}, "must be an ms.RunRetryPolicy"),
        ({"time_limit": 0}, "job 'body': time_limit=0"),
        ({"time_limit": timedelta(0)}, "must be seconds, from 1 to"),
        ({"time_limit": "1h"}, "time_limit='1h'"),
        ({"time_limit": True}, "time_limit=True"),
    ],
)
def test_a_job_refuses_what_is_no_policy_and_no_limit(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ms.DefinitionError) as raised:
        ms.job(**arguments)(body)

    assert said in str(raised.value)
