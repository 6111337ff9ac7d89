"""`mainspring worker`: what launchers start; nobody types it."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import NoReturn

import click

from mainspring.cli import complaint
from mainspring.cli.options import code_options, code_source, home_option
from mainspring.errors import MainspringError
from mainspring.location.code import CodeSource


@click.command(hidden=True)
@home_option
@click.option("--run", "run_id", required=True, metavar="ID", help="The run.")
@click.option("--attempt", required=True, type=click.IntRange(min=1), metavar="N", help="The attempt of it.")
@click.option("--location", metavar="NAME", help="The code location, of the home's settings, that has its job.")
@code_options
def worker(
    home: str | None,
    run_id: str,
    attempt: int,
    location: str | None,
    file: str | None,
    module: str | None,
    with_traceback: bool,  # noqa: FBT001 - as click hands it over
) -> None:
    """Carry out an attempt of a queued run, once, in this process.

    The exit code is 0 once it is carried out, however that ended, 3 where it was not begun, and 1 where its end could not
    be recorded.
    """
    if location is None:
        code: CodeSource | str = code_source(file, module, with_traceback)
    elif file is None and module is None:
        code = location
    else:
        raise click.UsageError("give one of --location, -f FILE and -m MODULE", click.get_current_context())
    _end(_carry_out(home, run_id, attempt, code))


def _carry_out(home: str | None, run_id: str, attempt: int, code: CodeSource | str) -> int:
    """Carry the attempt out and return the exit code."""
    from mainspring.instance import locate
    from mainspring.location.launched_worker import begin
    from mainspring.location.run_worker import REFUSED

    told = os.dup(2)  # where the reason goes; whatever else is printed from here on goes to the worker's file
    try:
        folder, settings = locate(home)
        launched, started = begin(folder, settings, run_id, attempt, code)
    except (MainspringError, OSError) as error:
        os.dup2(told, 2)
        _explain(error)
        return REFUSED
    os.close(told)  # what the run leaves behind may live for long, and whoever reads this need not wait for that
    try:
        launched.carry_out(started)
    except KeyboardInterrupt:
        return 0  # it was asked to end, and that is recorded
    except Exception as error:  # noqa: BLE001 - the end of this process: what arrives here is in the worker's file
        _explain(error)
        return 1
    return 0


def _explain(error: Exception) -> None:
    match error:
        case MainspringError():
            complaint.explain(error)
        case OSError():
            complaint.complain(complaint.system_sentence(error))
        case _:
            complaint.confess(error)


def _end(code: int) -> NoReturn:
    """End this process, whatever threads people's code has left in it."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
