"""Pools over runs in processes of their own: their steps never overlap, and no death of a process keeps a place."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path

import pytest
from attrs import evolve

import mainspring as ms
from mainspring.event import StepStarted, StepSucceeded
from mainspring.execute import cancel_run, settle_dead
from mainspring.run import PoolPlace, Run
from mainspring.storage import RunQuery
from mainspring.testing import VirtualClock
from mainspring.testing.contract import jobs
from mainspring.testing.contract.stored_runs import given_run, record, step_event
from mainspring.testing.contract.trial import Trial
from mainspring.testing.contract.watched_executor import WatchedExecutor

pytestmark = [pytest.mark.integration, pytest.mark.slow]

WITNESS = "witness"
"""The tag that names the file in which steps note their beginning and their end."""


def note(context: ms.OpContext, what: str) -> None:
    target = os.open(context.run_tags[WITNESS], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(target, f"{what}\n".encode())
    os.close(target)


@ms.op(pool="warehouse")
def load(context: ms.OpContext) -> int:
    note(context, "+1")
    sum(range(200_000))  # long enough for another one to come in
    note(context, "-1")
    return 1


@ms.op(out=ms.DynamicOut())
def parts() -> dict[str, int]:
    return {f"p{number}": number for number in range(6)}


@ms.op(pool="warehouse")
def load_part(context: ms.OpContext, part: int) -> int:
    note(context, "+1")
    sum(range(200_000))
    note(context, "-1")
    return part


@ms.op(pool="warehouse")
def hold(context: ms.OpContext) -> None:
    note(context, "held")
    signal.pause()


MODES = [ms.Mode("one"), ms.Mode("many", executor=ms.MultiprocessExecutor(max_concurrent=2))]


@ms.job(modes=MODES)
def loading() -> None:
    done = load()
    for number in range(5):
        done = load.alias(f"load_{number}").after(done)()
    parts.after(done)().map(load_part)


@ms.job(modes=MODES)
def holding() -> None:
    hold()


_RUN = """
import sys
sys.path.insert(0, sys.argv[1])
import test_pools
import mainspring as ms

with ms.Instance.open(sys.argv[2]) as instance:
    print("ready", flush=True)
    job = getattr(test_pools, sys.argv[3])
    job.execute(mode=sys.argv[4], instance=instance, tags={test_pools.WITNESS: sys.argv[5]})
