"""What only a crash test can check: the books against witnesses, the limits, and that nothing is left behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from mainspring.audit import Finding
from mainspring.execute.worker import liveness
from mainspring.run import Run, RunStatus
from mainspring.run.queue import QueueRules
from mainspring.storage import Lease
from mainspring.testing.crash.processes import Kind
from mainspring.testing.crash.witness import Line

ONCE = "one execution an attempt"
WITNESSED = "what succeeded was executed"
RECORDED = "what was executed is recorded"
LIMITS = "limits hold"
LEFT = "nothing is left behind"


def executed_twice(lines: Sequence[Line]) -> Iterator[Finding]:
    """Yield each attempt of a step that was executed more than once."""
    begun = Counter(line.execution for line in lines if line.moment == "begin")
    for (run_id, step_key, attempt), times in begun.items():
        if times > 1:
            said = f"attempt {attempt} of step {step_key!r} of run {run_id} was executed {times} times"
            yield Finding(ONCE, run_id, said)


def not_witnessed(lines: Sequence[Line], runs: Mapping[str, Run]) -> Iterator[Finding]:
    """Yield each run that succeeded without an execution, of the jobs whose executions are witnessed."""
    ended = {line.run_id for line in lines if line.moment == "end"}
    jobs = {runs[run_id].job_name for run_id in ended if run_id in runs}
    for run in runs.values():
        if run.status is RunStatus.SUCCESS and run.job_name in jobs and run.run_id not in ended:
            yield Finding(
                WITNESSED, run.run_id, f"run {run.run_id} of {run.job_name!r} succeeded, and no op was at work"
            )


def not_recorded(lines: Sequence[Line], runs: Mapping[str, Run]) -> Iterator[Finding]:
    """Yield each run that was executed and that storage does not know; only for homes that delete none."""
    for run_id in sorted({line.run_id for line in lines} - set(runs)):
        yield Finding(RECORDED, run_id, f"run {run_id} was executed and is not recorded")


def over_limits(lines: Sequence[Line], runs: Mapping[str, Run], rules: QueueRules) -> Iterator[Finding]:
    """Yield each moment at which more runs had an op at work than may be under way."""
    for line in lines:
        together = [runs[each] for each in line.alongside if each in runs and runs[each].location is not None]
        most = rules.max_concurrent_runs
        if most is not None and len(together) > most:
            said = f"{len(together)} runs were at work at a time, and {most} may be: {_names(together)}"
            yield Finding(LIMITS, line.run_id, said)
        for limit in rules.limits:
            places = Counter(place for run in together if (place := limit.place_of(run)) is not None)
            for count in places.values():
                if count > limit.limit:
                    said = f"{count} runs with tag {limit} were at work at a time, and {limit.limit} may be"
                    yield Finding(LIMITS, line.run_id, said)


def slots_left(runs: Mapping[str, Run]) -> Iterator[Finding]:
    """Yield each run that takes up a slot though its worker is dead."""
    for run in runs.values():
        if run.status not in (RunStatus.STARTED, RunStatus.CANCELING):
            continue
        if run.worker is not None and liveness(run.worker) == "dead":
            said = (
                f"run {run.run_id} takes up a slot as {run.status}, and its worker, process {run.worker.pid}, is dead"
            )
            yield Finding(LEFT, run.run_id, said)


def things_left(
    processes: Mapping[Kind, Sequence[int]], sockets: Sequence[str], leases: Sequence[Lease]
) -> Iterator[Finding]:
    """Yield what daemons have left behind that were told to end."""
    for kind, pids in processes.items():
        for pid in pids:
            yield Finding(LEFT, str(pid), f"process {pid}, a {kind}, is left behind")
    for socket in sockets:
        yield Finding(LEFT, socket, f"socket {socket} is left behind")
    for lease in leases:
        yield Finding(LEFT, lease.name, f"lease {lease.name!r} is left behind by {lease.holder}")


def _names(runs: Sequence[Run]) -> str:
    return ", ".join(run.run_id for run in runs)
