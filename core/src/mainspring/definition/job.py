"""Jobs: graphs that can be run, with their modes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

from attrs import field, frozen

from mainspring.definition.call import Composable, check_body, describe
from mainspring.definition.compose import Node, compose
from mainspring.definition.graph import Graph
from mainspring.definition.mode import Mode, modes_by_name
from mainspring.definition.names import checked_name, checked_tags
from mainspring.definition.run_retry import RunRetryPolicy, checked_retry, checked_time_limit
from mainspring.errors import ConfigError, DefinitionError, InstanceError, shorten

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from mainspring.execute import RunResult
    from mainspring.instance import Instance


@frozen(eq=False, repr=False)
class Job:
    """A graph that can be run.

    Attributes:
        name: Its name.
        nodes: The calls of ops in it, by key, in the order of the calls.
        modes: Its own modes by name; empty where it takes the definitions' shared ones.
        tags: Tags that each of its runs bears.
        description: What it does.
        run_retry: When a run of it that has failed is tried again; None for never. The daemon sees to it, for runs that it
            started; `execute` makes one attempt.
        time_limit_seconds: How long an attempt of a run may take; None for any time. The daemon sees to that, too.
    """

    name: str
    nodes: Mapping[str, Node]
    modes: Mapping[str, Mode] = field(factory=dict)
    tags: Mapping[str, str] = field(factory=dict)
    description: str = ""
    run_retry: RunRetryPolicy | None = None
    time_limit_seconds: float | None = None

    def __repr__(self) -> str:
        return f"<job {self.name!r}: {len(self.nodes)} ops>"

    def _repr_html_(self) -> str:
        from mainspring.notebook.job_view import job_html

        return job_html(self)

    def __call__(self, *args: object, **kwargs: object) -> None:
        """Refuse to be called.

        Raises:
            DefinitionError: Always.
        """
        raise DefinitionError(f"job {self.name!r} is not called but run: {self.name}.execute()")

    def execute(
        self,
        mode: str | None = None,
        *,
        config: Mapping[str, Any] | None = None,
        instance: Instance | None = None,
        selection: str | Sequence[str] | None = None,
        tags: Mapping[str, str] | None = None,
        run_key: str | None = None,
        scheduled_time: datetime | None = None,
        partition_key: str | None = None,
        parent: str | None = None,
        raise_on_error: bool = True,
        progress: bool = True,
    ) -> RunResult:
        """Run the job here and now, in this process, and return what came of it.

        It may be called where an event loop runs, as in a notebook's cell; that loop waits for the run's end.

        Args:
            mode: The mode's name; the job's first unless given.
            config: `{"ops": {"fetch": {"days": 1}}}`; the parent's unless given.
            instance: Where the run is recorded and its outputs are kept; in memory unless given.
            selection: Which steps to run: `"*clean"`, `"fetch+"`, or several of these.
            tags: Tags of this run, besides the job's.
            run_key: A key under which the run was asked for; recorded.
            scheduled_time: The time for which it runs; aware.
            partition_key: The partition for which it runs.
            parent: The id of a run to execute again. Without a selection the new run does what did not end well in that
                one, and all that comes after it; with one, the selected steps; what these read of others comes from it.
            raise_on_error: Whether a run that does not succeed raises; else the result says so.
            progress: Whether a notebook shows the run while it is under way; elsewhere nothing is shown.

        Raises:
            RunFailedError: The run failed, and `raise_on_error` is true; its cause is what the op raised.
            ConfigError: The config does not fit.
            UnknownNameError: There is no such mode, resource or op.
        """
        from mainspring.execute import RunOptions, execute_job, outside_event_loop
        from mainspring.instance import Instance

        options = RunOptions(
            config=config,
            selection=selection,
            tags={} if tags is None else tags,
            run_key=run_key,
            scheduled_time=scheduled_time,
            partition_key=partition_key,
            parent_run_id=parent,
        )
        if mode is not None and not isinstance(mode, str):
            problem = f"mode must be text, not {type(mode).__name__}; a config is given as config=…"
            raise ConfigError(f"the run of job {self.name!r}", [("", problem)])
        if instance is not None and not isinstance(instance, Instance):
            raise InstanceError(
                f"job {self.name!r} is run on an ms.Instance, not on {shorten(repr(instance))}; open one with "
                "ms.Instance.open(home)"
            )
        used = instance if instance is not None else Instance.ephemeral()
        with outside_event_loop():
            if not progress or "IPython" not in sys.modules:
                return execute_job(self, mode, options, instance=used, raise_on_error=raise_on_error)
            from mainspring.notebook.progress import watching

            with watching(used.clock) as display:
                return execute_job(
                    self,
                    mode,
                    options,
                    instance=used,
                    raise_on_error=raise_on_error,
                    on_event=None if display is None else display.follow,
                    on_plan=None if display is None else display.begin,
                )

    def retry(self, run_id: str, *, instance: Instance, raise_on_error: bool = True) -> RunResult:
        """Carry out one more attempt of a run of this job, here and now: what ended well is not done again.

        The run keeps its id, mode, config and selection. One whose process has died is recorded as failed first.

        Args:
            run_id: The run; it has failed, was canceled, or its process on this host has died.
            instance: Where it is recorded.
            raise_on_error: Whether an attempt that does not succeed raises; else the result says so.

        Raises:
            RunFailedError: The attempt failed, and `raise_on_error` is true; its cause is what the op raised.
            UnknownNameError: There is no such run.
            MainspringError: The run is still carried out, has succeeded, or is another job's.
        """
        from mainspring.execute import find_run, outside_event_loop, retry_run, settle_dead

        with outside_event_loop():
            run = settle_dead(instance, find_run(instance, run_id))
            return retry_run(self, run, instance=instance, raise_on_error=raise_on_error)


@overload
def job(body: Callable[[], object] | Graph[[], Any], /) -> Job: ...
@overload
def job(
    *,
    name: str | None = ...,
    modes: Sequence[Mode] = ...,
    tags: Mapping[str, str] | None = ...,
    description: str | None = ...,
    retry: RunRetryPolicy | None = ...,
    time_limit: float | timedelta | None = ...,
) -> Callable[[Callable[[], object] | Graph[[], Any]], Job]: ...
def job(
    body: Callable[[], object] | Graph[[], Any] | None = None,
    /,
    *,
    name: str | None = None,
    modes: Sequence[Mode] = (),
    tags: Mapping[str, str] | None = None,
    description: str | None = None,
    retry: RunRetryPolicy | None = None,
    time_limit: float | timedelta | None = None,
) -> Any:
    """Make a job of a function that calls ops, or of a graph, `@ms.job` or `@ms.job(modes=[…])`.

    The body is called once, now, and wires the ops that it calls.

    Args:
        body: The function or graph, when used bare; it takes no parameters.
        name: The job's name; the function's unless given.
        modes: Its modes; without any it takes those of its `Definitions`, else the implicit `default`.
        tags: Tags that each of its runs bears.
        description: What it does; its docstring unless given.
        retry: When a run that has failed is tried again; never unless given. The daemon sees to it, for runs that it
            started.
        time_limit: How long an attempt of a run may take until it is ended and has failed, in seconds or as a timedelta;
            any time unless given. The daemon sees to that, too.

    Raises:
        DefinitionError: The body wires nothing, or wires it wrongly.
    """

    def decorate(target: Callable[[], object] | Graph[[], Any]) -> Job:
        function = target.function if isinstance(target, Graph) else target
        if not callable(function) or isinstance(function, (Composable, Job)):
            raise DefinitionError(f"@job decorates a function, not {shorten(repr(target))}")
        own_name = target.name if isinstance(target, Graph) else getattr(target, "__name__", None)
        chosen = checked_name("job", own_name if name is None else name)
        owner = f"job {chosen!r}"
        check_body(owner, function)
        _check_takes_nothing(owner, function)
        checked = checked_tags(owner, {} if tags is None else tags)
        named_modes = modes_by_name(owner, modes)
        nodes = compose(owner, function)
        if not nodes:
            raise DefinitionError(f"{owner} has no ops; call at least one in its body")
        described = describe(function, description)
        again, limit_seconds = checked_retry(owner, retry), checked_time_limit(owner, time_limit)
        return Job(chosen, nodes, named_modes, checked, described, again, limit_seconds)

    return decorate if body is None else decorate(body)


def _check_takes_nothing(owner: str, function: Callable[..., object]) -> None:
    import inspect

    taken = ", ".join(inspect.signature(function).parameters)
    if taken:
        raise DefinitionError(f"{owner} takes parameters ({taken}), but a job has none; give its ops config instead")
