"""Ranks: which row each item stands in, so that every edge leads downward, and the order of the items in each row."""

from __future__ import annotations

import itertools
from bisect import bisect_right, insort
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T", bound=Hashable)

SWEEPS = 8
_MANY = 3000
"""Items and bends from which on few sweeps have to do."""


def rank(items: Sequence[T], edges: Iterable[tuple[T, T]]) -> dict[T, int]:
    """Return each item's row: below all that it depends on, and no farther up than what depends on it asks for.

    Args:
        items: The items, in an order in which each comes after all that it depends on.
        edges: From what to what; those that lead upward in that order are left out of account.
    """
    index = {item: each for each, item in enumerate(items)}
    above: dict[T, list[T]] = {item: [] for item in items}
    below: dict[T, list[T]] = {item: [] for item in items}
    for source, target in edges:
        if index[source] < index[target]:
            above[target].append(source)
            below[source].append(target)
    ranks: dict[T, int] = {}
    for item in items:
        ranks[item] = max((ranks[each] + 1 for each in above[item]), default=0)
    for item in reversed(items):
        if not above[item] and below[item]:
            ranks[item] = min(ranks[each] for each in below[item]) - 1
    return ranks


def order_rows(rows: list[list[T]], below: Mapping[T, Sequence[T]]) -> list[list[T]]:
    """Return the rows with their items in an order in which few edges cross.

    Each row in turn, down and up again, is sorted by the mean place of what its items are connected to (the barycenter
    heuristic of Sugiyama, Tagawa and Toda); the best of all orders seen is kept.

    Args:
        rows: The items of each row.
        below: What each item is connected to in the next row.
    """
    above: dict[T, list[T]] = {item: [] for row in rows for item in row}
    for source, targets in below.items():
        for target in targets:
            above[target].append(source)
    rows = [list(row) for row in rows]
    best, fewest = [list(row) for row in rows], _crossings(rows, below)
    sweeps = SWEEPS if sum(map(len, rows)) < _MANY else 2
    for sweep in range(sweeps):
        if fewest == 0:
            break
        if sweep % 2 == 0:
            for upper, lower in itertools.pairwise(rows):
                _sort(lower, upper, above)
        else:
            for upper, lower in zip(rows[-2::-1], rows[:0:-1], strict=True):
                _sort(upper, lower, below)
        found = _crossings(rows, below)
        if found < fewest:
            best, fewest = [list(row) for row in rows], found
    return best


def _sort(row: list[T], fixed: Sequence[T], connected: Mapping[T, Sequence[T]]) -> None:
    """Sort a row by the mean place of what its items are connected to in a row that stays; the others keep theirs."""
    place = {item: each for each, item in enumerate(fixed)}
    scale = len(fixed) / max(len(row), 1)

    def mean(each: int) -> float:
        places = [place[other] for other in connected.get(row[each], ())]
        return sum(places) / len(places) if places else each * scale

    row[:] = [row[each] for each in sorted(range(len(row)), key=mean)]


def _crossings(rows: Sequence[Sequence[T]], below: Mapping[T, Sequence[T]]) -> int:
    crossings = 0
    for upper, lower in itertools.pairwise(rows):
        place = {item: each for each, item in enumerate(lower)}
        seen: list[int] = []
        for item in upper:
            ends = sorted(place[each] for each in below.get(item, ()))
            crossings += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return crossings
