"""What only a crash test can check, on books that do not balance."""

from typing import Any

import pytest

from mainspring.execute.worker import own_identity
from mainspring.run import Run, RunStatus, WorkerIdentity
from mainspring.run.queue import QueueRules, TagLimit
from mainspring.storage import Lease
from mainspring.testing.crash import Kind, checks
from mainspring.testing.crash.witness import Line

ALIVE = own_identity(interruptible=False)
DEAD = WorkerIdentity(ALIVE.host, ALIVE.boot_id, ALIVE.pid, ALIVE.start_time - 1, interruptible=False)


def run(run_id: str, status: RunStatus = RunStatus.SUCCESS, job: str = "ingest", **more: Any) -> Run:
    return Run(run_id=run_id, job_name=job, mode="default", status=status, location="sales", **more)


def by_id(*runs: Run) -> dict[str, Run]:
    return {each.run_id: each for each in runs}


def both(run_id: str, *alongside: str) -> list[Line]:
    return [Line("begin", run_id, "fetch", 1, (run_id, *alongside)), Line("end", run_id, "fetch", 1)]


def test_an_attempt_that_was_executed_twice() -> None:
    (finding,) = checks.executed_twice([*both("a"), *both("b"), *both("a")])

    assert finding.said == "attempt 1 of step 'fetch' of run a was executed 2 times"


def test_another_attempt_is_another_execution() -> None:
    assert not list(checks.executed_twice([*both("a"), Line("begin", "a", "fetch", 2)]))


def test_a_run_that_succeeded_and_was_not_executed() -> None:
    (finding,) = checks.not_witnessed(both("a"), by_id(run("a"), run("b"), run("c", job="silent")))

    assert finding.name == "b"


def test_a_run_that_was_executed_and_is_not_recorded() -> None:
    assert [each.name for each in checks.not_recorded([*both("a"), *both("b")], by_id(run("a")))] == ["b"]


def test_more_runs_at_work_than_may_be() -> None:
    runs = by_id(run("a"), run("b"), run("c"))
    rules = QueueRules(max_concurrent_runs=2)

    assert not list(checks.over_limits(both("a", "b"), runs, rules))
    (finding,) = checks.over_limits(both("a", "b", "c"), runs, rules)
    assert finding.said == "3 runs were at work at a time, and 2 may be: a, b, c"


@pytest.mark.parametrize(("limit", "is_held"), [(1, False), (2, True)])
def test_more_runs_with_a_tag_at_work_than_may_be(limit: int, is_held: bool) -> None:
    runs = by_id(run("a", tags={"team": "x"}), run("b", tags={"team": "x"}), run("c"))
    rules = QueueRules(limits=(TagLimit("team", limit),))

    assert (not list(checks.over_limits(both("a", "b", "c"), runs, rules))) is is_held


def test_a_slot_of_a_dead_worker() -> None:
    runs = by_id(
        run("a", RunStatus.STARTED, worker=DEAD),
        run("b", RunStatus.STARTED, worker=ALIVE),
        run("c", RunStatus.FAILURE, worker=DEAD),
    )

    assert [each.name for each in checks.slots_left(runs)] == ["a"]


def test_what_is_left_behind() -> None:
    found = checks.things_left({Kind.FRONT: [7], Kind.CODE: []}, ["a.sock"], [Lease("location sales", "d", 1)])

    assert [each.said for each in found] == [
        "process 7, a front, is left behind",
        "socket a.sock is left behind",
        "lease 'location sales' is left behind by d",
    ]
