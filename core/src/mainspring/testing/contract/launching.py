"""A process that launches a run and then lives until it is killed: `python -m mainspring.testing.contract.launching`.

Reads a pickle of (class of the launcher, its settings, its surroundings, the home, the launch) from standard input, and says
a line once it has launched.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys


def main() -> None:
    """Launch what is asked for."""
    launcher, settings, surroundings, home, launch = pickle.load(sys.stdin.buffer)
    with surroundings(home):
        launcher(**settings).launch(launch)
        os.write(sys.stdout.fileno(), b"launched\n")
        while True:
            signal.pause()


if __name__ == "__main__":
    main()
