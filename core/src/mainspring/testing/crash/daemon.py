"""A daemon with deadly crash points, in a process of its own: `python -m mainspring.testing.crash.daemon HOME`."""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import sys
from pathlib import Path

from mainspring.component import launcher_of
from mainspring.daemon.daemon import Daemon
from mainspring.daemon.signals import on_signals
from mainspring.instance import Instance
from mainspring.launch.command import worker_command
from mainspring.location.spec import location_specs
from mainspring.testing.crash.doom import CRASH_POINT, point


def main(home: Path) -> None:
    """Work until SIGTERM; SIGUSR1 has it print where it stands."""
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    logging.basicConfig(level=logging.INFO, format=f"%(asctime)s {os.getpid()} %(name)s %(message)s")
    with Instance.open(home, create=False, crash_point=point) as instance:
        assert instance.settings is not None  # noqa: S101 - it was opened
        daemon = Daemon(
            instance,
            home,
            location_specs(instance.settings, home),
            launcher_of(instance, home),
            lambda run: worker_command(home, run),
            crash_point=CRASH_POINT,
        )
        on_signals((signal.SIGTERM, signal.SIGINT), daemon.stop)
        daemon.run()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
