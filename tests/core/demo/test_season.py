from datetime import UTC, datetime
from pathlib import Path

import pytest
from pandas import DataFrame

import mainspring as ms
from mainspring.demo.delivery import deliver, parcels
from mainspring.demo.months import Months
from mainspring.demo.season import arrivals, month, report, season


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a home, as the processes of a location do."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def evaluated() -> ms.Evaluation:
    return report.evaluate(ms.testing.schedule_context(scheduled_time=datetime(2026, 1, 1, tzinfo=UTC)))


def test_a_report_is_asked_for_where_a_month_is_new(home: Path) -> None:
    months = Months(home / "season")
    assert evaluated().skip_reason == "no new month"

    months.keep(DataFrame({"month": [1, 2]}))
    assert [request.tags["new"] for request in evaluated().requests] == ["2013-01,2013-02"]

    months.publish(DataFrame({"month": [1]}))
    assert [request.tags["new"] for request in evaluated().requests] == ["2013-02"]

    months.publish(DataFrame({"month": [1, 2]}))
    assert evaluated().skip_reason == "no new month"


def test_a_file_asks_for_a_run_of_its_month(home: Path) -> None:
    assert arrivals.request is not None
    path = str(home / "arrivals" / "2013-05.csv")

    asked = arrivals.request(ms.Item("key", {"path": path, "name": "2013-05.csv"}))

    assert isinstance(asked, ms.RunRequest)
    assert (asked.partition_key, asked.config["ops"]["arrived"].path) == ("2013-05", path)


@pytest.mark.slow
def test_a_month_that_has_run_is_in_the_next_report(home: Path) -> None:
    (january,) = parcels(1)
    deliver(january, home)
    config = {"ops": {"arrived": {"path": str(home / "2013-01.csv")}}}

    month.execute("test", config=config, partition_key="2013-01", progress=False)
    result = season.execute("test", progress=False)

    assert result.output("summary")["flights"].tolist() == [26_398]
    assert Months(home / "season").reported() == ("2013-01",)
