"""The daemon's one loop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mainspring.daemon.monitor import Monitor
from mainspring.daemon.starter import Starter
from mainspring.errors import MainspringError
from mainspring.launch import RunLauncher
from mainspring.location.keeper import LocationKeeper, close_locations, open_locations
from mainspring.location.spec import LocationSpec
from mainspring.run import Run
from mainspring.settings import MonitorSettings

if TYPE_CHECKING:
    from mainspring.instance import Instance

POLL_SECONDS = 0.1
"""How often it is looked for runs that others have queued."""

HICCUP_SECONDS = 1.0
"""How long a storage that fails is left alone."""

_LOGGER = logging.getLogger("mainspring.daemon")


class Daemon:
    """Holds the locations of a home open, starts the runs that wait and watches them, until it is told to stop.

    Args:
        instance: The home's instance.
        home: The home.
        specs: Its code locations.
        launcher: What starts the workers of runs.
        command: Returns the command line of a run's worker.
        on_location: Called when it has changed how a location stands.
        crash_point: For tests, `module:function` of what each process of a location calls at named points.
    """

    def __init__(
        self,
        instance: Instance,
        home: Path,
        specs: Mapping[str, LocationSpec],
        launcher: RunLauncher,
        command: Callable[[Run], Sequence[str]],
        on_location: Callable[[], None] = lambda: None,
        crash_point: str | None = None,
    ) -> None:
        self._instance = instance
        self._home = home
        self._specs = specs
        self._on_location = on_location
        self._crash_point = crash_point
        self._stopped = threading.Event()
        self._awake = threading.Event()
        self._starter = Starter(instance, launcher, command, self._awake.set)
        self._monitor = Monitor(instance, launcher, _monitor_settings(instance), self._awake.set)

    def stop(self) -> None:
        """Have `run` come to its end; safe to call from a signal handler."""
        self._stopped.set()
        self._awake.set()

    def run(self) -> None:
        """Work until `stop` is called."""
        keepers: list[LocationKeeper] = open_locations(
            self._specs, self._home, self._instance, self._changed, self._crash_point
        )
        try:
            while not self._stopped.is_set():
                self._awake.clear()
                self._instance.clock.wait(self._awake, self._reconcile())
        finally:
            self._starter.close()
            self._monitor.close()
            close_locations(keepers)

    def _reconcile(self) -> float:
        """Do what is to be done now, and return how many seconds may pass before the next look."""
        try:
            look_seconds = min(POLL_SECONDS, self._monitor.reconcile())
            return 0.0 if self._starter.reconcile() else look_seconds
        except MainspringError as error:
            _LOGGER.warning("the daemon looks again in a moment: %s", error)
            return HICCUP_SECONDS

    def _changed(self) -> None:
        self._on_location()
        self._awake.set()


def _monitor_settings(instance: Instance) -> MonitorSettings:
    return MonitorSettings() if instance.settings is None else instance.settings.monitor
