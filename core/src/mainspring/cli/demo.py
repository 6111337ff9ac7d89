"""`mainspring demo`: runs the example project over real data and shows what came of it."""

from __future__ import annotations

import calendar
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mainspring.cli.options import json_option
from mainspring.cli.show import echo_json
from mainspring.text import count, duration

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from mainspring.demo.demonstration import Outcome
    from mainspring.event import Event


@click.command()
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("mainspring-demo"),
    show_default=True,
    help="The instance's folder.",
)
@click.option(
    "--mode",
    type=click.Choice(["dev", "test"]),
    default="dev",
    show_default=True,
    help="dev keeps values in files under the home, test in memory.",
)
@json_option
def demo(*, home: Path, mode: str, as_json: bool) -> None:
    """Run the example project: a year of flights from New York City, cleaned, joined and added up.

    Needs `pip install 'mainspring[demo]'`; downloads nothing while it runs.

    \b
    Examples:
      mainspring demo
      mainspring demo --home /tmp/demo --mode test --json
    """  # noqa: D301 - click's mark is a backspace
    from rich.console import Console

    from mainspring.demo.demonstration import demonstrate

    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    with _progress(console) as follow:
        outcome = demonstrate(home, mode, follow)
    if as_json:
        echo_json(_plain(outcome))
    else:
        _show(console, outcome, home)


@contextmanager
def _progress(console: Console) -> Iterator[Callable[[Event], None]]:
    """Show the step that runs, on a terminal."""
    if not console.is_terminal:
        yield lambda event: None
        return
    with console.status("Loading pandas…") as status:

        def follow(event: Event) -> None:
            if event.kind == "STEP_STARTED":
                status.update(f"Running {event.step_key}…".replace("[", "\\["))

        yield follow


def _plain(outcome: Outcome) -> dict[str, Any]:
    return {
        "run_id": outcome.run_id,
        "mode": outcome.mode,
        "home": str(outcome.home),
        "seconds": round(outcome.seconds, 3),
        "steps": outcome.steps,
        "rows": dict(outcome.rows),
        "summary": list(outcome.summary),
        "reports": {step: str(path) for step, path in outcome.reports.items()},
        "values": None if outcome.values is None else str(outcome.values),
    }


def _show(console: Console, outcome: Outcome, home: Path) -> None:
    console.print(f"[bold]Flights that left New York City in 2013[/bold], in mode {outcome.mode}\n")
    console.print("Rows in: " + ", ".join(f"{name} {rows:,}" for name, rows in outcome.rows.items()) + "\n")
    console.print(_summary(outcome))
    console.print("\nLate: 15 minutes or more. Before each airline its mean delay on arrival, in minutes.\n")
    console.print(f"{count(outcome.steps, 'step')} ran in {duration(outcome.seconds)}. What they put out lies in")
    for place in _places(outcome, home):
        console.print(f"  {place}", markup=False)
    console.print("\nLook further:")
    for line in _next_steps(outcome, home):
        console.print(f"  {line}", markup=False)


def _summary(outcome: Outcome) -> Table:
    from rich import box
    from rich.table import Table

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


def _places(outcome: Outcome, home: Path) -> list[str]:
    """Say where the outputs lie, relative to the working directory where the home was named so."""
    if outcome.values is None:
        return ["memory, and is gone now; --mode dev keeps it in files"]
    places = [f"{_relative(path, outcome, home)}  (CSV, stored as text)" for path in outcome.reports.values()]
    return [*places, f"{_relative(outcome.values, outcome, home)}/  (all other tables)"]


def _relative(path: Path, outcome: Outcome, home: Path) -> Path:
    return home / path.relative_to(outcome.home) if path.is_relative_to(outcome.home) else path


def _next_steps(outcome: Outcome, home: Path) -> list[str]:
    program, python = _programs()
    commands = [
        shlex.join([*program, "run", *what, "--home", str(home)]) for what in (["list"], ["show", outcome.run_id])
    ]
    if outcome.values is None:
        return commands
    return [
        *commands,
        shlex.quote(python),
        ">>> import mainspring as ms",
        ">>> from mainspring.demo.flights import defs",
        f">>> instance = ms.Instance.open({str(home)!r})",
        f'>>> defs.load_output("{outcome.run_id}", "monthly_delays", instance=instance)',
        '>>> defs.load_asset("flights/summary", instance=instance)',
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
