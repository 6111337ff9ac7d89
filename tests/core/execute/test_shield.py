"""Interrupts do not fall into the middle of a write."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

import mainspring as ms
from mainspring.errors import MainspringError
from mainspring.execute.interrupt import shield, terminable
from mainspring.storage import RunQuery


def test_an_interrupt_waits_until_the_shield_is_left() -> None:
    steps = []
    with terminable(), pytest.raises(KeyboardInterrupt), shield:  # noqa: PT012 - what comes after the signal matters
        os.kill(os.getpid(), signal.SIGINT)
        steps.append("went on")
    assert steps == ["went on"]


def test_a_second_sigterm_cuts_no_tear_down_short() -> None:
    steps = []
    with pytest.raises(KeyboardInterrupt), terminable():  # noqa: PT012 - what comes after the signal matters
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            steps.append("torn down")
    assert steps == ["torn down"]


def test_ctrl_c_is_for_the_impatient() -> None:
    steps = []
    with pytest.raises(KeyboardInterrupt), terminable():  # noqa: PT012 - what comes after the signal matters
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            steps.append("torn down")
    assert steps == []


def test_an_interrupt_that_nothing_shields_comes_at_once() -> None:
    with terminable(), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGTERM)


def test_the_handlers_are_as_they_were_afterwards() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with terminable():
        assert signal.getsignal(signal.SIGTERM) is not before[1]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


@pytest.mark.parametrize("point", ["events.flush", "events.flushed"])
def test_an_interrupt_during_a_commit_leaves_a_whole_record(home: Path, point: str) -> None:
    hits = iter(range(100))

    def interrupt(name: str) -> None:
        if name == point and next(hits) == 1:
            os.kill(os.getpid(), signal.SIGINT)

    @ms.op
    def one() -> int:
        return 1

    @ms.op
    def two(value: int) -> int:
        return value + 1

    @ms.job
    def chain() -> None:
        two(one())

    with ms.Instance.open(home, crash_point=interrupt) as instance:
        with pytest.raises(KeyboardInterrupt):
            chain.execute(instance=instance)
        (run,) = instance.storage.runs.find(RunQuery())
        assert run.status is ms.RunStatus.CANCELED
        steps = {row.step_key: row.status for row in instance.storage.events.steps(run.run_id)}
        assert steps == {"one": "SUCCESS", "two": "CANCELED"}


def test_an_executor_that_executes_a_step_twice_fails_the_run(instance: ms.Instance) -> None:
    class Twice(ms.Executor):
        def execute(self, plan: ms.Plan, run: ms.RunContext) -> Iterator[ms.Event]:
            while (step := run.next_step()) is not None:
                yield from run.execute_step(step)
                yield from run.execute_step(step)

    @ms.op
    def one() -> int:
        return 1

    @ms.job(modes=[ms.Mode("twice", executor=Twice())])
    def job() -> None:
        one()

    with pytest.raises(MainspringError, match="step 'one' is under way or over"):
        job.execute(instance=instance)
