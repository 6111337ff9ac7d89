"""`mainspring daemon`: holds code locations open, decides ticks and starts the runs that wait; and how daemons do."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from mainspring.cli.daemon_log import OWN, LogFormat, said_on_stderr
from mainspring.cli.leaving import leave_behind
from mainspring.cli.options import home_option, json_option

if TYPE_CHECKING:
    from pathlib import Path

    from mainspring.instance import Instance

Command = TypeVar("Command", bound=Callable[..., object])


def _run_options(command: Command) -> Command:
    for option in (
        click.option(
            "--log-format",
            type=click.Choice(["text", "json"]),
            default="text",
            show_default=True,
            help="Print notes for people, or what all loggers of Mainspring say as a JSON object a line.",
        ),
        click.option(
            "--poll",
            "poll_seconds",
            type=click.FloatRange(0.05, 3600),
            default=1.0,
            show_default=True,
            metavar="SECONDS",
            help="How often it looks by itself for what it may not have been told of.",
        ),
    ):
        command = option(command)
    return command


@click.group(invoke_without_command=True)
@_run_options
@home_option
@click.pass_context
def daemon(context: click.Context, *, poll_seconds: float, log_format: LogFormat, home: str | None) -> None:
    """Hold the code locations of a home open, decide its schedules and sensors, and start the runs that wait.

    `mainspring daemon` alone does what `mainspring daemon run` does. Options that come before a command are its defaults.

    \b
    Examples:
      mainspring daemon
      mainspring daemon status
    """  # noqa: D301 - click's mark is a backspace
    given = {"poll_seconds": poll_seconds, "log_format": log_format, "home": home}
    context.default_map = {"run": given, "status": {"home": home}}
    if context.invoked_subcommand is None:
        _work(**given)  # type: ignore[arg-type] # what it was given, by name


@daemon.command("run")
@_run_options
@home_option
def run_daemon(*, poll_seconds: float, log_format: LogFormat, home: str | None) -> None:
    """Work until Ctrl-C or a SIGTERM; runs that were started go on. Any number of daemons may work on one storage.

    \b
    Examples:
      mainspring daemon run --home ~/pipelines
      mainspring daemon run --log-format json
    """  # noqa: D301 - click's mark is a backspace
    _work(poll_seconds=poll_seconds, log_format=log_format, home=home)


@daemon.command("status")
@json_option
@home_option
def show_status(*, as_json: bool, home: str | None) -> None:
    """Show the daemons that work on a home's storage, and how they do. The exit code is 1 where something is wrong.

    A daemon of another host is watched for a few seconds, to see whether it goes on. One that is gone is shown once.

    \b
    Examples:
      mainspring daemon status
      mainspring daemon status --json
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli.daemon_status import show

    show(home, as_json=as_json)


def _work(*, poll_seconds: float, log_format: LogFormat, home: str | None) -> None:
    from mainspring.cli.home import made
    from mainspring.component import launcher_of
    from mainspring.daemon.daemon import Daemon
    from mainspring.daemon.signals import on_signals
    from mainspring.launch.command import worker_command
    from mainspring.location.address import socket_path
    from mainspring.location.spec import location_specs

    folder, settings = made(home)
    specs = location_specs(settings, folder)
    for name in specs:
        socket_path(folder, name)  # where there can be none, no location can be opened
    with said_on_stderr(log_format), _opened(folder) as instance:
        works = Daemon(
            instance,
            folder,
            specs,
            launcher_of(instance, folder),
            lambda run: worker_command(folder, run),
            _teller(instance),
            poll_seconds=poll_seconds,
        )
        on_signals((signal.SIGTERM, signal.SIGINT), works.stop)
        if not specs:
            OWN.warning(
                "the settings name no location, so no run can be started; put a [[location]] into mainspring.toml"
            )
        number_of = f"{len(specs)} location{'' if len(specs) == 1 else 's'}"
        OWN.info("the daemon of %s is at work, with %s", folder, number_of)
        works.run()
        OWN.info("the daemon has ended; runs that were started go on")
    leave_behind()


def _opened(folder: Path) -> Instance:
    """Open the instance of a home; what fills an empty database is loaded in a process of its own, not in this for good."""
    from mainspring.errors import AbsentSchemaError
    from mainspring.instance import Instance

    try:
        return Instance.open(folder, create=False)
    except AbsentSchemaError:
        command = [sys.executable, "-P", "-m", "mainspring", "instance", "migrate", "--home", str(folder)]
        subprocess.run(command, capture_output=True, check=False)  # what is wrong shows when it is opened
        return Instance.open(folder)


def _teller(instance: Instance) -> Callable[[], None]:
    """Return what says how locations stand, once for each change."""
    said: dict[str, str] = {}

    def tell() -> None:
        for each in instance.storage.locations.all():
            line = each.status.value + (f": {each.error}" if each.error else "")
            if said.get(each.name) != line:
                said[each.name] = line
                (OWN.warning if each.error else OWN.info)("location %s is %s", each.name, line.partition("\n")[0])

    return tell
