"""What the demonstration shows, of views made by hand."""

import io
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from rich.console import Console

from mainspring.cli.demo_lines import Lines, news
from mainspring.cli.demo_live import page
from mainspring.cli.demo_summary import plain, show
from mainspring.demo.demonstration import Outcome, Programme
from mainspring.demo.view import View
from mainspring.run import Run, RunStatus
from mainspring.storage import LocationRecord, LocationStatus, Tick, TickStatus


def run(number: int, status: RunStatus, **more: Any) -> Run:
    return Run(
        run_id=f"id-{number}",
        job_name="month",
        mode="dev",
        status=status,
        partition_key=f"2013-{number:02}",
        created_at=101.0,
        started_at=102.0,
        ended_at=102.5 if status.is_final else None,
        **more,
    )


def tick(number: int, status: TickStatus, **more: Any) -> Tick:
    return Tick(
        location="flights",
        automation="arrivals",
        kind="sensor",
        status=status,
        tick_id=number,
        first_at=101.0,
        last_at=101.0,
        **more,
    )


EMPTY = View(at=100.0, began_at=100.0, wanted=("2013-01", "2013-02"))
BUSY = View(
    at=103.0,
    began_at=100.0,
    wanted=EMPTY.wanted,
    arrived=(("2013-01", 27_004), ("2013-02", 1)),
    reported=("2013-01",),
    locations=(LocationRecord(name="flights", status=LocationStatus.LOADED),),
    ticks=(
        tick(1, TickStatus.REQUESTED, requested=2),
        tick(2, TickStatus.SKIPPED, count=3),
        tick(3, TickStatus.SKIPPED, reason="no new month"),
    ),
    runs=(run(1, RunStatus.SUCCESS), run(2, RunStatus.STARTED)),
)


def drawn(view: View, *, ends_by_itself: bool = False) -> str:
    console = Console(file=io.StringIO(), width=100, height=40)
    with console.capture() as capture:
        console.print(page(view, ends_by_itself=ends_by_itself))
    return capture.get()


def test_each_thing_that_happens_is_a_line() -> None:
    assert list(news(EMPTY, BUSY)) == [
        ("location", "flights is LOADED"),
        ("file", "2013-01.csv arrives, with 27,004 flights"),
        ("file", "2013-02.csv arrives, with 1 flight"),
        ("tick", "arrivals asks for 2 runs"),
        ("tick", "arrivals skipped: no new month"),
        ("run", "month 2013-01 ends SUCCESS after 500 ms"),
    ]
    assert list(news(None, BUSY)) == list(news(EMPTY, BUSY))
    assert list(news(BUSY, BUSY)) == []


def test_a_run_that_fails_says_why() -> None:
    failed = evolve(BUSY, runs=(BUSY.runs[0], run(2, RunStatus.FAILURE, reason="no such\x1b[2Jfile")))

    stream = io.StringIO()
    lines = Lines(stream)
    lines(BUSY)
    stream.truncate(0)
    stream.seek(0)
    lines(failed)

    assert stream.getvalue() == "  3.0 s  run       month 2013-02 ends FAILURE after 500 ms: no such\\x1b[2Jfile\n"


def test_the_page_shows_months_locations_ticks_and_runs() -> None:
    text = drawn(BUSY)

    assert "█ ▒  2 arrived, 1 done, 1 reported" in text
    assert "location  flights LOADED" in text
    assert "asks for 2 runs" in text
    assert "skipped, 3 times: nothing new" in text
    assert "month 2013-02   1.0 s     STARTED" in text
    assert "Ctrl-C" not in text


def test_once_all_is_done_the_page_says_how_to_end_it() -> None:
    complete = evolve(BUSY, runs=(BUSY.runs[0], run(2, RunStatus.SUCCESS)), reported=BUSY.wanted)

    assert "until Ctrl-C" in drawn(complete)
    assert "until Ctrl-C" not in drawn(complete, ends_by_itself=True)


def test_the_summary_counts_and_names_what_failed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    view = evolve(BUSY, runs=(BUSY.runs[0], run(2, RunStatus.FAILURE)))
    row = {
        "month": 1,
        "flights": 26_398,
        "late_share": 0.23,
        "bad_weather_share": 0.11,
        "best": "Virgin",
        "best_delay": -15.2,
        "worst": "Express",
        "worst_delay": 25.0,
    }
    outcome = Outcome(
        programme=Programme(home=Path("here")), home=tmp_path, view=view, report_run_id="id-9", summary=[row]
    )

    show(outcome)

    said = capsys.readouterr().out
    assert "Jan     26,398   23%      11%  -15 Virgin" in said
    assert "2 months with 27,005 flights arrived; it took 3.0 s." in said
    assert "2 runs: 2 months, 0 reports. 5 ticks: 4 skipped, 1 requested." in said
    assert "month 2013-02 ended FAILURE." in said
    assert "run show id-9 --home here" in said
    told = plain(outcome)
    assert told["ticks"] == {"SKIPPED": 4, "REQUESTED": 1}
    assert (told["months_done"], told["median_start_delay_seconds"]) == (["2013-01"], None)
