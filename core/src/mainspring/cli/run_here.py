"""Running a job in this process while showing it, and the summary at its end."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, Any

import click

from mainspring.cli import INTERRUPTED
from mainspring.cli.complaint import complain, note
from mainspring.cli.home import opened_or_made
from mainspring.cli.progress import Display, watching
from mainspring.cli.run_document import run_document
from mainspring.cli.run_page import echo_failures, places_of
from mainspring.cli.show import STATUS_COLORS, echo, echo_json, paint
from mainspring.execute import RunOptions, execute_job, plan_job
from mainspring.text import count, duration

if TYPE_CHECKING:
    from mainspring.definition.definitions import Definitions
    from mainspring.definition.job import Job
    from mainspring.instance import Instance

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
    """Run a job, show it, and end the command with 1 where it fails and with 130 after Ctrl-C."""
    with opened_or_made(home, ephemeral=ephemeral) as instance:
        if instance.home is None and not ephemeral:
            note(
                "no home was found, so nothing of this run is kept; name a folder with --home, set MAINSPRING_HOME, or "
                "put a mainspring.toml (it may be empty) into your project"
            )
        document, code = _run(job, mode, options, instance, as_json=as_json)
    if document is None:
        complain("interrupted from the keyboard before the run began")
    elif as_json:
        echo_json(document)
    else:
        _echo_summary(document)
        if instance.home is not None:
            place = "" if home is None else f" --home {shlex.quote(home)}"
            echo(f"look further with: mainspring run show {document['run_id']}{place}")
    if document is not None and code:
        complain(_verdict(document))
    if code:
        raise click.exceptions.Exit(code)


def _run(
    job: Job, mode: str | None, options: RunOptions, instance: Instance, *, as_json: bool
) -> tuple[dict[str, Any] | None, int]:
    """Return what came of a run, and the exit code; nothing where it was interrupted before it began."""
    plan = plan_job(job, mode, options, instance)
    code = 0
    with _clean_stdout(as_json=as_json), watching(plan, sys.stderr if as_json else sys.stdout) as display:
        try:
            result = execute_job(job, mode, options, instance=instance, raise_on_error=False, on_event=display)
            code = 0 if result.success else 1
        except KeyboardInterrupt:
            code = INTERRUPTED
    return _document(display, instance), code


def _document(display: Display, instance: Instance) -> dict[str, Any] | None:
    run = None if display.run_id is None else instance.storage.runs.get(display.run_id)
    return None if run is None else run_document(run, instance)


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
        echo_failures([each for each in document["failures"] if not each["is_retried"]])
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
