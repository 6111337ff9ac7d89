"""Coordinates: where in its row each item stands, as near as may be to what it is connected to."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T", bound=Hashable)

PASSES = 6


def place_rows(
    rows: Sequence[Sequence[T]],
    widths: Mapping[T, float],
    connections: Sequence[tuple[T, float, T, float]],
    gap: float,
) -> dict[T, float]:
    """Return the middle of each item, the leftmost edge being at 0; items of a row keep their order and the gap.

    Args:
        rows: The items of each row, in order.
        widths: How wide each is.
        connections: An upper item, where on it the edge begins, a lower one, where it ends; both from the middle.
        gap: The least distance between two neighbors.
    """
    above: dict[T, list[tuple[T, float]]] = {item: [] for row in rows for item in row}
    below: dict[T, list[tuple[T, float]]] = {item: [] for row in rows for item in row}
    for upper, begin, lower, end in connections:
        above[lower].append((upper, begin - end))
        below[upper].append((lower, end - begin))
    distances = [[(widths[left] + widths[right]) / 2 + gap for left, right in itertools.pairwise(row)] for row in rows]
    middle = {item: 0.0 for row in rows for item in row}
    for row, apart in zip(rows, distances, strict=True):
        middle.update(zip(row, nearest([0.0] * len(row), apart), strict=True))
    downward = list(zip(rows, distances, strict=True))
    for each in range(PASSES):
        wanted_from = (above, below)[each % 2]
        for row, apart in downward if each % 2 == 0 else reversed(downward):
            wanted = [_mean(middle, wanted_from[item], middle[item]) for item in row]
            middle.update(zip(row, nearest(wanted, apart), strict=True))
    left = min((middle[item] - widths[item] / 2 for item in middle), default=0.0)
    return {item: at - left for item, at in middle.items()}


def nearest(wanted: Sequence[float], distances: Sequence[float]) -> list[float]:
    """Return places nearest to the wanted ones (least squares) that keep their order and these distances.

    Isotonic regression by pooling adjacent violators: M. Ayer et al., "An empirical distribution function for sampling
    with incomplete information", 1955.

    >>> nearest([5, 5, 20], [10, 10])
    [0.0, 10.0, 20.0]
    """
    offsets = [0.0]
    for distance in distances:
        offsets.append(offsets[-1] + distance)
    pools: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=False):
        total, size = want - offset, 1
        while pools and pools[-1][0] / pools[-1][1] > total / size:
            other, count = pools.pop()
            total, size = total + other, size + count
        pools.append((total, size))
    free = [total / size for total, size in pools for _ in range(size)]
    return [place + offset for place, offset in zip(free, offsets, strict=False)]


def _mean(middle: Mapping[T, float], others: Sequence[tuple[T, float]], otherwise: float) -> float:
    return sum(middle[other] + shift for other, shift in others) / len(others) if others else otherwise
