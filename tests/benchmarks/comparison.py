"""What the rounds say: medians, the median of the ratios, and whether the target is met."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Literal

from attrs import field, frozen

from tests.benchmarks.process import Measurement
from tests.benchmarks.row import OURS, Row

Verdict = Literal["met", "missed", "unknown", "none"]


@frozen
class Round:
    """One turn of a row: what its programs gave, by system; who failed is absent."""

    measurements: Mapping[str, Measurement]

    def value(self, system: str) -> float | None:
        """Return the number of a system, if it has one."""
        found = self.measurements.get(system)
        return None if found is None else found.value


@frozen
class Comparison:
    """All rounds of one row.

    Attributes:
        row: The row.
        rounds: What each round gave.
        failures: Why a system could not be measured, by system.
    """

    row: Row
    rounds: Sequence[Round]
    failures: Mapping[str, str] = field(factory=dict)

    @property
    def ours(self) -> float | None:
        """The median of ours."""
        return self._median(OURS)

    @property
    def peer(self) -> float | None:
        """The median of the peer's."""
        return None if self.row.peer is None else self._median(self.row.peer.system)

    @property
    def ratio(self) -> float | None:
        """The median, over the rounds that have both, of how many times ours the peer's took."""
        if self.row.peer is None:
            return None
        pairs = [(each.value(OURS), each.value(self.row.peer.system)) for each in self.rounds]
        return median([peer / ours for ours, peer in pairs if ours and peer is not None])

    @property
    def breakdown(self) -> Mapping[str, float]:
        """The medians of the parts that our program names, where the row asks for them."""
        if self.row.breakdown is None:
            return {}
        parts: dict[str, list[float]] = {}
        for each in self.rounds:
            found = each.measurements.get(OURS)
            if found is not None:
                for name, value in found.line.get(self.row.breakdown, {}).items():
                    parts.setdefault(name, []).append(float(value))
        return {name: statistics.median(values) for name, values in parts.items()}

    @property
    def verdicts(self) -> Mapping[str, Verdict]:
        """Whether each part of the target is met: `ratio`, `limit`, and those that the breakdown names."""
        target = self.row.target
        found = {"ratio": _at_least(target.ratio, self.ratio), "limit": _at_most(target.at_most, self.ours)}
        parts = self.breakdown
        return found | {name: _at_most(wanted, parts.get(name)) for name, wanted in target.parts.items()}

    @property
    def verdict(self) -> Verdict:
        """Whether the target is met: missed where one part is missed, unknown where one could not be measured."""
        parts = set(self.verdicts.values()) - {"none"}
        order: tuple[Verdict, ...] = ("missed", "unknown", "met")
        return next((each for each in order if each in parts), "none")

    def _median(self, system: str) -> float | None:
        return median([value for each in self.rounds if (value := each.value(system)) is not None])


def median(values: Sequence[float]) -> float | None:
    """Return the median, or None of nothing."""
    return statistics.median(values) if values else None


def _at_least(wanted: float | None, found: float | None) -> Verdict:
    if wanted is None:
        return "none"
    if found is None:
        return "unknown"
    return "met" if found >= wanted else "missed"


def _at_most(wanted: float | None, found: float | None) -> Verdict:
    if wanted is None:
        return "none"
    if found is None:
        return "unknown"
    return "met" if found <= wanted else "missed"