"""


@pytest.fixture
def home(tmp_path: Path, storage_url: str) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "mainspring.toml").write_text(f'[instance]\nstorage = "{storage_url}"\n[instance.pools]\nwarehouse = 1\n')
    return folder


@pytest.fixture
def instance(home: Path) -> Iterator[ms.Instance]:
    with ms.Instance.open(home) as instance:
        yield instance


@contextmanager
def running(home: Path, job: str, mode: str, witness: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a job in a process of its own, which is killed in the end unless it has ended."""
    command = [sys.executable, "-c", _RUN, str(Path(__file__).parent), str(home), job, mode, str(witness)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.kill()


def await_so(clock: ms.Clock, is_so: Callable[[], bool]) -> None:
    """Wait until something is so, a minute at most."""
    limit = clock.monotonic() + 60
    while not is_so():
        assert clock.monotonic() < limit
        clock.wait(threading.Event(), 0.01)


def is_waiting(instance: ms.Instance) -> bool:
    """Whether a run has told that a step of it waits."""
    return any("STEP_WAITING" in kinds(instance, run) for run in loading_runs(instance))


def kinds(instance: ms.Instance, run: Run) -> list[str]:
    return [each.kind for each in instance.storage.events.read(run.run_id)]


@pytest.mark.parametrize("modes", [("one", "one", "one"), ("many", "many", "one")], ids="-".join)
def test_steps_of_one_pool_never_overlap(
    home: Path, instance: ms.Instance, tmp_path: Path, modes: tuple[str, str, str]
) -> None:
    witness = tmp_path / "witness"
    with running(home, "loading", modes[0], witness) as a, running(home, "loading", modes[1], witness) as b:
        loading.execute(mode=modes[2], instance=instance, tags={WITNESS: str(witness)})
        assert [a.wait(120), b.wait(120)] == [0, 0]

    changes = [int(line) for line in witness.read_text().split()]
    assert len(changes) == 3 * 12 * 2
    assert max(accumulate(changes)) == 1
    assert instance.storage.events.places_taken("warehouse") == 0
    waited = [kinds(instance, run).count("STEP_WAITING") for run in instance.storage.runs.find(RunQuery())]
    assert sum(waited) > 0


@pytest.mark.parametrize("mode", ["one", "many"])
@pytest.mark.parametrize("settled_by", ["retry", "cancel"])
def test_a_killed_process_gives_its_place_back_once_its_run_is_settled(
    home: Path, instance: ms.Instance, tmp_path: Path, mode: str, settled_by: str
) -> None:
    """Scars: D#28456, P#8566, P#17415."""
    held, witness = tmp_path / "held", tmp_path / "witness"
    with running(home, "holding", mode, held) as holder:
        await_so(instance.clock, held.exists)
        (dead,) = instance.storage.runs.find(RunQuery(job_name="holding"))
        with running(home, "loading", "one", witness) as waiting:
            await_so(instance.clock, lambda: is_waiting(instance))
            os.kill(holder.pid, signal.SIGKILL)
            holder.wait(30)
            assert instance.storage.events.places_taken("warehouse") == 1
            assert not witness.exists()

            settled = settle_dead(instance, dead) if settled_by == "retry" else cancel_run(instance, dead.run_id)
            assert settled.status.is_final
            assert waiting.wait(60) == 0
    (run,) = loading_runs(instance)
    assert run.status is ms.RunStatus.SUCCESS
    assert len(witness.read_text().split()) == 12 * 2


@pytest.mark.parametrize("mode", ["one", "many"])
def test_a_run_that_waits_for_its_pool_is_canceled_within_seconds(
    home: Path, instance: ms.Instance, tmp_path: Path, mode: str
) -> None:
    held, witness = tmp_path / "held", tmp_path / "witness"
    with running(home, "holding", "one", held), running(home, "loading", mode, witness) as waiting:
        await_so(instance.clock, held.exists)
        await_so(instance.clock, lambda: is_waiting(instance))
        (run,) = loading_runs(instance)
        cancel_run(instance, run.run_id)
        waiting.wait(10)
        found = instance.storage.runs.get(run.run_id)

    assert found is not None
    assert found.status is ms.RunStatus.CANCELED
    assert instance.storage.events.steps(run.run_id) == []
    assert not witness.exists()


def loading_runs(instance: ms.Instance) -> list[Run]:
    return instance.storage.runs.find(RunQuery(job_name="loading"))


def test_a_step_that_waits_takes_up_no_process_and_no_time(tmp_path: Path) -> None:
    """With one process at a time the other step goes on, and the wait does not count for the time-out."""
    clock = VirtualClock()
    with ms.Instance.open(tmp_path / "home", clock=clock) as opened:
        storage = opened.storage
        given_run(storage, run_id="holder")
        claim = step_event(StepStarted(), run_id="holder")
        record(storage, [claim], run_id="holder", places={"clean": PoolPlace(jobs.POOL, 1)})

        def watch(event: ms.Event, run: ms.RunContext) -> None:
            if event.step_key == "one" and event.kind in ("STEP_SUCCESS", "STEP_FAILURE"):
                clock.advance(3600)
                record(storage, [step_event(StepSucceeded(), run_id="holder")], run_id="holder")

        executor = ms.MultiprocessExecutor(max_concurrent=1, step_timeout=60.0)
        instance = evolve(opened, pools={jobs.POOL: 1})
        trial = Trial(WatchedExecutor(executor, watch=watch), instance, tmp_path / "witness")

        assert trial.run(jobs.pooled).success
        assert trial.executed() == ["one 1", "load 1", "finish 1"]
