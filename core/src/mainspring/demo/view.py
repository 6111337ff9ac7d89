"""How a demonstration stands: what arrived, what was decided, what ran."""

from __future__ import annotations

from collections.abc import Collection
from statistics import median

from attrs import frozen

from mainspring.demo.home import LOCATION
from mainspring.demo.months import Months
from mainspring.run import Run, RunStatus
from mainspring.storage import LocationRecord, RunQuery, Storage, Tick, TickQuery

MONTH_JOB = "month"
REPORT_JOB = "season"
AUTOMATIONS = ("arrivals", "report")

_MOST = 1000
"""How many runs, and ticks of an automation, are looked at; more than a year brings."""


@frozen(kw_only=True)
class View:
    """How a demonstration stands.

    Attributes:
        at: When this was seen, seconds since the epoch.
        began_at: When it began.
        wanted: The months that are to arrive.
        arrived: The months that have arrived, with the number of flights of each, in their order.
        reported: The months that the last report tells of.
        locations: The code locations.
        ticks: The ticks since the beginning, the oldest first; times before it, which nobody was there for, are left out.
        runs: The runs since the beginning, the oldest first.
    """

    at: float
    began_at: float
    wanted: tuple[str, ...]
    arrived: tuple[tuple[str, int], ...] = ()
    reported: tuple[str, ...] = ()
    locations: tuple[LocationRecord, ...] = ()
    ticks: tuple[Tick, ...] = ()
    runs: tuple[Run, ...] = ()

    @property
    def done(self) -> tuple[str, ...]:
        """The months whose runs have succeeded."""
        found = {run.partition_key for run in self.runs_of(MONTH_JOB) if run.status is RunStatus.SUCCESS}
        return tuple(name for name in self.wanted if name in found)

    @property
    def failed(self) -> tuple[Run, ...]:
        """The runs that ended without success."""
        return tuple(run for run in self.runs if run.status in (RunStatus.FAILURE, RunStatus.CANCELED))

    @property
    def live(self) -> tuple[Run, ...]:
        """The runs that wait or are under way."""
        return tuple(run for run in self.runs if not run.status.is_final)

    @property
    def is_complete(self) -> bool:
        """Whether nothing more is to come: all months have run and are reported on, or something failed for good."""
        asked = {run.partition_key for run in self.runs_of(MONTH_JOB)}
        has_report = set(self.wanted) <= set(self.reported) or bool(self.failed)
        return not self.live and asked.issuperset(self.wanted) and has_report

    @property
    def start_delays_seconds(self) -> tuple[float, ...]:
        """How long after its time each report was at work."""
        return tuple(
            run.started_at - run.scheduled_time
            for run in self.runs
            if run.started_at is not None and run.scheduled_time is not None
        )

    @property
    def median_start_delay_seconds(self) -> float | None:
        """The median of these; None where there was no report."""
        delays = self.start_delays_seconds
        return median(delays) if delays else None

    def runs_of(self, job_name: str) -> tuple[Run, ...]:
        """Return the runs of a job."""
        return tuple(run for run in self.runs if run.job_name == job_name)


def look(
    storage: Storage,
    months: Months,
    wanted: tuple[str, ...],
    arrived: Collection[tuple[str, int]],
    now: float,
    since: float,
) -> View:
    """Return how a demonstration stands.

    Args:
        storage: Where it is recorded.
        months: The months that are done.
        wanted: Those that are to arrive.
        arrived: Those that have, with their flights.
        now: Seconds since the epoch.
        since: When it began.
    """
    ticks = [
        tick
        for name in AUTOMATIONS
        for tick in storage.automations.ticks(TickQuery(location=LOCATION, automation=name, limit=_MOST))
        if tick.first_at >= since and (tick.scheduled_time is None or tick.scheduled_time >= since)
    ]
    runs = [run for run in storage.runs.find(RunQuery(limit=_MOST)) if run.created_at >= since]
    return View(
        at=now,
        began_at=since,
        wanted=wanted,
        arrived=tuple(arrived),
        reported=months.reported(),
        locations=tuple(each for each in storage.locations.all() if each.updated_at >= since),
        ticks=tuple(sorted(ticks, key=lambda tick: (tick.first_at, tick.tick_id or 0))),
        runs=tuple(sorted(runs, key=lambda run: run.run_id)),
    )
