"""`mainspring simulate`: what automations would ask for in a stretch of time, and why they would not."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING

import click

from mainspring.cli.complaint import silenced_warnings
from mainspring.cli.moment import MOMENT
from mainspring.cli.options import TRACEBACK_VARIABLE, home_option, json_option
from mainspring.cli.terminal import is_terminal

if TYPE_CHECKING:
    from mainspring.simulation.simulation import Simulated


@click.command
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--from", "since", type=MOMENT, required=True, help="The first moment; what is due just then counts.")
@click.option("--to", "until", type=MOMENT, required=True, help="The last moment; a date is its first instant.")
@click.option("--stub", is_flag=True, help="Call no functions: schedules ask for plain runs, and sensors are left out.")
@click.option("-f", "--file", metavar="FILE", help="The Python file that holds your definitions, instead of a home.")
@click.option("-m", "--module", metavar="MODULE", help="The module that holds them.")
@click.option(
    "--traceback",
    "with_traceback",
    is_flag=True,
    envvar=TRACEBACK_VARIABLE,
    help="Where your code fails to load, show its traceback too.",
)
@json_option
@home_option
def simulate(
    *,
    names: tuple[str, ...],
    since: float,
    until: float,
    stub: bool,
    file: str | None,
    module: str | None,
    with_traceback: bool,
    as_json: bool,
    home: str | None,
) -> None:
    """Show which runs schedules and sensors would ask for in a stretch of time, and why they would not.

    The daemon's own reconcilers decide, on a clock that goes at once to whatever is due next. Nothing is written to the
    home, no run is executed: each succeeds at once. So nothing writes assets, and sensors that follow them see none. The
    functions of schedules and sensors are called as they are, and see the world of now; sources are told nothing.

    Automations that are on count as switched on at --from; with NAMEs, those and no others do. With -f or -m all of them
    are on. Cursors and run keys are those of the home. What repeats is told once. Dates and times without an offset are
    in UTC.

    \b
    Examples:
      mainspring simulate --from 2026-01-01 --to 2027-01-01
      mainspring simulate nightly --from 2026-10-24 --to 2026-10-27 --json
      mainspring simulate -f flows.py --from 2026-03-01 --to 2026-04-01 --stub
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli.show import echo_json
    from mainspring.cli.simulate_page import echo_notes, echo_outcomes, outcome_document

    context = click.get_current_context()
    if until < since:
        raise click.UsageError("--to is before --from; turn them around", context)
    if file is not None and module is not None:
        raise click.UsageError("give either -f FILE or -m MODULE, not both", context)
    if home is not None and (file is not None or module is not None):
        raise click.UsageError("give either --home or the code of -f or -m, not both", context)
    with silenced_warnings("mainspring.daemon"), _seldom_collected():
        if file is None and module is None:
            found = _of_home(home, names, since, until, is_stubbed=stub)
        else:
            found = _of_code(file, module, names, since, until, is_stubbed=stub, with_traceback=with_traceback)
    if as_json:
        echo_json([outcome_document(each) for each in found.outcomes])
    else:
        echo_outcomes(found)
    echo_notes(found, is_stubbed=stub, are_named=bool(names))


def _of_code(
    file: str | None,
    module: str | None,
    names: tuple[str, ...],
    since: float,
    until: float,
    *,
    is_stubbed: bool,
    with_traceback: bool,
) -> Simulated:
    """Simulate what a file or a module defines, in this process."""
    from pathlib import Path

    from mainspring.execute.capture import capture
    from mainspring.location.code import CodeSource, loaded
    from mainspring.simulation.simulation import simulate as carry_out
    from mainspring.testing.deployment.location import LocationHere

    name = module or Path(file or "").stem
    with loaded(CodeSource(file, module, with_traceback)) as definitions, _progress() as tell, _muted():
        here = LocationHere(name, definitions)
        with capture.installed():  # once, and not for each evaluation
            return carry_out({name: here}, since, until, names=names, is_stubbed=is_stubbed, on_progress=tell)


def _of_home(home: str | None, names: tuple[str, ...], since: float, until: float, *, is_stubbed: bool) -> Simulated:
    """Simulate the code locations of a home, in processes of their own."""
    from mainspring.cli.home import NothingThereYetError, located, opened
    from mainspring.cli.simulate_locations import opened_locations
    from mainspring.simulation.simulation import simulate as carry_out

    folder, settings = located(home)
    with ExitStack() as stack:
        try:
            storage = stack.enter_context(opened(home)).storage
        except NothingThereYetError:
            storage = None
        codes = stack.enter_context(opened_locations(settings, folder))
        tell = stack.enter_context(_progress())
        return carry_out(
            codes,
            since,
            until,
            names=names,
            home=storage,
            are_all_on=False,
            settings=settings,
            is_stubbed=is_stubbed,
            on_progress=tell,
        )


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Look for garbage less often: all that is recorded is kept to the end of this process, and is looked through in vain."""
    import gc

    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.freeze()  # so that it is not taken apart piece by piece either
        gc.set_threshold(*before)


@contextmanager
def _muted() -> Iterator[None]:
    """Drop what functions print that are called in this process."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):  # noqa: PTH123 - a device
        yield


@contextmanager
def _progress() -> Iterator[Callable[[float], None]]:
    """Show how far it has come: a bar on a terminal, else a note now and then."""
    if not is_terminal(sys.stderr):
        from mainspring.cli.seldom import telling_seldom
        from mainspring.clock import SystemClock

        tell, stream = telling_seldom(SystemClock()), sys.stderr

        def told(share: float) -> None:
            with redirect_stderr(stream):  # what functions print is dropped meanwhile, and this is not theirs
                tell(f"{share:.0%} simulated so far")

        yield told
        return
    with click.progressbar(length=100, label="simulating", file=sys.stderr) as bar:
        yield lambda share: bar.update(round(share * 100) - bar.pos)
