"""What a job says of its runs' policy: it goes with each run that the daemon is to start."""

from __future__ import annotations

from mainspring.definition.run_retry import RunRetryPolicy
from mainspring.run import RunPolicy


def run_policy(retry: RunRetryPolicy | None, time_limit_seconds: float | None) -> RunPolicy:
    """Return the policy of a job's runs.

    Args:
        retry: When one that has failed is tried again.
        time_limit_seconds: How long an attempt may take.
    """
    if retry is None:
        return RunPolicy(time_limit_seconds=time_limit_seconds)
    return RunPolicy(
        max_retries=retry.max_retries,
        retry_from=retry.restart_from,
        retry_delay_seconds=retry.delay_seconds,
        time_limit_seconds=time_limit_seconds,
    )
