"""The command: `python -m tests.benchmarks`."""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.catalogue import FLOORS, ROWS
from tests.benchmarks.peer import ROOT, PeerUnavailableError, prepare
from tests.benchmarks.process import Measurement, System, bare_environment, measure
from tests.benchmarks.report import Machine, document, ours_failed, table
from tests.benchmarks.row import OURS, Program, Row
from tests.benchmarks.runner import Runner


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what is asked for, print it and return the exit code."""
    arguments = parse(argv)
    rows = [row for row in ROWS if not arguments.only or row.name in arguments.only]
    floors = [row for row in FLOORS if not arguments.only or row.name in arguments.only]
    if arguments.list:
        print("\n".join(f"{row.name:<20}{row.what}" for row in (*rows, *floors)))
        return 0
    load_before = os.getloadavg()[0]
    compile_ours()
    systems, unavailable = prepare_systems(rows)

    def once(program: Program, *, quick: bool) -> Measurement:
        return measure(program, systems[program.system], quick=quick)

    runner = Runner(once, progress, unavailable, quick=arguments.quick)
    rounds = arguments.rounds or (1 if arguments.quick else 5)
    compared = runner.run([*rows, *floors], rounds)
    comparisons, floor_values = compared[: len(rows)], compared[len(rows) :]
    machine = Machine(
        platform.python_version(), platform.platform(), len(os.sched_getaffinity(0)), load_before, os.getloadavg()[0]
    )
    print(table(comparisons, floor_values, machine))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(document(comparisons, floor_values, machine), indent=2) + "\n")
    missed = arguments.strict and any(each.verdict in {"missed", "unknown"} for each in comparisons)
    return 1 if missed or ours_failed(compared) else 0


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description="Measure Mainspring beside its peers, in turn, on this machine."
    )
    names = [row.name for row in (*ROWS, *FLOORS)]
    parser.add_argument("--rounds", type=positive, help="how often each row is measured (5; 1 with --quick)")
    parser.add_argument("--only", action="append", choices=names, metavar="NAME", help="a row; repeat for several")
    parser.add_argument("--list", action="store_true", help="list the rows and measure nothing")
    parser.add_argument("--quick", action="store_true", help="little work in one round: does it run at all?")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all measurements there as well")
    parser.add_argument("--strict", action="store_true", help="exit 1 when a target is missed or was not measured")
    return parser.parse_args(argv)


def positive(text: str) -> int:
    """Read a count of at least one."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def prepare_systems(rows: Sequence[Row]) -> tuple[dict[str, System], dict[str, str]]:
    """Return the systems that these rows need, and why some of them cannot be measured."""
    systems = {OURS: System(Path(sys.executable))}
    unavailable: dict[str, str] = {}
    for name in dict.fromkeys(row.peer.system for row in rows if row.peer is not None):
        try:
            systems[name] = prepare(name, progress)
        except PeerUnavailableError as error:
            progress(f"left out: {error}")
            unavailable[name] = str(error)
    return systems, unavailable


def compile_ours() -> None:
    """Compile our byte code, as an installer does: without it an import takes twice as long."""
    sources = [str(path) for path in (ROOT / "core" / "src", *sorted(ROOT.glob("plugins/*/src")))]
    subprocess.run(
        [sys.executable, "-m", "compileall", "-q", *sources], env=bare_environment(tempfile.gettempdir()), check=True
    )


def progress(text: str) -> None:
    """Show what is being done."""
    print(text, file=sys.stderr, flush=True)


def run_as_command() -> int:
    """Run `main`; when told to end, end what is being measured as well."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return main()
    except KeyboardInterrupt:
        progress("interrupted: nothing is reported")
        return 130


if __name__ == "__main__":
    raise SystemExit(run_as_command())
