"""Running the demonstration: months arrive, a daemon has them run, and what comes of it is told as data."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from mainspring.demo.clearing import end_runs
from mainspring.demo.daemon_thread import DaemonThread
from mainspring.demo.home import one_demo, prepare_home
from mainspring.demo.months import MONTHS
from mainspring.demo.tables import data_folder
from mainspring.demo.view import REPORT_JOB, View
from mainspring.demo.year import Year
from mainspring.instance import Instance
from mainspring.run import RunStatus

LOOK_SECONDS = 0.1
"""How often it is looked how things stand."""


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
        view: How it stood when it was over or ended; runs that were still live then have been ended since.
        report_run_id: The run of the last report; None where there was none.
        summary: A row for each month that was reported on: `month`, `flights`, `late_share`, `bad_weather_share`, `best`,
            `best_delay`, `worst`, `worst_delay`; shares are from 0 to 1, delays mean minutes on arrival.
    """

    programme: Programme
    home: Path
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
        end_runs(instance)
        began_at = instance.clock.time()
        try:
            with DaemonThread(
                instance, folder, settings
            ) as daemon:  # which loads the code while the flights are parted
                year = Year(instance, folder, programme.months, programme.pause_seconds, began_at)
                while not (is_stopped() or (programme.ends_by_itself and year.view.is_complete)):
                    daemon.check()
                    year.go_on()
                    show(year.view)
                    instance.clock.wait(threading.Event(), LOOK_SECONDS)
        finally:
            end_runs(instance)
        return _outcome(programme, folder, instance, year.view)


def _outcome(programme: Programme, folder: Path, instance: Instance, view: View) -> Outcome:
    reports = [run for run in view.runs_of(REPORT_JOB) if run.status is RunStatus.SUCCESS]
    if not reports:
        return Outcome(programme=programme, home=folder, view=view, report_run_id=None, summary=())
    from mainspring.demo.season import defs

    last = reports[-1].run_id
    table = defs.load_output(last, "summary", instance=instance)
    rows = [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
    return Outcome(programme=programme, home=folder, view=view, report_run_id=last, summary=rows)
