"""When a failed run is tried again."""

from __future__ import annotations

from typing import Any, Literal, get_args

from attrs import Attribute, field, frozen

from mainspring.definition.duration import check_seconds, in_seconds
from mainspring.errors import DefinitionError, shorten

RestartFrom = Literal["failure", "scratch"]

SHORTEST_LIMIT_SECONDS = 1.0
"""What is shorter is over before anybody looks."""


@frozen
class RunRetryPolicy:
    """How often, and after how long, a run that has failed has another attempt; for runs that the daemon started.

    A process that was killed, a machine that went down and a time limit that passed count as failures, as does a step that
    has failed for good; a run that was canceled is left alone.

    Attributes:
        max_retries: Attempts after the first one.
        delay_seconds: Seconds that each of them waits before it may start.
        restart_from: `"failure"`: it does what has not ended well; `"scratch"`: it does everything again.
    """

    max_retries: int = field(default=1)
    delay_seconds: float = field(default=0.0, alias="delay", converter=in_seconds)
    restart_from: RestartFrom = field(default="failure")

    @max_retries.validator
    def _check_count(self, attribute: Attribute[int], value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise DefinitionError(f"RunRetryPolicy(max_retries={shorten(repr(value))}): give a whole number, 0 or more")

    @delay_seconds.validator
    def _check_delay(self, attribute: Attribute[float], value: Any) -> None:
        check_seconds("RunRetryPolicy", "delay", value, least=0)

    @restart_from.validator
    def _check_restart(self, attribute: Attribute[str], value: Any) -> None:
        choices = get_args(RestartFrom)
        if value not in choices:
            listed = " or ".join(map(repr, choices))
            raise DefinitionError(f"RunRetryPolicy(restart_from={shorten(repr(value))}): give {listed}")


def checked_retry(owner: str, retry: object) -> RunRetryPolicy | None:
    """Return a job's retry policy once it is one.

    Raises:
        DefinitionError: It is not.
    """
    if retry is None or isinstance(retry, RunRetryPolicy):
        return retry
    raise DefinitionError(
        f"{owner}: retry={shorten(repr(retry))} must be an ms.RunRetryPolicy; an ms.RetryPolicy is for ops, which try "
        "their steps again"
    )


def checked_time_limit(owner: str, limit: object) -> float | None:
    """Return a job's time limit in seconds.

    Raises:
        DefinitionError: It is no length of time.
    """
    if limit is None:
        return None
    seconds = in_seconds(limit)  # type: ignore[arg-type]
    check_seconds(owner, "time_limit", seconds, least=SHORTEST_LIMIT_SECONDS)
    return float(seconds)
