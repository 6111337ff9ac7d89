"""Forks: a child never speaks through its parent's connection, and loses nothing that it writes through its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from mainspring.event import Event, StepStarted
from mainspring.run import Run, RunStatus
from mainspring.storage import Storage, open_storage

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning"),  # forking with threads is what is tested
]


def create(storage: Storage, run_id: str) -> None:
    storage.runs.create(Run(run_id=run_id, job_name="job", mode="dev", status=RunStatus.STARTED), [])


def start(storage: Storage, run_id: str, step_key: str) -> None:
    fact = StepStarted()
    event = Event(run_id=run_id, run_attempt=1, fact=fact, timestamp=1.0, step_key=step_key, step_attempt=1)
    storage.events.record(run_id, 1, [event])


def forked(work: Callable[[], None]) -> int:
    """Do work in a child that ends without another word, and return its exit code."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_parent_and_child_both_go_on(storage_url: str) -> None:
    with closing(open_storage(storage_url, Path())) as storage:
        create(storage, "run-1")

        def work() -> None:
            start(storage, "run-1", "child")
            storage.close()

        assert [forked(work) for _ in range(3)] == [0, 1, 1]  # a step is claimed once, whoever tries
        start(storage, "run-1", "parent")
        assert [each.step_key for each in storage.events.steps("run-1")] == ["child", "parent"]


def test_a_child_that_only_ends_leaves_the_parent_alone(storage_url: str) -> None:
    with closing(open_storage(storage_url, Path())) as storage:
        create(storage, "run-1")

        assert forked(storage.close) == 0
        start(storage, "run-1", "parent")


_ORPHAN = """
import os, subprocess, sys
from pathlib import Path
from mainspring.run import Run, RunStatus
from mainspring.storage import open_storage

url = sys.argv[1]
storage = open_storage(url, Path())

def create(run_id):
    storage.runs.create(Run(run_id=run_id, job_name="job", mode="dev", status=RunStatus.STARTED), [])

create("by-parent")
read, write = os.pipe()
if os.fork() == 0:
    create("by-child")
    os.write(write, b".")
    os.close(write)
    sys.stdin.read()  # until the parent and another process have closed the database
    create("by-orphan")
    sys.exit()  # and not os._exit: the interpreter ends as it likes
os.read(read, 1)
storage.close()
"""


def test_what_a_child_writes_outlives_its_parent(storage_url: str) -> None:
    """SQLite's locks are a process's: whoever closes the database last deletes the log, the child's writes in it."""
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", _ORPHAN, storage_url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.wait(60) == 0
        with closing(open_storage(storage_url, Path())) as storage:
            create(storage, "by-other")
        assert parent.stdin is not None
        assert parent.stdout is not None
        parent.stdin.close()
        assert parent.stdout.read() == ""  # the child has ended

    with closing(open_storage(storage_url, Path())) as storage:
        for name in ("by-parent", "by-child", "by-other", "by-orphan"):
            assert storage.runs.get(name) is not None, name


def test_a_child_may_open_the_database_anew(storage_url: str) -> None:
    with closing(open_storage(storage_url, Path())) as storage:
        create(storage, "run-1")

        def work() -> None:
            with closing(open_storage(storage_url, Path())) as own:
                create(own, "run-2")
            create(storage, "run-3")

        assert forked(work) == 0
        assert {storage.runs.get(name) is not None for name in ("run-1", "run-2", "run-3")} == {True}


def test_a_fork_waits_for_the_other_threads_transactions(storage_url: str) -> None:
    """Children forked in the thick of it write as if nothing had been under way."""
    import threading

    with closing(open_storage(storage_url, Path())) as storage:
        create(storage, "run-1")
        ended = threading.Event()

        def write() -> None:
            number = 0
            while not ended.is_set():
                number += 1
                start(storage, "run-1", f"parent-{number}")

        thread = threading.Thread(target=write)
        thread.start()
        try:
            for number in range(20):
                assert forked(lambda key=f"child-{number}": start(storage, "run-1", key)) == 0  # type: ignore[misc]
        finally:
            ended.set()
            thread.join()
        keys = {each.step_key for each in storage.events.steps("run-1")}
        assert {f"child-{number}" for number in range(20)} <= keys
