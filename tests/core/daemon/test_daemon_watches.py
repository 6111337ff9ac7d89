"""A daemon that watches real workers: one that is killed, one that does not want to end, one that takes too long."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from attrs import frozen

import mainspring as ms
from mainspring.component import launcher_of
from mainspring.daemon.daemon import Daemon
from mainspring.execute import RunOptions, cancel_run, find_run
from mainspring.execute.recorded_job import find_recorded_job, queue_recorded
from mainspring.location.spec import location_specs
from mainspring.run import Run

pytestmark = [pytest.mark.integration, pytest.mark.slow]

PATIENCE_SECONDS = 60.0

CODE = """
import os, signal, sys, time
from pathlib import Path
import mainspring as ms

HOME = Path.cwd()

def note(context, what):
    with (HOME / "witness").open("a") as file:
        file.write(f"{what} {context.attempt}\\n")

@ms.op
def first(context: ms.OpContext) -> int:
    note(context, "first")
    return 1

@ms.op
def once_for_ever(context: ms.OpContext, number: int) -> int:
    note(context, "second")
    if context.attempt == 1:
        (HOME / "gate").read_text()
    return number

def body():
    once_for_ever(first())

goes_on = ms.job(name="goes_on", retry=ms.RunRetryPolicy(max_retries=1))(body)
begins_anew = ms.job(name="begins_anew", retry=ms.RunRetryPolicy(max_retries=1, restart_from="scratch"))(body)
limited = ms.job(name="limited", time_limit=1)(body)

@ms.op
def stubborn(context: ms.OpContext) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    note(context, "stubborn")
    while True:
        time.sleep(60)

@ms.job
def does_not_end():
    stubborn()

defs = ms.Definitions(jobs=[goes_on, begins_anew, limited, does_not_end])
"""

SETTINGS = """
[instance.launcher]
use = "local"
grace = 0.5

[instance.monitor]
check_every = 0.25

[[location]]
name = "watched"
file = "defs.py"
"""


@frozen(eq=False)
class Watched:
    """A home with a daemon at work."""

    home: Path
    instance: ms.Instance

    def queue(self, job: str) -> Run:
        return queue_recorded(find_recorded_job(self.instance.storage, job), None, RunOptions(), instance=self.instance)

    def witnessed(self) -> list[str]:
        try:
            return (self.home / "witness").read_text().splitlines()
        except FileNotFoundError:
            return []

    def until_at_work(self, run: Run, what: str) -> Run:
        self.until(lambda: what in self.witnessed())
        return find_run(self.instance, run.run_id)

    def until_over(self, run: Run, *statuses: ms.RunStatus) -> Run:
        self.until(lambda: find_run(self.instance, run.run_id).status in statuses)
        return find_run(self.instance, run.run_id)

    def until(self, comes: Callable[[], bool]) -> None:
        never = threading.Event()
        end = self.instance.clock.monotonic() + PATIENCE_SECONDS
        while not comes():
            assert self.instance.clock.monotonic() < end, "what must come has not come"
            self.instance.clock.wait(never, 0.02)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    with at_work(tmp_path / "home") as watched:
        yield watched


@contextmanager
def at_work(home: Path) -> Iterator[Watched]:
    home.mkdir()
    os.mkfifo(home / "gate")
    (home / "defs.py").write_text(CODE, encoding="utf-8")
    (home / "mainspring.toml").write_text(SETTINGS, encoding="utf-8")
    with ms.Instance.open(home) as instance:
        assert instance.settings is not None
        loaded = threading.Event()

        def look() -> None:
            found = instance.storage.locations.get("watched")
            if found is not None and found.status == "LOADED":
                loaded.set()

        specs = location_specs(instance.settings, home)
        daemon = Daemon(instance, home, specs, launcher_of(instance, home), lambda run: (), look)
        thread = threading.Thread(target=daemon.run)
        thread.start()
        try:
            assert loaded.wait(PATIENCE_SECONDS)
            yield Watched(home, instance)
        finally:
            daemon.stop()
            thread.join(PATIENCE_SECONDS)


@pytest.mark.parametrize(
    ("job", "witnessed"),
    [
        ("goes_on", ["first 1", "second 1", "second 2"]),
        ("begins_anew", ["first 1", "second 1", "first 2", "second 2"]),
    ],
)
def test_a_worker_that_is_killed_fails_its_attempt_and_the_next_one_succeeds(
    watched: Watched, job: str, witnessed: list[str]
) -> None:
    """Scars: D#3705, P#10141, a lost worker; D#28456, P#8566, P#17415, its place comes back within seconds."""
    run = watched.until_at_work(watched.queue(job), "second 1")
    assert run.worker is not None
    os.kill(run.worker.pid, signal.SIGKILL)
    killed_at = watched.instance.clock.time()
    ended = watched.until_over(run, ms.RunStatus.SUCCESS)

    assert (ended.attempt, ended.retries_left) == (2, 0)
    assert watched.witnessed() == witnessed
    events = watched.instance.storage.events.read(run.run_id)
    (failed,) = [event for event in events if event.kind == "RUN_FAILURE"]
    assert "died while it carried out the run" in failed.fact.reason  # type: ignore[union-attr]
    assert failed.timestamp - killed_at < 3.0
    (step,) = [event for event in events if event.kind == "STEP_FAILURE"]
    assert (step.step_key, step.run_attempt) == ("once_for_ever", 1)


def test_a_run_whose_op_ignores_sigterm_is_canceled_all_the_same(watched: Watched) -> None:
    run = watched.until_at_work(watched.queue("does_not_end"), "stubborn 1")
    cancel_run(watched.instance, run.run_id)
    ended = watched.until_over(run, ms.RunStatus.CANCELED)

    assert "its worker is gone" in (ended.reason or "")
    assert run.worker is not None
    assert ms.liveness(run.worker) == "dead"
    assert [each.status for each in watched.instance.storage.events.steps(run.run_id)] == ["CANCELED"]


def test_a_run_that_takes_longer_than_its_limit_has_failed(watched: Watched) -> None:
    run = watched.until_at_work(watched.queue("limited"), "second 1")
    ended = watched.until_over(run, ms.RunStatus.FAILURE)

    assert ended.reason == "it ran longer than its limit of 1 s"
    worker = run.worker
    assert worker is not None
    watched.until(lambda: ms.liveness(worker) == "dead")
    assert find_run(watched.instance, run.run_id) == ended
