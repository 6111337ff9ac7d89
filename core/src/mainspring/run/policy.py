"""A run's policy: what is done for it besides starting it once."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

RetryFrom = Literal["failure", "scratch"]
"""Whether a new attempt keeps what ended well, or does all of it again."""


@frozen(kw_only=True)
class RunPolicy:
    """What was asked for a run besides its work.

    Attributes:
        max_retries: How many attempts follow one that fails, without a person.
        retry_from: What such an attempt does: what has not ended well, or everything.
        retry_delay_seconds: How long it waits.
        time_limit_seconds: How long an attempt may take once it has begun; None for any time.
        waits_for_last: Whether it waits while runs of earlier ticks of its automation are under way.
    """

    max_retries: int = 0
    retry_from: RetryFrom = "failure"
    retry_delay_seconds: float = 0.0
    time_limit_seconds: float | None = None
    waits_for_last: bool = False


NO_POLICY = RunPolicy()
"""One attempt, of any length, that waits for nothing."""
