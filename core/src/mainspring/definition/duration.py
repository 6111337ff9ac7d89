"""Durations: lengths of time that people give, as seconds or as a timedelta."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from mainspring.errors import DefinitionError, shorten

LONGEST_SECONDS = 10 * 366 * 86_400.0
"""Ten years: whoever gives more means another unit."""


def in_seconds(value: float | timedelta | None) -> Any:
    """Return a length of time as a number of seconds; what is none stays as it is, to be refused."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    return float(value) if type(value) is int and abs(value) < LONGEST_SECONDS else value


def check_seconds(owner: str, name: str, value: object, *, least: float) -> None:
    """Check a length of time.

    Args:
        owner: What it is given for, as `schedule 'nightly'`.
        name: The parameter.
        value: A number of seconds.
        least: The shortest that is taken, in seconds.

    Raises:
        DefinitionError: It is no number, too short or too long.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= LONGEST_SECONDS:
        raise DefinitionError(
            f"{owner}: {name}={shorten(repr(value))} must be seconds, from {least:g} to {LONGEST_SECONDS:.0f} (ten years), "
            "or a timedelta"
        )
