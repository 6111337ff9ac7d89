"""Ctrl-C and SIGTERM: the run ends as CANCELED, its resources are closed, and the interrupt goes on to the caller."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import mainspring as ms
from mainspring.event import fold
from mainspring.run import Run
from mainspring.storage import RunQuery

closed: list[str] = []


class Door(ms.Resource[str]):
    @contextmanager
    def open(self) -> Iterator[str]:
        try:
            yield "open"
        finally:
            closed.append("door")


class Stubborn(ms.Resource[str]):
    """Interrupted while it closes."""

    @contextmanager
    def open(self) -> Iterator[str]:
        yield "open"
        raise KeyboardInterrupt


@ms.op
def one(*, door: str = ms.resource()) -> int:
    assert door
    return 1


@ms.op
def interrupted(x: int) -> int:
    raise KeyboardInterrupt


@ms.op
def after(x: int) -> int:
    return x


@ms.job(modes=[ms.Mode("default", resources={"door": Door()})])
def job() -> None:
    after(interrupted(one()))


def only_run(instance: ms.Instance) -> Run:
    (run,) = instance.storage.runs.find(RunQuery())
    return run


def test_an_interrupt_in_an_op_cancels_the_run_and_goes_on(instance: ms.Instance) -> None:
    closed.clear()

    with pytest.raises(KeyboardInterrupt):
        job.execute(instance=instance, raise_on_error=False)

    run = only_run(instance)
    state = fold(instance.storage.events.read(run.run_id))
    assert run.status is ms.RunStatus.CANCELED
    assert run.reason == "interrupted"
    assert state.steps == {"one": "SUCCESS", "interrupted": "CANCELED"}
    assert closed == ["door"]


def test_an_interrupt_in_a_hook_cancels_the_step() -> None:
    def impatient(context: ms.HookContext) -> None:
        raise KeyboardInterrupt

    @ms.op(on_success=impatient)
    def work() -> int:
        return 1

    @ms.job
    def hooked() -> None:
        work()

    instance = ms.Instance.ephemeral()
    with pytest.raises(KeyboardInterrupt):
        hooked.execute(instance=instance)

    assert only_run(instance).status is ms.RunStatus.CANCELED
    assert [row.status for row in instance.storage.events.steps(only_run(instance).run_id)] == ["CANCELED"]


def test_an_interrupt_while_closing_leaves_the_outcome() -> None:
    @ms.op
    def use(*, door: str = ms.resource()) -> str:
        return door

    @ms.job(modes=[ms.Mode("default", resources={"door": Stubborn()})])
    def stubborn() -> None:
        use()

    instance = ms.Instance.ephemeral()
    with pytest.raises(KeyboardInterrupt):
        stubborn.execute(instance=instance)

    assert only_run(instance).status is ms.RunStatus.SUCCESS


def test_streams_and_signals_are_put_back() -> None:
    before = sys.stdout, sys.stderr, signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        job.execute()

    assert (sys.stdout, sys.stderr, signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


_WAITING = """
import signal, sys
from contextlib import contextmanager
import mainspring as ms

class Door(ms.Resource):
    @contextmanager
    def open(self):
        try:
            yield "open"
        finally:
            print("closed", file=sys.__stdout__, flush=True)

@ms.op
def forever(*, door: str = ms.resource()) -> None:
    print("ready", file=sys.__stdout__, flush=True)
    while True:
        signal.pause()

@ms.job(modes=[ms.Mode("default", resources={"door": Door()})])
def job():
    forever()

with ms.Instance.open(sys.argv[1]) as instance:
    job.execute(instance=instance)
"""


@pytest.mark.integration
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda each: each.name)
def test_a_signal_ends_the_run_in_order(number: signal.Signals, instance: ms.Instance) -> None:
    assert instance.home is not None
    with subprocess.Popen(
        [sys.executable, "-c", _WAITING, str(instance.home)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        os.kill(process.pid, number)
        out, err = process.communicate(timeout=30)

    run = only_run(instance)
    assert out == "closed\n"
    assert ("KeyboardInterrupt" if number == signal.SIGINT else "Terminated") in err
    assert process.returncode != 0
    assert run.status is ms.RunStatus.CANCELED
    assert [row.status for row in instance.storage.events.steps(run.run_id)] == ["CANCELED"]
