"""What a hostile op, store or resource does to the run around it."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO, cast

import pytest

import mainspring as ms
from mainspring.errors import OutputError, TypeMismatchError
from mainspring.log.memory import MemoryLogStore
from mainspring.log.port import LogKey
from mainspring.storage import RunQuery


class TalkingStore(MemoryLogStore):
    """Logs and prints whenever it is given something, as the clients of remote stores do."""

    def append(self, key: LogKey, text: str) -> None:
        logging.getLogger("remote.client").warning("sending %s", key.stream)
        sys.stdout.write("sent\n")
        super().append(key, text)


@ms.op
def talk() -> int:
    sys.stdout.write("hello\n")
    return 1


@ms.job
def talking() -> None:
    talk()


def test_a_log_store_that_logs_and_prints_is_not_its_own_input() -> None:
    from attrs import evolve

    instance = evolve(ms.Instance.ephemeral(), logs=TalkingStore())
    assert talking.execute(instance=instance).logs("talk") == "hello\n"


class Wrapper:
    """Wraps a stream and stays in its place, as libraries for colour do."""

    def __init__(self, inner: TextIO) -> None:
        self.inner = inner

    def write(self, text: str) -> int:
        return self.inner.write(text)

    def flush(self) -> None:
        self.inner.flush()


def test_an_op_that_replaces_stdout_is_captured_once() -> None:
    before = sys.stdout

    @ms.op
    def wrap() -> int:
        sys.stdout = Wrapper(sys.stdout)
        sys.stdout.write("hello\n")
        return 1

    @ms.job
    def wrapping() -> None:
        wrap()

    try:
        assert [wrapping.execute().logs("wrap") for _ in range(3)] == ["hello\n"] * 3
    finally:
        sys.stdout = before


def test_what_a_group_of_exceptions_holds_and_what_was_noted_is_told() -> None:
    @ms.op
    def fail() -> int:
        error = ExceptionGroup("several", [ValueError("the first"), KeyError("the second")])
        error.add_note("seen on a Monday")
        raise error

    @ms.job
    def failing() -> None:
        fail()

    result = failing.execute(raise_on_error=False)
    (info,) = [event.fact.error for event in result.events if event.kind == "STEP_FAILURE"]  # type: ignore[union-attr]
    assert "seen on a Monday" in info.message  # type: ignore[union-attr]
    assert "ValueError: the first" in info.message  # type: ignore[union-attr]
    assert "KeyError: 'the second'" in info.message  # type: ignore[union-attr]


def test_each_value_of_a_fan_in_is_checked() -> None:
    @ms.op
    def number() -> int:
        return 1

    @ms.op
    def text():  # type: ignore[no-untyped-def]
        return "x"

    @ms.op
    def total(values: list[int]) -> int:
        return sum(values)

    @ms.job
    def wrong() -> None:
        total([number(), text()])

    with pytest.raises(ms.RunFailedError) as raised:
        wrong.execute()
    assert isinstance(raised.value.__cause__, TypeMismatchError)
    assert "'values[1]'" in str(raised.value.__cause__)


def test_a_value_that_can_be_read_only_once_is_refused() -> None:
    @ms.op
    def numbers() -> Iterator[int]:
        return iter([1, 2])

    @ms.job
    def once() -> None:
        numbers()

    with pytest.raises(ms.RunFailedError) as raised:
        once.execute()
    assert isinstance(raised.value.__cause__, OutputError)
    assert "can be read only once; return a list" in str(raised.value.__cause__)


def test_a_fork_made_while_another_thread_installs_the_capture_can_still_run_a_job() -> None:
    from mainspring.execute.capture import capture

    with capture._lock:  # noqa: SLF001 - as another thread would hold it
        child = os.fork()
        if child == 0:
            os._exit(0 if talking.execute().success else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_impatient_interrupts_leave_no_run_and_no_step_under_way(home: Path) -> None:
    @ms.op
    def wait() -> int:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            os.kill(os.getpid(), number)
        return 1

    @ms.job
    def waiting() -> None:
        wait()

    with ms.Instance.open(home) as instance:
        with pytest.raises(KeyboardInterrupt):
            waiting.execute(instance=instance)
        (run,) = instance.storage.runs.find(RunQuery())
        assert run.status is ms.RunStatus.CANCELED
        assert [step.status for step in instance.storage.events.steps(run.run_id)] == ["CANCELED"]


def test_a_damaged_row_is_named(home: Path) -> None:
    import sqlite3

    with ms.Instance.open(home) as instance:
        run_id = talking.execute(instance=instance).run_id
    with sqlite3.connect(home / "mainspring.db") as database:
        database.execute("UPDATE runs SET status = 'FOO'")
    database.close()
    with (
        ms.Instance.open(home) as instance,
        pytest.raises(ms.MainspringError, match=f"the row of run {run_id} is damaged"),
    ):
        instance.storage.runs.find(RunQuery())


def test_outputs_of_a_finished_run_are_found_without_reading_the_log_again(instance: ms.Instance) -> None:
    result = talking.execute(instance=instance)
    assert result.output("talk") == 1
    reads = []
    original = instance.storage.events.read

    class Counting:
        def __getattr__(self, name: str) -> object:
            return getattr(instance.storage.events, name)

        def read(self, *arguments: object, **options: object) -> object:
            reads.append(arguments)
            return original(*arguments, **options)  # type: ignore[arg-type]

    from attrs import evolve

    counted = evolve(instance, storage=evolve(instance.storage, events=cast("Any", Counting())))
    again = evolve(result, instance=counted)
    assert [again.output("talk") for _ in range(3)] == [1, 1, 1]
    assert len(reads) == 1


def test_a_thread_without_a_step_prints_where_it_always_did(capsys: pytest.CaptureFixture[str]) -> None:
    @ms.op
    def spawn() -> int:
        thread = threading.Thread(target=lambda: sys.stdout.write("from a thread\n"))
        thread.start()
        thread.join()
        subprocess.run(["true"], check=True)
        return 1

    @ms.job
    def spawning() -> None:
        spawn()

    assert spawning.execute().logs("spawn") == ""
    assert "from a thread" in capsys.readouterr().out
