"""Carrying out a run that was queued, in a worker that somebody launched for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve, frozen

from mainspring.definition.definitions import Definitions
from mainspring.definition.job import Job
from mainspring.errors import MainspringError, StorageError, SupersededError, TransitionError
from mainspring.event import Event, RunFailed, RunQueued, RunStarted, RunState
from mainspring.execute.error import error_info
from mainspring.execute.interrupt import is_interruptible
from mainspring.execute.job_policy import run_policy
from mainspring.execute.options import RunOptions, make_run
from mainspring.execute.recall import check_same_job, find_run, inherited, recorded_state
from mainspring.execute.recorder import Recorder
from mainspring.execute.run import context_of, finish, of_parent, plan_on
from mainspring.execute.run_context import RunContext
from mainspring.execute.worker import own_identity
from mainspring.plan.build import selected_nodes
from mainspring.run import Run, RunStatus, WorkerIdentity
from mainspring.storage.rows import WAITING

if TYPE_CHECKING:
    from mainspring.instance import Instance


def queue_run(
    job: Job, mode: str | None, options: RunOptions, *, instance: Instance, location: str | None = None
) -> Run:
    """Record a run that waits to be started, once all that can be refused of it is checked.

    Args:
        job: The job.
        mode: The mode's name; the job's first unless given.
        options: What the run is given.
        instance: Where it is recorded.
        location: The code location that has the job.

    Raises:
        MainspringError: Mode, resources, config or selection do not fit the job.
    """
    state, mode, options = of_parent(job, mode, options, instance)
    plan = plan_on(job, mode, options, instance, state)
    made = make_run(job, plan.mode.name, options, instance.clock.time(), None, instance.randomness)
    policy = run_policy(job.run_retry, job.time_limit_seconds)
    queued = evolve(made, location=location, policy=policy, retries_left=policy.max_retries)
    return store_queued(queued, instance)


def store_queued(run: Run, instance: Instance) -> Run:
    """Record a run as one that waits to be started."""
    queued = evolve(run, status=RunStatus.QUEUED, started_at=None, worker=None)
    recorder = _recorder(instance, queued)
    event = recorder.event(RunQueued())
    instance.storage.runs.create(queued, [event])
    recorder.tell([event])
    return queued


@frozen(eq=False)
class LaunchedRun:
    """An attempt that a worker is ready to begin: planned, and not claimed yet.

    Attributes:
        job: Its job.
        context: What its executor will work with.
        instance: Where it is recorded.
    """

    job: Job
    context: RunContext
    instance: Instance

    def claim(self) -> Event:
        """Take charge of the attempt, and return the event that says so.

        Raises:
            SupersededError: Another worker has it, there is a later attempt, or it is over, canceled or gone.
        """
        run = self.context.run
        assert run.worker is not None  # noqa: S101 - made with one
        self.context.crash_point("run.claim")
        started = self.context.recorder.event(RunStarted())
        worker = run.worker
        self.context.recorder.begin(
            started, lambda: self.instance.storage.runs.claim(run.run_id, run.attempt, worker, [started])
        )
        self.context.crash_point("run.claimed")
        return started

    def carry_out(self, started: Event) -> RunStatus:
        """Carry out the attempt that was claimed, and return how it ended.

        Args:
            started: What `claim` returned.

        Raises:
            KeyboardInterrupt: It was asked to end, and that is recorded.
        """
        result = finish(self.context, started, self.job, self.instance, raise_on_error=False, on_event=None)
        return result.run.status


def find_waiting(instance: Instance, run_id: str, attempt: int) -> Run:
    """Return a run whose attempt waits for a worker.

    Args:
        instance: Where it is recorded.
        run_id: The run.
        attempt: The attempt that was launched.

    Raises:
        UnknownNameError: There is no such run.
        SupersededError: The attempt does not wait for a worker, or not any more.
    """
    run = find_run(instance, run_id)
    if run.attempt != attempt or run.status not in WAITING:
        raise SupersededError(
            f"attempt {attempt} of run {run_id} was launched, but the run is at attempt {run.attempt} and {run.status}; "
            "nothing was done"
        )
    return run


def prepare_launched(
    definitions: Definitions, run_id: str, attempt: int, instance: Instance, worker: WorkerIdentity | None = None
) -> LaunchedRun:
    """Get ready for an attempt of a run that was queued; what its job refuses fails the attempt.

    Args:
        definitions: Where its job is looked up.
        run_id: The run.
        attempt: The attempt that was launched.
        instance: Where the run is recorded.
        worker: Who carries it out; this process unless given.

    Raises:
        UnknownNameError: There is no such run.
        SupersededError: The attempt does not wait for a worker, or not any more; nothing was done.
        StorageError: The database cannot be used now; nothing was done.
        MainspringError: The job cannot be run so; the attempt has FAILED for that.
    """
    run = find_waiting(instance, run_id, attempt)
    try:
        return _prepared(definitions, run, instance, worker or own_identity(interruptible=is_interruptible()))
    except (KeyboardInterrupt, StorageError):
        raise  # neither says anything about the job
    except MainspringError as error:
        fail_launched(instance, run, error)
        raise
    except BaseException as error:
        said = f"job {run.job_name!r} cannot be made ready to run: {error_info(error).summary}; correct its code"
        failed = MainspringError(said)
        failed.__cause__ = error
        fail_launched(instance, run, failed)
        raise failed from error


def fail_launched(instance: Instance, run: Run, error: MainspringError) -> None:
    """Record that an attempt cannot be carried out; where somebody has begun or ended it, nothing happens.

    It is claimed first: only so a worker that fails to get ready cannot fail the run of one that did.
    """
    recorder = _recorder(instance, run)
    started = recorder.event(RunStarted())
    try:
        instance.storage.runs.claim(run.run_id, run.attempt, own_identity(interruptible=False), [started])
        recorder.tell([started])
        recorder.write([recorder.event(RunFailed(str(error), error_info(error.__cause__ or error)))])
    except (TransitionError, SupersededError):
        return


def _prepared(definitions: Definitions, run: Run, instance: Instance, worker: WorkerIdentity) -> LaunchedRun:
    job = definitions.job(run.job_name)
    state = _taken_over(job, run, instance)
    options = RunOptions(config=run.config, selection=run.selection)
    plan = plan_on(job, run.mode, options, instance, state)
    begun = evolve(run, status=RunStatus.STARTED, worker=worker)
    return LaunchedRun(job, context_of(begun, plan, state, instance), instance)


def _taken_over(job: Job, run: Run, instance: Instance) -> RunState:
    """Return what the attempt does not do again: what earlier ones did, or the run that it executes again."""
    if run.attempt > 1:
        return recorded_state(instance, job, run)
    if run.parent_run_id is None:
        return RunState()
    parent = find_run(instance, run.parent_run_id)
    check_same_job(job, parent)
    taken = None if run.selection is None else selected_nodes(job.nodes, run.selection)
    return inherited(recorded_state(instance, job, parent), taken)


def _recorder(instance: Instance, run: Run) -> Recorder:
    return Recorder(
        instance.storage.events, instance.clock, run.run_id, run.attempt, instance.observers, instance.crash_point
    )
