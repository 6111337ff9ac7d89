"""A daemon in a process of its own, which dies at the point that a file in its home names."""

import faulthandler
import logging
import os
import signal
import sys
from pathlib import Path

import mainspring as ms
from mainspring.component import launcher_of
from mainspring.daemon.daemon import Daemon
from mainspring.location.spec import location_specs
from tests.crash.doom import die_if_doomed


def main(home: Path) -> None:
    """Work until SIGTERM, or until the point is reached."""

    def point(name: str) -> None:
        die_if_doomed(name, home / "daemon-doom")

    faulthandler.register(signal.SIGUSR1)
    logging.basicConfig(level=logging.INFO, format=f"%(asctime)s {os.getpid()} %(name)s %(message)s")
    with ms.Instance.open(home, crash_point=point) as instance:
        assert instance.settings is not None
        specs = location_specs(instance.settings, home)
        daemon = Daemon(instance, home, specs, launcher_of(instance, home), lambda run: ())
        signal.signal(signal.SIGTERM, lambda *_: daemon.stop())
        daemon.run()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
