"""Running the demonstration: months arrive, a daemon has them run, and what comes of it is told as data."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from mainspring.demo.daemon_thread import DaemonThread
from mainspring.demo.delivery import Parcel, deliver, parcels
from mainspring.demo.home import ARRIVALS, SEASON, one_demo, prepare_home
from mainspring.demo.months import MONTHS, Months
from mainspring.demo.tables import data_folder
from mainspring.demo.view import REPORT_JOB, View, look
from mainspring.errors import MainspringError
from mainspring.execute import cancel_run, settle_dead
from mainspring.execute.worker import liveness
from mainspring.instance import Instance
from mainspring.launch.ending import end_worker
from mainspring.run import RunStatus
from mainspring.storage import LocationStatus, RunQuery

if TYPE_CHECKING:
    from mainspring.run import Run

LOOK_SECONDS = 0.1
"""How often it is looked how things stand."""

STALL_SECONDS = 120.0
"""How long it may take until something happens."""

END_SECONDS = 3.0
"""How long a run that is under way may take to end once the demonstration is over."""


class DemoError(MainspringError):
    """A demonstration that came to no end."""


@frozen(kw_only=True)
class Programme:
    """What is demonstrated.

    Attributes:
        home: The instance's folder; made where it is absent.
        mode: `dev` keeps every value in files under the home, `test` the reports only.
        months: How many months arrive.
        pause_seconds: How long after each month the next one arrives.
        ends_by_itself: Whether it is over when all months are done.
    """

    home: Path
    mode: str = "dev"
    months: int = len(MONTHS)
    pause_seconds: float = 1.0
    ends_by_itself: bool = True


@frozen(kw_only=True)
class Outcome:
    """What came of a demonstration.

    Attributes:
        programme: What was demonstrated.
        home: The instance's folder as an absolute path.
        seconds: How long it took.
        view: How it stood at the end.
        report_run_id: The run of the last report; None where there was none.
        summary: A row for each month that was reported on: `month`, `flights`, `late_share`, `bad_weather_share`, `best`,
            `best_delay`, `worst`, `worst_delay`; shares are from 0 to 1, delays mean minutes on arrival.
    """

    programme: Programme
    home: Path
    seconds: float
    view: View
    report_run_id: str | None
    summary: Sequence[Mapping[str, Any]]


def demonstrate(programme: Programme, show: Callable[[View], None], is_stopped: Callable[[], bool]) -> Outcome:
    """Let the months of a year arrive, one after the other, in a home with a daemon, and return what came of it.

    Nothing that it has started is left when it returns.

    Args:
        programme: What is demonstrated.
        show: Called with how it stands, several times a second.
        is_stopped: Whether somebody wants it to end.

    Raises:
        MissingExtraError: The packages that it needs are not installed.
        InstanceError: The home cannot be used, or another demonstration is at work there.
        DemoError: The code could not be loaded, or nothing happens any more.
    """
    data_folder()
    folder, settings = prepare_home(programme.home)
    with one_demo(folder), Instance.open(folder) as opened:
        instance = evolve(opened, settings=evolve(settings, mode=programme.mode))
        _end_runs(instance)
        began_at = instance.clock.time()
        try:
            with DaemonThread(instance, folder, settings) as daemon:
                year = _Year(instance, folder, programme, began_at)
                while not (is_stopped() or (programme.ends_by_itself and year.view.is_complete)):
                    daemon.check()
                    year.go_on()
                    show(year.view)
                    instance.clock.wait(threading.Event(), LOOK_SECONDS)
        finally:
            _end_runs(instance)
        return _outcome(programme, folder, instance, year, began_at)


class _Year:
    """The year as it goes by: delivers each month when it is time to, and looks how things stand."""

    def __init__(self, instance: Instance, folder: Path, programme: Programme, began_at: float) -> None:
        self._instance = instance
        self._folder = folder
        self._pause_seconds = programme.pause_seconds
        self._began_at = began_at
        self._due: list[Parcel] = list(parcels(programme.months))
        self._wanted = tuple(parcel.name for parcel in self._due)
        self._arrived: list[tuple[str, int]] = []
        self._deliver_at: float | None = None
        self._changed_at = instance.clock.monotonic()
        self.view = View(at=began_at, wanted=self._wanted)

    def go_on(self) -> None:
        """Do what is to be done now.

        Raises:
            DemoError: The code could not be loaded, or nothing happens any more.
        """
        self._deliver()
        before, self.view = self.view, self.look()
        now = self._instance.clock.monotonic()
        if _state(before) != _state(self.view) or self.view.is_complete:
            self._changed_at = now
        elif now - self._changed_at > STALL_SECONDS:
            raise DemoError(
                f"nothing has happened for {STALL_SECONDS:g} s; `mainspring run list --home {self._folder}` says what waits"
            )
        for each in self.view.locations:
            if each.status is LocationStatus.FAILED:
                raise DemoError(f"location {each.name} failed: {each.error}")

    def look(self) -> View:
        """Return how things stand."""
        return look(
            self._instance.storage,
            Months(self._folder / SEASON),
            self._wanted,
            self._arrived,
            self._instance.clock.time(),
            self._began_at,
        )

    def _deliver(self) -> None:
        """Deliver a month, if it is time to: the first once the code is loaded, so that people see it arrive."""
        now = self._instance.clock.monotonic()
        if self._deliver_at is None:
            if not any(each.status is LocationStatus.LOADED for each in self.view.locations):
                return
            self._deliver_at = now
        if self._due and now >= self._deliver_at:
            parcel = self._due.pop(0)
            deliver(parcel, self._folder / ARRIVALS)
            self._arrived.append((parcel.name, parcel.flights))
            self._deliver_at = now + self._pause_seconds


def _state(view: View) -> tuple[object, ...]:
    statuses = tuple((run.run_id, run.status) for run in view.runs)
    return view.arrived, view.reported, statuses, tuple(each.status for each in view.locations)


def _end_runs(instance: Instance) -> None:
    """Have all runs end that wait or are under way, which no daemon looks after any more."""
    live = tuple(status for status in RunStatus if not status.is_final)
    ending = [_asked_to_end(instance, run) for run in instance.storage.runs.find(RunQuery(statuses=live, limit=1000))]
    clock = instance.clock
    until = clock.monotonic() + 2 * END_SECONDS
    while ending and clock.monotonic() < until:
        clock.wait(threading.Event(), LOOK_SECONDS)
        ending = [run for run in ending if not _has_ended(instance, run.run_id)]


def _asked_to_end(instance: Instance, run: Run) -> Run:
    try:
        run = cancel_run(instance, run.run_id)
    except MainspringError:  # it is over already
        return run
    if run.worker is not None:
        end_worker(run.worker, END_SECONDS)
    return run


def _has_ended(instance: Instance, run_id: str) -> bool:
    run = instance.storage.runs.get(run_id)
    if run is None or run.status.is_final:
        return True
    if run.worker is not None and liveness(run.worker) == "dead":
        return settle_dead(instance, run).status.is_final
    return False


def _outcome(programme: Programme, folder: Path, instance: Instance, year: _Year, began_at: float) -> Outcome:
    view = year.look()
    reports = [run for run in view.runs_of(REPORT_JOB) if run.status is RunStatus.SUCCESS]
    seconds = instance.clock.time() - began_at
    if not reports:
        return Outcome(programme=programme, home=folder, seconds=seconds, view=view, report_run_id=None, summary=())
    from mainspring.demo.season import defs

    last = reports[-1].run_id
    table = defs.load_output(last, "summary", instance=instance)
    rows = [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
    return Outcome(programme=programme, home=folder, seconds=seconds, view=view, report_run_id=last, summary=rows)
