"""The books of a home after a crash test: what the bookkeeper finds in storage, and what only witnesses can tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from mainspring.audit import Finding, Horizon, examine, horizon_now
from mainspring.daemon.rules import queue_rules
from mainspring.run import Run
from mainspring.runtime import runtime_folder
from mainspring.storage import RunQuery
from mainspring.testing.crash import checks
from mainspring.testing.crash.folder import crash_folder
from mainspring.testing.crash.history import Blow
from mainspring.testing.crash.processes import Kind
from mainspring.testing.crash.report import Report
from mainspring.testing.crash.witness import Line, read_witness

if TYPE_CHECKING:
    from mainspring.instance import Instance

_ALL = 10_000_000


def report_of(
    instance: Instance, home: Path, seed: int, blows: Sequence[Blow], processes: Mapping[Kind, Sequence[int]]
) -> Report:
    """Return what a crash test of a home has come to, once its daemons have ended.

    Args:
        instance: The home's instance.
        home: The home.
        seed: Where the test's dice began.
        blows: What was done to which process.
        processes: The processes that are left.
    """
    lines = read_witness(crash_folder(home))
    runs = {run.run_id: run for run in instance.storage.runs.find(RunQuery(limit=_ALL))}
    assert instance.settings is not None  # noqa: S101 - it was opened
    horizon = horizon_now(instance.storage, instance.settings.retention, instance.clock.time())
    books = examine(instance.storage, lambda: horizon)
    return Report(
        seed,
        tuple(blows),
        tuple(chain(books.findings, _findings(instance, lines, runs, horizon), _left(instance, home, runs, processes))),
        books.counted,
        Counter(run.status.value for run in runs.values()),
        sum(line.moment == "begin" for line in lines),
    )


def _findings(
    instance: Instance, lines: Sequence[Line], runs: Mapping[str, Run], horizon: Horizon
) -> Iterator[Finding]:
    yield from checks.executed_twice(lines)
    yield from checks.not_witnessed(lines, runs)
    if horizon == Horizon():
        yield from checks.not_recorded(lines, runs)
    yield from checks.over_limits(lines, runs, queue_rules(instance.settings))


def _left(
    instance: Instance, home: Path, runs: Mapping[str, Run], processes: Mapping[Kind, Sequence[int]]
) -> Iterator[Finding]:
    yield from checks.slots_left(runs)
    sockets = [str(path) for path in runtime_folder(home).glob("*.sock")]
    yield from checks.things_left(processes, sockets, instance.storage.duties.leases())
