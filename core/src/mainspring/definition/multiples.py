"""Multiples of a number of seconds since the epoch: none left out and none twice, whatever floats make of them."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache


def multiple(seconds: float, index: int) -> float:
    """Return a multiple: the float nearest to it."""
    numerator, denominator = _ratio(seconds)
    return index * numerator / denominator  # of integers, so it is rounded once and right


def index_after(seconds: float, after: float) -> int:
    """Return the index of the first multiple after a time."""
    numerator, denominator = _ratio(seconds)
    top, bottom = after.as_integer_ratio()
    index = top * denominator // (bottom * numerator) + 1
    # The time may be the multiple itself, rounded down.
    return index if index * numerator / denominator > after else index + 1


@lru_cache(maxsize=4096)
def _ratio(seconds: float) -> tuple[int, int]:
    """Return the number that was written: 0.1 is a tenth, and not the float nearest to it."""
    return Fraction(repr(seconds)).as_integer_ratio()
