"""`mainspring demo`: a daemon runs the example project on data that arrives, and what comes of it is shown."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mainspring.cli import INTERRUPTED, TERMINATED
from mainspring.cli.complaint import note, shown_warnings
from mainspring.cli.options import json_option
from mainspring.cli.show import echo_json
from mainspring.cli.terminal import is_terminal
from mainspring.errors import MainspringError

if TYPE_CHECKING:
    from mainspring.demo.demonstration import Outcome
    from mainspring.demo.view import View

DEFAULT_HOME = Path("mainspring-demo")

_folder = click.Path(file_okay=False, path_type=Path)


class DemoRunFailedError(MainspringError):
    """A run of the demonstration that ended without success."""


@click.command()
@click.argument("folder", metavar="[DIR]", type=_folder, required=False)
@click.option("--home", type=_folder, help="The instance's folder, as DIR.  [default: mainspring-demo]")
@click.option("--once", is_flag=True, help="End when all months are done; so it does where its output is no terminal.")
@click.option(
    "--months",
    type=click.IntRange(1, 12),
    default=12,
    show_default=True,
    metavar="N",
    help="How many months of the year arrive.",
)
@click.option(
    "--pause",
    "pause_seconds",
    type=click.FloatRange(0, 3600),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="How long after a month the next one arrives.",
)
@click.option(
    "--mode",
    type=click.Choice(["dev", "test"]),
    default="dev",
    show_default=True,
    help="dev keeps every value in files under the home, test the reports only.",
)
@json_option
def demo(
    *, folder: Path | None, home: Path | None, once: bool, months: int, pause_seconds: float, mode: str, as_json: bool
) -> None:
    """See a daemon at work: a year of flights from New York City arrives month by month and is cleaned, joined and added up.

    A sensor has each file run as it arrives, a schedule has the season so far reported. It all stays in the folder DIR,
    and each time the year begins anew there. Needs `pip install 'mainspring[demo]'`; downloads nothing while it runs.

    \b
    Examples:
      mainspring demo
      mainspring demo /tmp/demo --once
      mainspring demo --months 3 --mode test --json
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.demo.demonstration import Programme, demonstrate

    if folder is not None and home is not None:
        raise click.UsageError("give DIR or --home, not both", click.get_current_context())
    place = folder or home or DEFAULT_HOME
    stream = sys.stderr if as_json else sys.stdout
    programme = Programme(
        home=place,
        mode=mode,
        months=months,
        pause_seconds=pause_seconds,
        ends_by_itself=once or not is_terminal(stream),
    )
    with (
        shown_warnings("mainspring.daemon"),
        shown_warnings("mainspring.location"),
        _signals() as caught,
        _display(ends_by_itself=programme.ends_by_itself, to_stderr=as_json) as show,
    ):
        outcome = demonstrate(programme, show, lambda: bool(caught))
    _show(outcome, as_json=as_json)
    if outcome.view.failed:
        raise DemoRunFailedError(_failure(outcome))
    if not outcome.view.is_complete:
        note(f"it was ended after {len(outcome.view.done)} of {months} months; nothing is left running")
        raise click.exceptions.Exit(TERMINATED if signal.SIGTERM in caught else INTERRUPTED)


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Gather the signals by which a person ends it."""
    caught: list[int] = []
    before = {
        number: signal.signal(number, lambda got, _: caught.append(got)) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _display(*, ends_by_itself: bool, to_stderr: bool) -> Iterator[Callable[[View], None]]:
    """Return what shows how things stand: a view that lives on a terminal, a line for each thing that happens elsewhere."""
    stream = sys.stderr if to_stderr else sys.stdout
    if is_terminal(stream):
        from mainspring.cli.demo_live import live_view

        with live_view(stream, ends_by_itself=ends_by_itself) as show:
            yield show
    else:
        from mainspring.cli.demo_lines import Lines

        yield Lines(stream)


def _show(outcome: Outcome, *, as_json: bool) -> None:
    from mainspring.cli.demo_summary import plain, show

    if as_json:
        echo_json(plain(outcome))
    else:
        show(outcome)


def _failure(outcome: Outcome) -> str:
    from mainspring.cli.demo_lines import name_of

    run = outcome.view.failed[0]
    more = len(outcome.view.failed) - 1
    also = f", and so did {more} more" if more else ""
    reason = f": {run.reason}" if run.reason else ""
    return (
        f"run {run.run_id} of {name_of(run)} ended {run.status}{also}{reason}; look at it with `mainspring run show "
        f"{run.run_id} --home {outcome.programme.home}`"
    )
