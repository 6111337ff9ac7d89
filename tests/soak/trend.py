"""Whether what was measured again and again has stayed flat. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from attrs import frozen

WARM_UP = 0.25
"""The share of the samples that come first and do not count: caches fill up, code is loaded."""

LEAST_GROWTH = 2.0
"""How much is always noise, in the unit of the samples."""

NOISE = 0.04
"""The share of the level that is noise."""


@frozen
class Trend:
    """How a quantity has gone.

    Attributes:
        level: Its median.
        growth: By how much it has grown over the time that counts, by the slope that half of all pairs exceed (Theil, 1950;
            Sen, 1968): single outliers do not move it.
    """

    level: float
    growth: float

    @property
    def is_flat(self) -> bool:
        """Whether that growth is no more than noise."""
        return self.growth <= max(LEAST_GROWTH, NOISE * self.level)


def trend_of(samples: Sequence[float]) -> Trend:
    """Return how samples have gone that were taken at even distances.

    Raises:
        ValueError: There are fewer than four that count.
    """
    counted = samples[int(len(samples) * WARM_UP) :]
    if len(counted) < 4:
        raise ValueError(f"{len(samples)} samples are too few to see a trend; measure for longer")
    slopes = [
        (later - earlier) / (there - here)
        for here, earlier in enumerate(counted)
        for there, later in enumerate(counted[here + 1 :], here + 1)
    ]
    return Trend(statistics.median(counted), statistics.median(slopes) * (len(counted) - 1))
