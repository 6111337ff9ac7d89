"""What came of the demonstration: a row for each month, the runs and ticks, and where to look further."""

from __future__ import annotations

import calendar
import shlex
import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from mainspring.cli.demo_lines import name_of
from mainspring.demo.view import MONTH_JOB
from mainspring.text import count, duration, utc

if TYPE_CHECKING:
    from mainspring.demo.demonstration import Outcome
    from mainspring.demo.view import View


def plain(outcome: Outcome) -> dict[str, Any]:
    """Return what came of it as plain data."""
    view = outcome.view
    delay = view.median_start_delay_seconds
    return {
        "home": str(outcome.home),
        "mode": outcome.programme.mode,
        "seconds": round(view.at - view.began_at, 3),
        "rows": dict(view.arrived),
        "months_done": list(view.done),
        "summary": list(outcome.summary),
        "report_run_id": outcome.report_run_id,
        "runs": [
            {
                "run_id": run.run_id,
                "job": run.job_name,
                "partition_key": run.partition_key,
                "automation": run.automation,
                "status": run.status.value,
                "started_at": utc(run.started_at),
                "ended_at": utc(run.ended_at),
            }
            for run in view.runs
        ],
        "ticks": _tick_counts(view),
        "median_start_delay_seconds": None if delay is None else round(delay, 4),
    }


def show(outcome: Outcome) -> None:
    """Print what came of it."""
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    console.print(f"\n[bold]Flights that left New York City in 2013[/bold], in mode {outcome.programme.mode}\n")
    if outcome.summary:
        console.print(_summary(outcome))
        console.print("\nLate: 15 minutes or more. Before each airline its mean delay on arrival, in minutes.\n")
    for line in (*_counts(outcome.view), "", "Look further:", *(f"  {line}" for line in _next_steps(outcome))):
        console.print(line, markup=False)


def _summary(outcome: Outcome) -> Table:
    from rich import box

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("Month")
    for title in ("Flights", "Late", "Bad\nweather"):
        table.add_column(title, justify="right")
    for title in ("Most punctual", "Least punctual"):
        table.add_column(f"    {title}", no_wrap=True)
    for row in outcome.summary:
        table.add_row(
            calendar.month_abbr[row["month"]],
            f"{row['flights']:,}",
            f"{row['late_share']:.0%}",
            f"{row['bad_weather_share']:.0%}",
            f"{row['best_delay']:+3.0f} {row['best']}",
            f"{row['worst_delay']:+3.0f} {row['worst']}",
        )
    return table


def _counts(view: View) -> list[str]:
    flights = sum(flights for _, flights in view.arrived)
    runs = Counter(run.job_name for run in view.runs)
    months, reports = runs.pop(MONTH_JOB, 0), sum(runs.values())
    ticks = _tick_counts(view)
    arrived = f"{count(len(view.arrived), 'month')} with {count(flights, 'flight')}"
    kinds = f"{count(months, 'month')}, {count(reports, 'report')}"
    said = ", ".join(f"{number:,} {status.lower()}" for status, number in ticks.items()) or "none"
    lines = [
        f"{arrived} arrived; it took {duration(view.at - view.began_at)}.",
        f"{count(len(view.runs), 'run')}: {kinds}. {count(sum(ticks.values()), 'tick')}: {said}.",
    ]
    delay = view.median_start_delay_seconds
    if delay is not None:
        lines.append(f"Reports were at work {duration(delay)} after they were due (median).")
    return lines + [f"{name_of(run)} ended {run.status}." for run in view.failed]


def _tick_counts(view: View) -> dict[str, int]:
    found: Counter[str] = Counter()
    for tick in view.ticks:
        found[tick.status.value] += tick.count
    return dict(found.most_common())


def _next_steps(outcome: Outcome) -> list[str]:
    home = outcome.programme.home
    program, python = _programs()

    def command(*words: str) -> str:
        return shlex.join([*program, *words, "--home", str(home)])

    lines = [command("run", "list"), command("daemon")]
    if outcome.report_run_id is None:
        return lines
    return [
        lines[0],
        command("run", "show", outcome.report_run_id),
        lines[1],
        shlex.quote(python),
        ">>> import mainspring as ms",
        ">>> from mainspring.demo.season import defs",
        f">>> instance = ms.Instance.open({str(home)!r})",
        f'>>> defs.load_output("{outcome.report_run_id}", "summary", instance=instance)',
        f'>>> defs.load_asset("flights/monthly_delays", partition="{outcome.view.done[-1]}", instance=instance)',
    ]


def _programs() -> tuple[list[str], str]:
    """Return what to type for this program and for its Python: their names where a shell finds them, else their paths."""
    if shutil.which("mainspring") is not None:
        return ["mainspring"], "python"
    started = Path(sys.argv[0])
    if started.name != "mainspring":
        return [sys.executable, "-m", "mainspring"], sys.executable
    python = started.with_name("python")
    return [str(started)], str(python) if python.exists() else sys.executable
