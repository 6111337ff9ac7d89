"""When a failed step is tried again, and how an op says so itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, assert_never, get_args

from attrs import Attribute, field, frozen

from mainspring.definition.metadata import checked_metadata
from mainspring.errors import DefinitionError, shorten

Backoff = Literal["constant", "linear", "exponential"]
Jitter = Literal["none", "full", "equal"]
_CHOICES = {"backoff": Backoff, "jitter": Jitter}

DELAY_LIMIT_SECONDS = 30 * 24 * 3600
"""A month; who means to wait longer wants a schedule."""

_DOUBLINGS = 64
"""By then any delay has passed its limit, and the number still fits a float."""


def _seconds(instance: object, attribute: Attribute[float], value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= DELAY_LIMIT_SECONDS:
        raise DefinitionError(
            f"RetryPolicy({attribute.name}={shorten(repr(value))}): give seconds, from 0 to {DELAY_LIMIT_SECONDS}"
        )


def _count(instance: object, attribute: Attribute[int], value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise DefinitionError(f"RetryPolicy({attribute.name}={shorten(repr(value))}): give a whole number, 0 or more")


def _choice(instance: object, attribute: Attribute[str], value: object) -> None:
    choices = get_args(_CHOICES[attribute.name])
    if value not in choices:
        listed = ", ".join(map(repr, choices))
        raise DefinitionError(f"RetryPolicy({attribute.name}={shorten(repr(value))}): give one of {listed}")


@frozen
class RetryPolicy:
    """How often, and after how long, a failed step is tried again.

    Attributes:
        max_retries: Attempts after the first one.
        delay: Seconds before the first retry.
        backoff: How the delay grows from retry to retry: not at all, by itself, or doubling.
        jitter: `"full"` draws the delay evenly between 0 and its value; `"equal"` between half of it and all of it
            (the names and rules of M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
        max_delay: Seconds that no delay exceeds.
    """

    max_retries: int = field(default=1, validator=_count)
    delay: float = field(default=0.0, validator=_seconds)
    backoff: Backoff = field(default="constant", validator=_choice)
    jitter: Jitter = field(default="none", validator=_choice)
    max_delay: float = field(default=3600.0, validator=_seconds)

    def delay_seconds(self, retry: int, chance: float) -> float:
        """Return the seconds to wait before a retry.

        Args:
            retry: Which retry: 1 for the first.
            chance: A random number from 0 to 1, which jitter uses.
        """
        capped = min(self.delay * self._growth(retry), self.max_delay)
        match self.jitter:
            case "none":
                return capped
            case "full":
                return capped * chance
            case "equal":
                return capped * (0.5 + chance / 2)
            case _:
                assert_never(self.jitter)

    def _growth(self, retry: int) -> float:
        match self.backoff:
            case "constant":
                return 1.0
            case "linear":
                return float(retry)
            case "exponential":
                return 2.0 ** min(retry - 1, _DOUBLINGS)
            case _:
                assert_never(self.backoff)


class Failure(Exception):  # noqa: N818 - a public name
    """Raised by an op to fail its step with facts attached.

    Attributes:
        description: What went wrong, for people.
        metadata: Facts about it, kept with the step's failure.
        allow_retries: False ends the step now, whatever its retry policy says.
    """

    def __init__(
        self, description: str = "", *, metadata: Mapping[str, Any] | None = None, allow_retries: bool = True
    ) -> None:
        super().__init__(description)
        self.description = description
        self.metadata = checked_metadata("Failure", metadata or {})
        self.allow_retries = allow_retries


class RetryRequested(Exception):  # noqa: N818 - a public name
    """Raised by an op to be tried again, with or without a retry policy.

    Attributes:
        max_retries: Attempts after the first one, at most.
        delay: Seconds to wait before the next attempt.
    """

    def __init__(self, reason: str = "", *, max_retries: int = 1, delay: float = 0.0) -> None:
        super().__init__(reason or "the op asked to be tried again")
        self.policy = RetryPolicy(max_retries=max_retries, delay=delay)
