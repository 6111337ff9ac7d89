"""Carrying out a run in this process, from its plan to its last event."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from mainspring.definition.job import Job
from mainspring.definition.names import checked_tags
from mainspring.environment import without_values
from mainspring.errors import ConfigError, RunFailedError, StorageError, SupersededError, shorten
from mainspring.event import (
    Event,
    Fact,
    HookFailed,
    RunCanceled,
    RunFailed,
    RunStarted,
    RunState,
    RunSucceeded,
)
from mainspring.execute.capture import capture
from mainspring.execute.error import error_info
from mainspring.execute.in_process import InProcessExecutor
from mainspring.execute.recorder import Recorder
from mainspring.execute.resources import OpenResources
from mainspring.execute.result import RunResult
from mainspring.execute.run_context import RunContext
from mainspring.plan import Plan, bind, build_plan
from mainspring.run import Run, RunStatus
from mainspring.run.ids import run_id as make_run_id

if TYPE_CHECKING:
    from mainspring.instance import Instance


_LOGGER = logging.getLogger("mainspring.run")


@frozen(kw_only=True)
class RunOptions:
    """What a run is given besides its job and mode.

    Attributes:
        config: The run's config, as plain data.
        selection: Which steps to run; None for all.
        tags: Tags besides the job's.
        run_key: The key under which it was asked for.
        scheduled_time: When it was due; aware.
        partition_key: Its partition.
    """

    config: Mapping[str, Any] = field(factory=dict)
    selection: str | Sequence[str] | None = None
    tags: Mapping[str, str] = field(factory=dict)
    run_key: str | None = None
    scheduled_time: datetime | None = None
    partition_key: str | None = None


def plan_job(job: Job, mode: str | None, options: RunOptions, instance: Instance) -> Plan:
    """Return the plan of a run: everything that can be refused is refused here, before anything is recorded.

    Raises:
        MainspringError: Mode, resources, config or selection do not fit the job.
    """
    binding = bind(job, mode, instance.overrides, instance.io_manager, InProcessExecutor())
    return build_plan(binding, options.config, options.selection)


def execute_job(
    job: Job,
    mode: str | None,
    options: RunOptions,
    *,
    instance: Instance,
    raise_on_error: bool = True,
    on_event: Callable[[Event], None] | None = None,
) -> RunResult:
    """Run a job in this process and return what came of it.

    Args:
        job: The job.
        mode: The mode's name; the job's first unless given.
        options: What the run is given.
        instance: Where it is recorded.
        raise_on_error: Whether a run that does not succeed raises.
        on_event: Called with each event once it is recorded, or about to be.

    Raises:
        RunFailedError: The run did not succeed, and `raise_on_error` is true; its cause is what the op raised.
    """
    plan = plan_job(job, mode, options, instance)
    run = _new_run(job, plan, options, instance)
    recorder = Recorder(
        instance.storage.events, instance.clock, run.run_id, run.attempt, instance.observers, instance.crash_point
    )
    started = recorder.event(RunStarted())
    instance.storage.runs.create(run, [started])
    for observer in instance.observers:
        observer(started)
    context = RunContext(
        run,
        plan,
        OpenResources(plan.mode.name, plan.mode.resources, plan.needs),
        recorder,
        instance.logs,
        instance.clock,
        RunState(),
        instance.chance,
    )
    tell = _tell_nobody if on_event is None else _guarded(on_event)
    tell(started)
    _carry_out(context, tell)
    result = RunResult(run.run_id, job, plan, instance)
    if raise_on_error and not result.success:
        ended = result.run
        cause = next(iter(context.errors.values()), None)
        raise RunFailedError(run.run_id, job.name, ended.status, ended.reason or "") from cause
    return result


def _carry_out(context: RunContext, tell: Callable[[Event], None]) -> None:
    """Execute the plan and record how it ended; an interrupt is recorded and goes on to the caller."""
    interrupt: KeyboardInterrupt | None = None
    outcome: Fact
    try:
        with capture.installed():
            for event in _events(context):
                tell(event)
        outcome = _outcome(context)
    except KeyboardInterrupt as error:
        interrupt = error
        context.cancel()
        outcome = RunCanceled("interrupted from the keyboard")
    except (SupersededError, StorageError):
        context.resources.close()
        raise
    except BaseException as error:  # noqa: BLE001 - an executor may be a plugin's
        info = error_info(error)
        outcome = RunFailed(f"the executor failed: {info.summary}", info)
    facts: list[Fact] = []
    try:
        facts = _tear_down(context)
    except KeyboardInterrupt as error:  # the work is over, so its outcome stands
        interrupt = error
    events = [context.recorder.event(fact) for fact in (*facts, outcome)]
    context.recorder.write(events)
    for event in events:
        tell(event)
    if interrupt is not None:
        raise interrupt


def _events(context: RunContext) -> Iterator[Event]:
    executor = context.plan.mode.executor
    assert executor is not None  # noqa: S101 - binding fills it in
    yield from executor.execute(context.plan, context)


def _outcome(context: RunContext) -> Fact:
    progress = context.progress
    if progress.is_done:
        return RunSucceeded()
    if context.cancelled:
        return RunCanceled("it was asked to end")
    failed = [*context.errors, *sorted(progress.failed - context.errors.keys())]  # the first to fail comes first
    if not failed:
        return RunFailed("its executor stopped before all steps had run")
    error = context.errors.get(failed[0])
    said = f": {error_info(error).summary}" if error is not None else ""
    more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    return RunFailed(f"step {failed[0]!r} failed{more}{said}", None if error is None else error_info(error))


def _tear_down(context: RunContext) -> list[Fact]:
    error = context.resources.close()
    return [] if error is None else [HookFailed("closing the resources", error_info(error))]


def _new_run(job: Job, plan: Plan, options: RunOptions, instance: Instance) -> Run:
    now = instance.clock.time()
    selection = (options.selection,) if isinstance(options.selection, str) else options.selection
    return Run(
        run_id=make_run_id(now, os.urandom(10)),
        job_name=job.name,
        mode=plan.mode.name,
        status=RunStatus.STARTED,
        config=_storable(job, options.config),
        tags={**job.tags, **checked_tags("the run", dict(options.tags))},
        selection=None if selection is None else tuple(selection),
        run_key=_text("run_key", options.run_key),
        scheduled_time=_seconds(options.scheduled_time),
        partition_key=_text("partition_key", options.partition_key),
        created_at=now,
        started_at=now,
    )


def _storable(job: Job, config: Mapping[str, Any]) -> Any:
    """Return config as plain data; instances of config classes are taken apart."""
    if not config:
        return {}
    import json

    from mainspring.serde import make_converter

    plain = make_converter().unstructure(without_values(dict(config)))
    try:
        json.dumps(plain)
    except (TypeError, ValueError) as error:
        problem = f"it cannot be kept as JSON ({error}); use text, numbers, booleans, None, lists and dicts"
        raise ConfigError(f"the config of job {job.name!r}", [("", problem)]) from None
    return plain


def _text(name: str, value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ConfigError("the run", [("", f"{name} must be text, not {type(value).__name__}; write str(value)")])
    if "\0" in value or any("\ud800" <= each <= "\udfff" for each in value):
        problem = f"{name} {shorten(repr(value))} holds NUL characters or lone surrogates, which no database keeps"
        raise ConfigError("the run", [("", problem)])
    return value


def _seconds(moment: datetime | None) -> float | None:
    if moment is None:
        return None
    if not isinstance(moment, datetime):
        problem = f"scheduled_time must be an aware datetime, not {type(moment).__name__}"
        raise ConfigError("the run", [("", problem)])
    if moment.tzinfo is None:
        problem = f"scheduled_time {moment.isoformat()} has no time zone; add one, as in moment.replace(tzinfo=UTC)"
        raise ConfigError("the run", [("", problem)])
    return moment.timestamp()


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
