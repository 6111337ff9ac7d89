"""A crash test of a home whose own schedules and sensors give it work: `python -m mainspring.testing.crash HOME`."""

from __future__ import annotations

import argparse
import sys

from mainspring.errors import MainspringError
from mainspring.testing.crash.driver import CrashDriver


def main(arguments: list[str]) -> int:
    """Kill, settle, end and check; return the exit code: 1 where something is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m mainspring.testing.crash",
        description="Run a home's daemons, kill them and what they start at random moments, and check the books. "
        "What its schedules and sensors do, they do: use a home that is made for this.",
    )
    parser.add_argument("home", help="the home, a folder with a mainspring.toml")
    parser.add_argument("--kills", type=int, default=60, help="how many processes are killed (60); about one a second")
    parser.add_argument("--daemons", type=int, default=1, help="how many daemons are at work at a time (1)")
    parser.add_argument("--seed", type=int, help="draw what is killed as another test did")
    told = parser.parse_args(arguments)
    try:
        with CrashDriver(told.home, told.daemons, told.seed) as driver:
            driver.at_random(told.kills)
            driver.settle()
            driver.end()
    except MainspringError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
