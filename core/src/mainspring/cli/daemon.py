"""`mainspring daemon`: holds code locations open and starts the runs that wait, until it is stopped."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from mainspring.cli.complaint import note, warn
from mainspring.cli.options import home_option

if TYPE_CHECKING:
    from mainspring.instance import Instance


@click.command
@home_option
def daemon(*, home: str | None) -> None:
    """Hold the code locations of a home open, and start the runs that wait.

    It works until Ctrl-C or a SIGTERM; runs that were started go on. Any number of daemons may work on one storage.

    \b
    Examples:
      mainspring daemon
      mainspring daemon --home ~/pipelines
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli.home import made
    from mainspring.component import launcher_of
    from mainspring.daemon.daemon import Daemon
    from mainspring.instance import Instance
    from mainspring.launch.command import worker_command
    from mainspring.location.spec import location_specs

    folder, settings = made(home)
    specs = location_specs(settings, folder)
    logging.getLogger("mainspring.daemon").addHandler(_Warnings())
    logging.getLogger("mainspring.location").addHandler(_Warnings())
    with Instance.open(folder) as instance:
        launcher = launcher_of(instance, folder)
        works = Daemon(instance, folder, specs, launcher, lambda run: worker_command(folder, run), _teller(instance))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: works.stop())
        if not specs:
            warn("the settings name no location, so no run can be started; put a [[location]] into mainspring.toml")
        note(f"the daemon of {folder} is at work, with {len(specs)} location{'' if len(specs) == 1 else 's'}")
        works.run()
    note("the daemon has ended; runs that were started go on")


def _teller(instance: Instance) -> Callable[[], None]:
    """Return what says how locations stand, once for each change."""
    said: dict[str, str] = {}

    def tell() -> None:
        for each in instance.storage.locations.all():
            line = each.status.value + (f": {each.error}" if each.error else "")
            if said.get(each.name) != line:
                said[each.name] = line
                (warn if each.error else note)(f"location {each.name} is {line.partition(chr(10))[0]}")

    return tell


class _Warnings(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        warn(record.getMessage())
