"""The daemon of the demonstration: a whole one, in a thread of this process, with its code locations' processes."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from mainspring.component import launcher_of
from mainspring.daemon.daemon import Daemon
from mainspring.errors import MainspringError
from mainspring.launch.command import worker_command
from mainspring.location.address import socket_path
from mainspring.location.spec import location_specs

if TYPE_CHECKING:
    from mainspring.instance import Instance
    from mainspring.settings import Settings


END_SECONDS = 15.0
"""How long the processes of its locations are waited for, on a machine that is busy."""


class DaemonThread:
    """Has a daemon work on a home for as long as it is entered.

    Args:
        instance: The home's instance.
        home: The home.
        settings: Its settings.
    """

    def __init__(self, instance: Instance, home: Path, settings: Settings) -> None:
        specs = location_specs(settings, home)
        self._clock = instance.clock
        self._doors = [socket_path(home, name) for name in specs]
        launcher = launcher_of(instance, home)
        self._daemon = Daemon(instance, home, specs, launcher, lambda run: worker_command(home, run))
        self._thread = threading.Thread(target=self._work, name="daemon")
        self._error: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._daemon.stop()
        self._thread.join()
        until = self._clock.monotonic() + END_SECONDS
        while any(each.exists() for each in self._doors) and self._clock.monotonic() < until:
            self._clock.wait(threading.Event(), 0.05)

    def check(self) -> None:
        """Raise what the daemon has come to an end by, if it has.

        Raises:
            MainspringError: It has ended.
        """
        if not self._thread.is_alive():
            raise MainspringError(f"the daemon has ended: {self._error or 'nobody knows why'}") from self._error

    def _work(self) -> None:
        try:
            self._daemon.run()
        except BaseException as error:  # noqa: BLE001 - it is raised in the thread that waits for what the daemon does
            self._error = error
