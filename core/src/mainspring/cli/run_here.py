"""Running a job in this process while showing it, and the summary at its end."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import click
from attrs import evolve, frozen

from mainspring.cli import INTERRUPTED, TERMINATED
from mainspring.cli.act import note_act
from mainspring.cli.complaint import complain, note
from mainspring.cli.home import opened, opened_or_made, stand_in
from mainspring.cli.progress import Watch
from mainspring.cli.run_document import run_document
from mainspring.cli.run_page import echo_failures, places_of
from mainspring.cli.run_reference import find_run
from mainspring.cli.show import STATUS_COLORS, echo, echo_json, paint
from mainspring.errors import MainspringError
from mainspring.execute import RunOptions, RunResult, execute_job, plan_job, retry_run, settle_dead
from mainspring.execute.interrupt import Terminated
from mainspring.execute.options import make_run
from mainspring.run import RunStatus
from mainspring.text import count, duration

if TYPE_CHECKING:
    from mainspring.definition.definitions import Definitions
    from mainspring.definition.job import Job
    from mainspring.event import Event, RunState
    from mainspring.instance import Instance
    from mainspring.plan import Plan

PLACES_SHOWN = 8
"""Outputs whose places a summary names."""


def pick_job(definitions: Definitions, name: str | None) -> Job:
    """Return the job of a name, or the only one.

    Raises:
        UnknownNameError: There is none of that name.
        click.UsageError: No name is given, though there are several jobs.
    """
    if name is not None:
        return definitions.job(name)
    if len(definitions.jobs) == 1:
        return next(iter(definitions.jobs.values()))
    said = f"name one of the jobs: {', '.join(definitions.jobs)}" if definitions.jobs else "there is no job to name"
    raise click.UsageError(said, click.get_current_context())


def run_here(
    job: Job, mode: str | None, options: RunOptions, home: str | None, *, ephemeral: bool, as_json: bool
) -> None:
    """Run a job, show it, and end the command with 1 where it fails, 130 after Ctrl-C and 143 after a SIGTERM."""
    if not ephemeral and (checked := stand_in(home)) is not None:
        plan = plan_job(job, mode, options, checked)
        make_run(job, plan.mode.name, options, 0.0, None)
    with opened_or_made(home, ephemeral=ephemeral) as instance:
        if instance.home is None and not ephemeral:
            note(
                "no home was found, so nothing of this run is kept; name a folder with --home, set MAINSPRING_HOME, or "
                "put a mainspring.toml (it may be empty) into your project"
            )
        outcome = _carry_out(partial(execute_job, job, mode, options, instance=instance), instance, as_json=as_json)
    _tell(outcome, home, as_json=as_json)


def run_again_here(
    job: Job, mode: str | None, options: RunOptions, parent: str, home: str | None, *, as_json: bool
) -> None:
    """Execute a run again as a new one, show it, and end the command as `run_here` does."""
    with opened(home) as instance:
        options = evolve(options, parent_run_id=find_run(instance, parent).run_id)
        outcome = _carry_out(partial(execute_job, job, mode, options, instance=instance), instance, as_json=as_json)
    _tell(outcome, home, as_json=as_json)


def retry_here(definitions: Definitions, reference: str, home: str | None, *, as_json: bool) -> None:
    """Carry out a run's next attempt, show it, and end the command as `run_here` does.

    Raises:
        MainspringError: The run is not over, has succeeded, or is of no job of these.
    """
    with opened(home) as instance:
        found = find_run(instance, reference)
        run = settle_dead(instance, found)
        if run.status is not found.status:
            note(f"{run.reason}; that is recorded now")
        if run.status is RunStatus.SUCCESS:
            raise MainspringError(
                f"run {run.run_id} has succeeded, so there is nothing to retry; `mainspring run show` tells what it made, "
                f"`mainspring job run {run.job_name} --parent {run.run_id} --select STEPS` does parts of it again"
            )
        job = definitions.job(run.job_name)
        note_act(instance, "run retry", f"run:{run.run_id}", job=run.job_name, attempt=run.attempt + 1)
        outcome = _carry_out(partial(retry_run, job, run, instance=instance), instance, as_json=as_json)
    _tell(outcome, home, as_json=as_json)


class _Execution(Protocol):
    """What carries out a run: `execute_job` or `retry_run`, given all but who watches."""

    def __call__(
        self,
        *,
        raise_on_error: bool,
        on_event: Callable[[Event], None],
        on_plan: Callable[[Plan, RunState], None],
    ) -> RunResult: ...


@frozen
class _Outcome:
    """What came of a run: all that is recorded of it, None if it was interrupted before it began, and the exit code."""

    document: dict[str, Any] | None
    code: int
    is_kept: bool


def _carry_out(execute: _Execution, instance: Instance, *, as_json: bool) -> _Outcome:
    with _clean_stdout(as_json=as_json), Watch(sys.stderr if as_json else sys.stdout) as watch:
        try:
            result = execute(raise_on_error=False, on_event=watch.follow, on_plan=watch.begin)
            code = 0 if result.success else 1
        except Terminated:
            code = TERMINATED
        except KeyboardInterrupt:
            code = INTERRUPTED
    run = None if watch.run_id is None else instance.storage.runs.get(watch.run_id)
    return _Outcome(None if run is None else run_document(run, instance), code, instance.home is not None)


def _tell(outcome: _Outcome, home: str | None, *, as_json: bool) -> None:
    """Print what came of a run, and end the command with its exit code."""
    document = outcome.document
    if document is None:
        complain("interrupted before the run began")
    elif as_json:
        echo_json(document)
    else:
        _echo_summary(document)
        if outcome.is_kept:
            place = "" if home is None else f" --home {shlex.quote(home)}"
            echo(f"look further with: mainspring run show {document['run_id']}{place}")
    if document is not None and outcome.code:
        complain(_verdict(document))
    if outcome.code:
        raise click.exceptions.Exit(outcome.code)


@contextmanager
def _clean_stdout(*, as_json: bool) -> Iterator[None]:
    """Where stdout is to be JSON and nothing else, send what ops print to stderr."""
    if not as_json:
        yield
        return
    with redirect_stdout(sys.stderr):
        yield


def _echo_summary(document: Mapping[str, Any]) -> None:
    run_id = document["run_id"]
    status = document["status"]
    if document["failures"] and status == "FAILURE":
        click.echo()
        failures = [each for each in document["failures"] if each["run_attempt"] == document["attempt"]]
        echo_failures([each for each in failures if not each["is_retried"]])
    took = document["duration_seconds"]
    after = "" if took is None else f" after {duration(took)}"
    click.echo()
    click.echo(
        f"run {run_id} ended {paint(status, fg=STATUS_COLORS[status], bold=True)}{after}: {_step_counts(document)}"
    )
    places = places_of(document)
    for name, path in places[:PLACES_SHOWN]:
        echo(f"  {name}  {path}")
    if len(places) > PLACES_SHOWN:
        click.echo(f"  and {count(len(places) - PLACES_SHOWN, 'output')} more")


def _step_counts(document: Mapping[str, Any]) -> str:
    """Say how the steps ended, each counted by its last attempt."""
    last = {each["step_key"]: each["status"] for each in document["steps"]}
    statuses = list(last.values())
    said = [f"{statuses.count(each):,} {each}" for each in dict.fromkeys(statuses)]
    return f"{count(len(statuses), 'step')}" + (f" ({', '.join(said)})" if said else "")


def _verdict(document: Mapping[str, Any]) -> str:
    verb = {"FAILURE": "failed", "CANCELED": "was canceled"}.get(document["status"], f"is {document['status']}")
    reason = f": {document['reason']}" if document["reason"] else ""
    return f"run {document['run_id']} of job {document['job_name']} {verb}{reason}"
