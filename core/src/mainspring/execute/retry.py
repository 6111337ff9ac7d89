"""Whether a failed step is tried again: a pure decision."""

from __future__ import annotations

from mainspring.definition.retry import Failure, RetryPolicy, RetryRequested


def retry_delay_seconds(policy: RetryPolicy | None, error: BaseException, attempt: int, chance: float) -> float | None:
    """Return after how many seconds a failed step is tried again, or None where it is not.

    Args:
        policy: The op's policy, if it has one.
        error: What the attempt raised.
        attempt: Which attempt it was, from 1, counted across attempts of the run.
        chance: A random number from 0 to 1, for jitter.
    """
    match error:
        case Failure(allow_retries=False):
            return None
        case RetryRequested():
            policy = error.policy
    if policy is None or attempt > policy.max_retries:
        return None
    return policy.delay_seconds(attempt, chance)
