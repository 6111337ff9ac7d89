"""Runs are ended from outside, and those whose process has died are recorded as such."""

import threading
from collections.abc import Iterator

import pytest
from attrs import evolve

import mainspring as ms
from mainspring.errors import MainspringError, RunFailedError, UnknownNameError
from mainspring.event import Fact, RunQueued, RunStarted, StepStarted
from mainspring.execute import cancel_run, find_run, settle_dead
from mainspring.execute.recorder import Recorder
from mainspring.execute.worker import own_identity
from mainspring.run import Run, WorkerIdentity
from mainspring.run.ids import run_id as make_run_id
from mainspring.storage import RunQuery
from mainspring.testing import VirtualClock

ELSEWHERE = WorkerIdentity("elsewhere", "other/pid:[1]", 1, 1)


@pytest.fixture(params=["memory", "database"])
def store(request: pytest.FixtureRequest, instance: ms.Instance) -> Iterator[ms.Instance]:
    """An instance in memory, and one on SQLite."""
    if request.param == "database":
        yield instance
        return
    with ms.Instance.ephemeral() as ephemeral:
        yield ephemeral


def recorded(instance: ms.Instance, status: ms.RunStatus, worker: WorkerIdentity | None) -> str:
    """Record a run that waits, or one that is under way with one step at work."""
    run = Run(
        run_id=make_run_id(instance.clock.time(), b"0123456789"),
        job_name="job",
        mode="default",
        status=status,
        worker=worker,
    )
    recorder = Recorder(instance.storage.events, instance.clock, run.run_id, 1, (), instance.crash_point)
    first: Fact = RunQueued() if status is ms.RunStatus.QUEUED else RunStarted()
    instance.storage.runs.create(run, [recorder.event(first)])
    if status is ms.RunStatus.STARTED:
        recorder.write([recorder.event(StepStarted(), "wait", 1)])
    return run.run_id


def dead() -> WorkerIdentity:
    own = own_identity(interruptible=True)
    return evolve(own, start_time=own.start_time - 1)


def steps(instance: ms.Instance, run_id: str) -> list[tuple[str, str]]:
    return [(each.step_key, each.status.value) for each in instance.storage.events.steps(run_id)]


def test_a_run_that_waits_is_canceled_at_once(store: ms.Instance) -> None:
    run_id = recorded(store, ms.RunStatus.QUEUED, None)

    run = cancel_run(store, run_id)

    assert (run.status, run.reason) == (ms.RunStatus.CANCELED, "canceled before it started")
    with pytest.raises(MainspringError, match=f"run {run_id} is over already: CANCELED"):
        cancel_run(store, run_id)


def test_a_run_of_a_dead_process_is_canceled_at_once(store: ms.Instance) -> None:
    run_id = recorded(store, ms.RunStatus.STARTED, dead())

    run = cancel_run(store, run_id)

    assert run.status is ms.RunStatus.CANCELED
    assert steps(store, run_id) == [("wait", "CANCELED")]


@pytest.mark.parametrize("worker", [ELSEWHERE, own_identity(interruptible=False), None], ids=["far", "near", "nobody"])
def test_a_run_that_cannot_be_interrupted_is_asked_once(worker: WorkerIdentity | None, store: ms.Instance) -> None:
    run_id = recorded(store, ms.RunStatus.STARTED, worker)

    assert cancel_run(store, run_id).status is ms.RunStatus.CANCELING
    assert cancel_run(store, run_id).status is ms.RunStatus.CANCELING
    kinds = [event.kind for event in store.storage.events.read(run_id)]
    assert kinds == ["RUN_STARTED", "STEP_STARTED", "RUN_CANCELING"]


def test_a_run_that_is_not_there_is_named(store: ms.Instance) -> None:
    with pytest.raises(UnknownNameError, match="there is no run 'nothing'"):
        cancel_run(store, "nothing")


def test_a_run_in_a_thread_sees_the_request_between_its_steps() -> None:
    clock = VirtualClock()
    instance = ms.Instance.ephemeral(clock=clock)
    is_waiting, gate = threading.Event(), threading.Event()

    @ms.op
    def wait() -> int:
        is_waiting.set()
        assert gate.wait(60)
        return 1

    @ms.op
    def after(number: int) -> None:
        raise AssertionError("no step begins after the request")

    @ms.job
    def job() -> None:
        after(wait())

    thread = threading.Thread(target=lambda: job.execute(instance=instance, raise_on_error=False))
    thread.start()
    assert is_waiting.wait(60)
    (run,) = instance.storage.runs.find(RunQuery())
    asked = cancel_run(instance, run.run_id)
    clock.advance(2)
    gate.set()
    thread.join(60)

    assert asked.status is ms.RunStatus.CANCELING
    ended = find_run(instance, run.run_id)
    assert (ended.status, ended.reason) == (ms.RunStatus.CANCELED, "it was asked to end")
    assert steps(instance, run.run_id) == [("wait", "SUCCESS")]


def test_the_death_of_a_process_fails_the_run_and_the_step_at_work(store: ms.Instance) -> None:
    worker = dead()
    run_id = recorded(store, ms.RunStatus.STARTED, worker)

    run = settle_dead(store, find_run(store, run_id))

    said = f"process {worker.pid} on {worker.host} died while it carried out the run"
    assert (run.status, run.reason) == (ms.RunStatus.FAILURE, said)
    assert steps(store, run_id) == [("wait", "FAILURE")]
    assert settle_dead(store, run) == run


@pytest.mark.parametrize(
    ("worker", "said"),
    [
        (own_identity(interruptible=False), "is still carried out by process .*; cancel it first"),
        (ELSEWHERE, "only there can be told whether that process lives"),
        (None, "does not say which process carries it out"),
    ],
    ids=["alive", "elsewhere", "nobody"],
)
def test_the_living_are_not_settled(worker: WorkerIdentity | None, said: str, store: ms.Instance) -> None:
    run_id = recorded(store, ms.RunStatus.STARTED, worker)

    with pytest.raises(MainspringError, match=said):
        settle_dead(store, find_run(store, run_id))
    assert find_run(store, run_id).status is ms.RunStatus.STARTED


def test_a_run_whose_process_died_is_retried_by_its_job(store: ms.Instance) -> None:
    @ms.op
    def wait() -> int:
        return 1

    @ms.job
    def job() -> None:
        wait()

    run_id = recorded(store, ms.RunStatus.STARTED, dead())

    result = job.retry(run_id, instance=store)

    assert (result.run.status, result.run.attempt) == (ms.RunStatus.SUCCESS, 2)
    assert steps(store, run_id) == [("wait", "FAILURE"), ("wait", "SUCCESS")]


def test_a_job_whose_step_was_lost_with_its_process_may_fail_again(store: ms.Instance) -> None:
    @ms.op
    def wait() -> int:
        raise ValueError("again")

    @ms.job
    def job() -> None:
        wait()

    with pytest.raises(RunFailedError, match="ValueError: again"):
        job.retry(recorded(store, ms.RunStatus.STARTED, dead()), instance=store)
