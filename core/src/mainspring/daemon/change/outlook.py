"""What the schedules of a location start in the time to come, once it offers new definitions. Pure."""

from __future__ import annotations

import math

from mainspring.daemon.change.compare import Definitions
from mainspring.daemon.change.plan import Outlook, Standing
from mainspring.daemon.tick.offered import OfferedSchedule, read_offered
from mainspring.definition.timing import count_times, next_time

COUNT_LIMIT = 1_000_000
"""Up to how many times of a schedule are counted; where there are more, it is one more."""


def outlook(standing: Standing, new: Definitions, now: float, until: float) -> tuple[Outlook, ...]:
    """Return when the schedules are due that will be on, those that are due first at the top.

    Args:
        standing: How the location stands.
        new: What it will offer.
        now: Seconds since the epoch.
        until: The end of the time that is looked at.
    """
    found: list[Outlook] = []
    for (kind, name), record in new.items():
        offered = read_offered(record) if kind == "schedule" else None
        if not isinstance(offered, OfferedSchedule):
            continue
        state = standing.states.get(name) or standing.states.get(offered.adopts or "")
        if offered.is_on(None if state is None else state.switch):
            number = count_times(offered.timing, now, until, COUNT_LIMIT + 1)
            first = next_time(offered.timing, now) if number else None
            found.append(Outlook(name, number, first, offered.has_function))
    return tuple(sorted(found, key=lambda each: (each.first or math.inf, each.name)))
