"""Carrying out a run in this process, from its plan to its last event."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from attrs import evolve

from mainspring.definition.job import Job
from mainspring.errors import MainspringError, RunFailedError, StorageError, SupersededError
from mainspring.event import Event, Fact, HookFailed, RunCanceled, RunFailed, RunStarted, RunState, RunSucceeded
from mainspring.execute.capture import capture
from mainspring.execute.error import error_info
from mainspring.execute.in_process import InProcessExecutor
from mainspring.execute.interrupt import is_interruptible, shield, terminable
from mainspring.execute.options import RunOptions, make_run
from mainspring.execute.recall import check_same_job, find_run, forget_lost, given_nodes, inherited, recorded_state
from mainspring.execute.recorder import Recorder
from mainspring.execute.resources import OpenResources
from mainspring.execute.result import RunResult
from mainspring.execute.run_context import RunContext
from mainspring.execute.worker import own_identity
from mainspring.plan import Binding, Plan, bind, build_plan
from mainspring.plan.build import selected_nodes
from mainspring.run import Run, RunStatus

if TYPE_CHECKING:
    from mainspring.instance import Instance

_LOGGER = logging.getLogger("mainspring.run")


def plan_job(
    job: Job, mode: str | None, options: RunOptions, instance: Instance, state: RunState | None = None
) -> Plan:
    """Return the plan of a run: everything that can be refused is refused here, before anything is recorded.

    Args:
        job: The job.
        mode: The mode's name; the job's first unless given.
        options: What the run is given.
        instance: Whose overrides and IO manager are used.
        state: What the run takes over from others.

    Raises:
        MainspringError: Mode, resources, config or selection do not fit the job.
    """
    binding = bind(job, mode, instance.overrides, instance.io_manager, InProcessExecutor())
    return _plan(binding, options, state)


def plan_on(job: Job, mode: str | None, options: RunOptions, instance: Instance, state: RunState) -> Plan:
    """Return the plan of a run that goes on from a state, in which it forgets what cannot be loaded any more."""
    binding = bind(job, mode, instance.overrides, instance.io_manager, InProcessExecutor())
    forget_lost(job, state, binding.mode.resources)
    return _plan(binding, options, state)


def of_parent(
    job: Job, mode: str | None, options: RunOptions, instance: Instance
) -> tuple[RunState, str | None, RunOptions]:
    """Return what a run takes over from the one that it executes again, if any: results, mode and options.

    Raises:
        UnknownNameError: There is no such run.
        MainspringError: It is another job's.
    """
    if options.parent_run_id is None:
        return RunState(), mode, options
    parent = find_run(instance, options.parent_run_id)
    check_same_job(job, parent)
    taken = None if options.selection is None else selected_nodes(job.nodes, options.selection)
    return inherited(recorded_state(instance, job, parent), taken), mode or parent.mode, options.of_parent(parent)


def _plan(binding: Binding, options: RunOptions, state: RunState | None) -> Plan:
    given = () if state is None else given_nodes(binding.job, state)
    return build_plan(binding, options.config, options.selection, given)


def execute_job(
    job: Job,
    mode: str | None,
    options: RunOptions,
    *,
    instance: Instance,
    raise_on_error: bool = True,
    on_event: Callable[[Event], None] | None = None,
    on_plan: Callable[[Plan, RunState], None] | None = None,
) -> RunResult:
    """Run a job in this process and return what came of it.

    Args:
        job: The job.
        mode: The mode's name; the job's first unless given, or that of the run that is executed again.
        options: What the run is given.
        instance: Where it is recorded.
        raise_on_error: Whether a run that does not succeed raises.
        on_event: Called with each event once it is recorded, or about to be.
        on_plan: Called with the plan and with what the run takes over, before the run is recorded.

    Raises:
        RunFailedError: The run did not succeed, and `raise_on_error` is true; its cause is what the op raised.
    """
    state, mode, options = of_parent(job, mode, options, instance)
    plan = plan_on(job, mode, options, instance, state)
    if on_plan is not None:
        on_plan(plan, state)
    run = make_run(job, plan.mode.name, options, instance.clock.time(), own_identity(interruptible=is_interruptible()))
    context = context_of(run, plan, state, instance)
    started = context.recorder.event(RunStarted())
    context.recorder.begin(started, lambda: instance.storage.runs.create(run, [started]))
    return finish(context, started, job, instance, raise_on_error=raise_on_error, on_event=on_event)


def retry_run(
    job: Job,
    run: Run,
    *,
    instance: Instance,
    raise_on_error: bool = True,
    on_event: Callable[[Event], None] | None = None,
    on_plan: Callable[[Plan, RunState], None] | None = None,
) -> RunResult:
    """Carry out one more attempt of a run that has failed or was canceled: what ended well is not done again.

    Args:
        job: Its job.
        run: The run, as it was read.
        instance: Where it is recorded.
        raise_on_error: Whether an attempt that does not succeed raises.
        on_event: Called with each event once it is recorded, or about to be.
        on_plan: Called with the plan and with what the attempt takes over, before it is recorded.

    Raises:
        MainspringError: The run is not over, or has succeeded.
        SupersededError: Somebody else has begun the next attempt.
    """
    check_same_job(job, run)
    if run.status not in (RunStatus.FAILURE, RunStatus.CANCELED):
        raise MainspringError(
            f"run {run.run_id} is {run.status}; only a run that failed or was canceled can be retried"
        )
    state = recorded_state(instance, job, run)
    options = RunOptions(config=run.config, selection=run.selection)
    plan = plan_on(job, run.mode, options, instance, state)
    if on_plan is not None:
        on_plan(plan, state)
    worker = own_identity(interruptible=is_interruptible())
    following = evolve(run, attempt=run.attempt + 1, status=RunStatus.STARTED, worker=worker)
    context = context_of(following, plan, state, instance)
    started = context.recorder.event(RunStarted())
    context.recorder.begin(
        started, lambda: instance.storage.runs.begin_attempt(run.run_id, run.attempt, worker, [started])
    )
    return finish(context, started, job, instance, raise_on_error=raise_on_error, on_event=on_event)


def context_of(run: Run, plan: Plan, state: RunState, instance: Instance) -> RunContext:
    """Return what an executor works with in an attempt of a run."""
    recorder = Recorder(
        instance.storage.events, instance.clock, run.run_id, run.attempt, instance.observers, instance.crash_point
    )
    return RunContext(
        run,
        plan,
        OpenResources(plan.mode.name, plan.mode.resources, plan.needs),
        recorder,
        instance.logs,
        instance.clock,
        state,
        instance.chance,
        instance.storage.runs,
        instance.pools,
        instance.crash_point,
        is_ephemeral=instance.home is None,
    )


def finish(
    context: RunContext,
    started: Event,
    job: Job,
    instance: Instance,
    *,
    raise_on_error: bool,
    on_event: Callable[[Event], None] | None,
) -> RunResult:
    """Carry out an attempt that is recorded as started."""
    context.recorder.tell([started])
    with terminable():
        _carry_out(context, started, _tell_nobody if on_event is None else _guarded(on_event))
    result = RunResult(context.run.run_id, job, context.plan, instance)
    if raise_on_error and not result.success:
        ended = result.run
        cause = next(iter(context.errors.values()), None)
        raise RunFailedError(ended.run_id, job.name, ended.status, ended.reason or "") from cause
    return result


def _carry_out(context: RunContext, started: Event, tell: Callable[[Event], None]) -> None:
    """Execute the plan and record how it ended; an interrupt is recorded and goes on to the caller."""
    interrupt: KeyboardInterrupt | None = None
    facts: list[Fact] = []
    outcome: Fact
    try:
        with capture.installed():
            tell(started)
            for event in _events(context):
                tell(event)
        outcome = _outcome(context)
    except KeyboardInterrupt as error:
        interrupt = error
        context.cancel()
        outcome = RunCanceled("interrupted")
    except (SupersededError, StorageError):
        context.resources.close()
        raise
    except BaseException as error:  # noqa: BLE001 - an executor may be a plugin's
        info = error_info(error)
        outcome = RunFailed(f"the executor failed: {info.summary}", info)
    try:
        facts = _tear_down(context)
    except KeyboardInterrupt as error:  # the work is over, so its outcome stands
        interrupt = error
    with shield:  # whoever is impatient waits until the end is recorded
        events = _record_end(context, facts, outcome)
    for event in events:
        tell(event)
    if interrupt is not None:
        raise interrupt


def _record_end(context: RunContext, facts: list[Fact], outcome: Fact) -> list[Event]:
    """Record the outcome of an attempt; steps that were cut short are canceled with it."""
    cut_short = context.cancel_open_steps()
    events = [context.recorder.event(fact) for fact in (*facts, outcome)]
    context.crash_point("run.end")
    try:
        context.recorder.write([*cut_short, *events])
    except SupersededError:
        if not cut_short:
            raise
        context.recorder.write(events)  # an interrupt came before a claim that it cut short was stored
        return events
    context.crash_point("run.ended")
    return [*cut_short, *events]


def _events(context: RunContext) -> Iterator[Event]:
    executor = context.plan.mode.executor
    assert executor is not None  # noqa: S101 - binding fills it in
    yield from context.restore()
    yield from executor.execute(context.plan, context)


def _outcome(context: RunContext) -> Fact:
    progress = context.progress
    if progress.is_done:
        return RunSucceeded()
    if context.cancelled:
        return RunCanceled("it was asked to end")
    failed = list(context.failures)
    if not failed:
        return RunFailed("its executor stopped before all steps had run")
    info = context.failures[failed[0]]
    more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    return RunFailed(f"step {failed[0]!r} failed{more}: {info.summary}", info)


def _tear_down(context: RunContext) -> list[Fact]:
    error = context.resources.close()
    return [] if error is None else [HookFailed("closing the resources", error_info(error))]


def _tell_nobody(event: Event) -> None:
    """Follow a run that nobody watches."""


def _guarded(follow: Callable[[Event], None]) -> Callable[[Event], None]:
    """Return a follower whose first failure is its last: who watches a run does not decide how it ends."""
    is_following = True

    def tell(event: Event) -> None:
        nonlocal is_following
        if not is_following:
            return
        try:
            follow(event)
        except Exception:
            is_following = False
            _LOGGER.warning("what follows run %s raised, and is told no more of it", event.run_id, exc_info=True)

    return tell
