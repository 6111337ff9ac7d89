"""Which times a schedule has decided, against those that were due. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from mainspring.audit.books import Finding
from mainspring.definition.timing import Timing, due_times, last_times
from mainspring.storage import AutomationState
from mainspring.text import utc

ONE_DECISION = "one decision a tick"
NONE_LEFT_OUT = "no time is left out"

Decided = tuple[float, float | None]
"""What a tick has decided: the last time, and the first one of a stretch of times."""

MOST_TIMES = 100_000
"""How many due times of a schedule are looked at: its last ones."""

_SHOWN = 3


def check_decided_once(state: AutomationState, decided: Sequence[Decided]) -> Iterator[Finding]:
    """Yield the times that ticks of a schedule have decided several times."""
    name = f"{state.location}:{state.name}"
    times = Counter(last for last, _ in decided)
    for time, count in times.items():
        if count > 1:
            yield Finding(ONE_DECISION, name, f"schedule {name} has decided {utc(time)} {count} times")


def check_none_left_out(
    state: AutomationState, decided: Sequence[Decided], timing: Timing, since: float
) -> Iterator[Finding]:
    """Yield that due times of a schedule, up to its mark, were decided by no tick and wait in no backlog, or by two.

    Args:
        state: How it stands; its ticks were read after it.
        decided: What all its ticks have decided since then.
        timing: When it is due.
        since: Since when it is due so, seconds since the epoch.
    """
    if state.mark is None or state.mark <= since:
        return
    name = f"{state.location}:{state.name}"
    due = last_times(timing, since, state.mark, MOST_TIMES)
    begin = _before(due[0]) if due else state.mark
    times: Counter[float] = Counter()
    for last, first in decided:
        if last > begin:
            times.update((last,) if first is None else due_times(timing, max(_before(first), begin), last))
    waiting = {time for after, until in state.backlog for time in due_times(timing, max(after, begin), until)}
    lost = [time for time in due if not times[time] and time not in waiting]
    if lost:
        said = f"{len(lost)} due times of schedule {name} were decided by no tick: {_listed(lost)}"
        yield Finding(NONE_LEFT_OUT, name, said)
    again = [time for time in due if times[time] > 1]
    if again:
        said = f"{len(again)} due times of schedule {name} were decided more than once: {_listed(again)}"
        yield Finding(ONE_DECISION, name, said)


def _before(time: float) -> float:
    return math.nextafter(time, -math.inf)


def _listed(times: Sequence[float]) -> str:
    more = ", …" if len(times) > _SHOWN else ""
    return f"{', '.join(utc(time) or '' for time in times[:_SHOWN])}{more}"
