"""The foreman: forks children, tells how they ended, and may itself be lost."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from typing import NoReturn

import psutil
import pytest

import mainspring as ms
from mainspring.execute.process import frames
from mainspring.execute.process.foreman import Foreman, ForemanLostError
from mainspring.execute.process.start import Ends, make_ends

pytestmark = pytest.mark.slow


def nothing() -> None:
    """Prepare nothing."""


def obey(parent: int, ends: tuple[int, int, int]) -> NoReturn:
    """Exit with the code that is sent, or say who one is."""
    told = frames.receive(ends[0])
    if told is None:
        os._exit(99)
    if told[1] == b"who":
        frames.send(ends[0], frames.LOG, f"{parent} {os.getppid()} {os.getpgid(0)}".encode())
        told = frames.receive(ends[0])
        os._exit(0)
    os._exit(int(told[1]))


Hire = Callable[..., Foreman]


@pytest.fixture
def hire() -> Iterator[Hire]:
    hired: list[Foreman] = []

    def make(prepare: Callable[[], None] = nothing, patience_seconds: float = 20.0) -> Foreman:
        hired.append(Foreman(prepare, obey, patience_seconds))
        return hired[-1]

    before = psutil.Process().children(recursive=True)
    yield make
    for each in hired:
        each.close()
    assert psutil.Process().children(recursive=True) == before


@contextlib.contextmanager
def ordered(foreman: Foreman) -> Iterator[Ends]:
    ends = make_ends()
    try:
        foreman.order(ends)
    finally:
        ends.close_far()
    os.set_blocking(ends.near[0], True)
    yield ends
    ends.close_near()


def test_it_tells_how_each_child_ended(hire: Hire) -> None:
    foreman = hire()
    with ordered(foreman) as one, ordered(foreman) as other:
        first = foreman.number()
        frames.send(one.near[0], frames.TASK, b"3")
        status = foreman.autopsy(first)  # while nobody has asked for the other's number
        assert status is not None
        assert os.waitstatus_to_exitcode(status) == 3
        second = foreman.number()
        assert second != first
        os.kill(second, signal.SIGKILL)
        status = foreman.autopsy(second)
        assert status is not None
        assert os.WTERMSIG(status) == signal.SIGKILL
        assert foreman.autopsy(second) is None, "nobody can be waited for twice"
        del other


def test_a_child_is_its_own_and_leads_a_group(hire: Hire) -> None:
    foreman = hire()
    with ordered(foreman) as ends:
        pid = foreman.number()
        frames.send(ends.near[0], frames.TASK, b"who")
        told = frames.receive(ends.near[0])
        assert told is not None
        parent, really, group = map(int, told[1].split())
        assert parent == really != os.getpid()
        assert group == pid
    foreman.bury(pid)


def test_one_that_hangs_before_it_is_up_is_lost_after_a_while_and_ended(hire: Hire) -> None:
    foreman = hire(signal.pause, patience_seconds=0.05)
    with ordered(foreman):
        with pytest.raises(ForemanLostError, match="has died, or hangs"):
            foreman.number()
        assert foreman.autopsy(os.getpid()) is None
        foreman.bury(os.getpid())


def die() -> None:
    os._exit(1)


def test_one_that_has_died_is_lost(hire: Hire) -> None:
    foreman = hire(die)
    with pytest.raises(ForemanLostError, match="has died, or hangs"), ordered(foreman):
        foreman.number()


@ms.op
def kill_foreman() -> int:
    os.kill(os.getppid(), signal.SIGKILL)
    signal.pause()
    return 1


@ms.op
def work() -> int:
    return os.getpid()


@ms.job(modes=[ms.Mode("processes", executor=ms.MultiprocessExecutor(max_concurrent=1, start="fork"))])
def bereft() -> None:
    kill_foreman()
    work()
    work.alias("more")()


def test_a_run_that_loses_its_foreman_fails_the_steps_that_were_at_work_and_goes_on(
    tmp_path: os.PathLike[str],
) -> None:
    with ms.Instance.open(tmp_path) as instance:
        result = bereft.execute(instance=instance, raise_on_error=False)
        assert result.run.status is ms.RunStatus.FAILURE
        assert "its process was interrupted before the op had ended" in (result.run.reason or "")
        assert result.state.steps == {"kill_foreman": "FAILURE", "work": "SUCCESS", "more": "SUCCESS"}
        assert result.output("work") != result.output("more")
