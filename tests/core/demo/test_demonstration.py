from pathlib import Path

import pytest

import mainspring as ms
from mainspring.demo.demonstration import Programme, demonstrate
from mainspring.demo.flights import flights
from mainspring.demo.season import defs
from mainspring.demo.view import View
from mainspring.run import RunStatus
from mainspring.storage import RunQuery


@pytest.mark.slow
@pytest.mark.integration
def test_each_month_that_arrives_is_run_once_and_reported_on(tmp_path: Path) -> None:
    seen: list[View] = []

    outcome = demonstrate(Programme(home=tmp_path, months=2, pause_seconds=0.2), seen.append, lambda: False)

    view = outcome.view
    assert [(run.job_name, run.partition_key, run.status) for run in view.runs if run.partition_key] == [
        ("month", "2013-01", RunStatus.SUCCESS),
        ("month", "2013-02", RunStatus.SUCCESS),
    ]
    assert view.arrived == (("2013-01", 27_004), ("2013-02", 24_951))
    assert view.reported == view.done == ("2013-01", "2013-02")
    assert (view.is_complete, view.failed, view.live) == (True, (), ())
    assert view.median_start_delay_seconds is not None
    assert not any(early.is_complete for early in seen[:-1])
    whole_year = flights.execute("test", progress=False).output("summary")
    at_once = whole_year[whole_year["month"] <= 2].to_dict("records")
    for row, expected in zip(outcome.summary, at_once, strict=True):
        assert row == pytest.approx(expected)
    with ms.Instance.open(tmp_path) as instance:
        loaded = defs.load_asset("flights/monthly_delays", partition="2013-02", instance=instance)
        assert loaded["month"].unique().tolist() == [2]


@pytest.mark.slow
@pytest.mark.integration
def test_who_ends_it_early_finds_no_run_left(tmp_path: Path) -> None:
    seen: list[View] = []

    outcome = demonstrate(
        Programme(home=tmp_path, mode="test", pause_seconds=0),
        seen.append,
        lambda: any(run.status is RunStatus.STARTED for view in seen for run in view.runs),
    )

    assert not outcome.view.is_complete
    with ms.Instance.open(tmp_path) as instance:
        runs = instance.storage.runs.find(RunQuery())
    assert runs
    assert all(run.status.is_final for run in runs)


def test_where_it_is_ended_at_once_nothing_was_run(tmp_path: Path) -> None:
    outcome = demonstrate(Programme(home=tmp_path, months=1), lambda view: None, lambda: True)

    assert (outcome.view.runs, outcome.summary, outcome.report_run_id) == ((), (), None)
