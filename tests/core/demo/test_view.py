from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from mainspring.demo.home import LOCATION
from mainspring.demo.months import Months
from mainspring.demo.view import View, look
from mainspring.run import Run, RunStatus
from mainspring.storage import LocationRecord, LocationStatus, memory_storage

WANTED = ("2013-01", "2013-02")


def run(job: str, key: str | None = None, status: RunStatus = RunStatus.SUCCESS, **more: Any) -> Run:
    return Run(run_id=f"{job}-{key}", job_name=job, mode="dev", status=status, partition_key=key, **more)


def view(*runs: Run, reported: tuple[str, ...] = ()) -> View:
    return View(at=2.0, began_at=1.0, wanted=WANTED, runs=runs, reported=reported)


BOTH = (run("month", "2013-01"), run("month", "2013-02"))


@pytest.mark.parametrize(
    ("seen", "is_complete"),
    [
        (view(), False),
        (view(BOTH[0], reported=WANTED), False),
        (view(*BOTH), False),
        (view(*BOTH, reported=WANTED[:1]), False),
        (view(*BOTH, run("season", status=RunStatus.STARTED), reported=WANTED), False),
        (view(*BOTH, run("season"), reported=WANTED), True),
        (view(BOTH[0], run("month", "2013-02", RunStatus.FAILURE)), True),
    ],
    ids=["nothing", "one month", "no report", "half a report", "a report under way", "all", "a month that failed"],
)
def test_it_is_complete_when_all_months_have_run_and_are_reported_on(seen: View, is_complete: bool) -> None:
    assert seen.is_complete is is_complete


def test_how_late_reports_start_is_their_median() -> None:
    late = [
        run("season", f"{number}", started_at=10.0 + delay, scheduled_time=10.0)
        for number, delay in enumerate((0.1, 5.0, 0.2))
    ]

    assert view(*late, *BOTH).median_start_delay_seconds == pytest.approx(0.2)
    assert view(*BOTH).median_start_delay_seconds is None


def test_what_was_before_it_began_is_not_seen(tmp_path: Path) -> None:
    storage = memory_storage()
    for created_at in (5.0, 15.0):
        storage.runs.create(evolve(run("month", f"{created_at}", RunStatus.QUEUED), created_at=created_at), [])
    storage.locations.record(
        LocationRecord(name=LOCATION, status=LocationStatus.FAILED, error="of yesterday", updated_at=5.0), [], []
    )

    seen = look(storage, Months(tmp_path), WANTED, [("2013-01", 3)], now=20.0, since=10.0)

    assert [run.created_at for run in seen.runs] == [15.0]
    assert (seen.locations, seen.arrived, seen.at, seen.began_at) == ((), (("2013-01", 3),), 20.0, 10.0)
