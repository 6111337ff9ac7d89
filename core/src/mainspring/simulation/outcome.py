"""What came of a simulation, with what repeats told once. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

from mainspring.run import Run
from mainspring.storage import Tick


@frozen(kw_only=True)
class Outcome:
    """That an automation came to the same several times.

    Attributes:
        location: Its code location.
        automation: The automation.
        kind: `schedule` or `sensor`.
        status: What its ticks came to.
        reason: Why nothing was asked for.
        asks_for: The jobs and modes of the runs that were asked for.
        times: How often.
        first_at: When first, in seconds since the epoch: of a schedule, when that was due.
        last_at: When last.
        runs: How many runs were asked for in all.
        dropped: How many requests were dropped because their run key had been asked for before.
        example: The first of the runs.
    """

    location: str
    automation: str
    kind: str
    status: str
    reason: str | None
    asks_for: tuple[tuple[str, str], ...]
    times: int
    first_at: float
    last_at: float
    runs: int
    dropped: int
    example: Run | None


def outcomes_of(ticks: Iterable[Tick], runs: Iterable[Run], since: float) -> tuple[Outcome, ...]:
    """Group ticks by what they came to, in the order in which an automation came to it first.

    Args:
        ticks: The ticks.
        runs: The runs that they asked for.
        since: The first moment that was simulated, in seconds since the epoch.
    """
    runs_of: dict[int | None, list[Run]] = defaultdict(list)
    for run in runs:
        runs_of[run.tick_id].append(run)
    alike: dict[tuple[object, ...], list[Tick]] = defaultdict(list)
    for tick in ticks:
        alike[tick.location, tick.automation, tick.status, tick.reason, _asks_for(runs_of[tick.tick_id])].append(tick)
    found = (_outcome(each, runs_of, since) for each in alike.values())
    return tuple(sorted(found, key=lambda each: (each.location, each.automation, each.first_at, each.status)))


def _outcome(alike: Sequence[Tick], runs_of: Mapping[int | None, Sequence[Run]], since: float) -> Outcome:
    first = alike[0]
    runs = [run for tick in alike for run in runs_of[tick.tick_id]]
    return Outcome(
        location=first.location,
        automation=first.automation,
        kind=first.kind,
        status=first.status.value,
        reason=first.reason,
        asks_for=_asks_for(runs),
        times=sum(tick.count for tick in alike),
        first_at=max(since, min(_first_of(tick) for tick in alike)),
        last_at=max(since, *(tick.scheduled_time or tick.last_at for tick in alike)),
        runs=len(runs),
        dropped=sum(tick.dropped * tick.count for tick in alike),
        example=runs[0] if runs else None,
    )


def _first_of(tick: Tick) -> float:
    return tick.since or tick.scheduled_time or tick.first_at


def _asks_for(runs: Iterable[Run]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted({(run.job_name, run.mode) for run in runs}))
