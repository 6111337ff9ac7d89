"""The demonstration on a terminal: locations, the newest ticks and runs, and the months, redrawn in place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from mainspring.cli.demo_lines import name_of, outcome_of, took
from mainspring.cli.show import STATUS_COLORS
from mainspring.text import duration, visible

if TYPE_CHECKING:
    from mainspring.demo.view import View
    from mainspring.run import Run

TICKS_SHOWN = 5
RUNS_SHOWN = 8

_TICK_COLORS = {
    "REQUESTED": "green",
    "SKIPPED": "bright_black",
    "OVERLAP": "yellow",
    "MISSED": "yellow",
    "FAILED": "red",
}


@contextmanager
def live_view(stream: TextIO, *, ends_by_itself: bool) -> Iterator[Callable[[View], None]]:
    """Draw what the function is called with, in place, and take it away at the end."""
    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    with Live(console=console, auto_refresh=False, transient=True) as live:
        live.update(Text("Loading…", style="dim"), refresh=True)
        yield lambda view: live.update(page(view, ends_by_itself=ends_by_itself), refresh=True)


def page(view: View, *, ends_by_itself: bool) -> RenderableType:
    """Return a page that says how a demonstration stands."""
    return Group(*_head(view, ends_by_itself=ends_by_itself), Text(), _ticks(view), Text(), _runs(view))


def _head(view: View, *, ends_by_itself: bool) -> Iterator[Text]:
    passed = duration(view.at - view.began_at)
    yield Text(f"Flights from New York City in 2013, as they arrive  {passed}", style="bold", no_wrap=True)
    months = Text("months    ", no_wrap=True)
    arrived = {name for name, _ in view.arrived}
    for name in view.wanted:
        if name in view.done:
            months.append("█ ", style="green" if name in view.reported else "cyan")
        else:
            months.append("▒ " if name in arrived else "· ", style="cyan" if name in arrived else "bright_black")
    said = f" {len(arrived)} arrived, {len(view.done)} done, {len(view.reported)} reported"
    yield months.append(said)
    for each in view.locations:
        line = Text(f"location  {visible(each.name)} ", no_wrap=True)
        yield line.append(each.status.value, style=STATUS_COLORS.get(each.status.value, ""))
    if view.is_complete and not ends_by_itself:
        yield Text("All months are done; the daemon goes on until Ctrl-C.", style="bold green", no_wrap=True)


def _ticks(view: View) -> Table:
    table = _table("tick", "time", "what came of it")
    for tick in sorted(view.ticks, key=lambda each: each.last_at)[-TICKS_SHOWN:]:
        color = _TICK_COLORS.get(tick.status.value, "")
        said = Text(visible(outcome_of(tick)), style=color, no_wrap=True)
        table.add_row(visible(tick.automation), _clock(view, tick.last_at), said)
    return table


def _runs(view: View) -> Table:
    table = _table("run", "time", "status")
    for run in view.runs[-RUNS_SHOWN:]:
        status = Text(run.status.value, style=STATUS_COLORS.get(run.status.value, ""), no_wrap=True)
        table.add_row(visible(name_of(run)), _clock(view, run.created_at), status.append(_rest(run), style="default"))
    return table


def _rest(run: Run) -> str:
    return visible(took(run)) if run.status.is_final else ""


def _table(*titles: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title, width in zip(titles, (14, 8, None), strict=True):
        table.add_column(title, min_width=width, no_wrap=True)
    return table


def _clock(view: View, at: float) -> str:
    return f"{at - view.began_at:.1f} s"
