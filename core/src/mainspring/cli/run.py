"""`mainspring run`: which runs there are, what came of one, what its steps print; trying one again, and ending one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mainspring.cli.complaint import note
from mainspring.cli.options import (
    checked_text,
    code_options,
    code_source,
    home_option,
    json_option,
    key_value_pairs,
    limit_option,
)
from mainspring.cli.run_priority import set_priority
from mainspring.cli.show import echo_json, echo_table

if TYPE_CHECKING:
    from mainspring.run import Run

_STATUSES = ("QUEUED", "STARTING", "STARTED", "SUCCESS", "FAILURE", "CANCELING", "CANCELED")


@click.group
def run() -> None:
    """List runs, show what came of one or what it waits for, read its logs, retry one, cancel one, put one first.

    A run is named by its id, or by as much of the id's beginning as no other run shares; `last` is the newest one,
    `last~1` the one before it.
    """


@run.command("list")
@click.option("--job", metavar="NAME", help="Only runs of this job.")
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice(_STATUSES, case_sensitive=False),
    help="Only runs in this status; may be repeated.",
)
@click.option("--mode", metavar="NAME", help="Only runs in this mode.")
@click.option(
    "--automation", metavar="NAME", help="Only runs that this schedule or sensor has asked for: NAME or LOCATION:NAME."
)
@click.option("--tag", "tags", multiple=True, metavar="KEY=VALUE", help="Only runs with this tag; may be repeated.")
@click.option("--before", metavar="RUN_ID", help="Only runs older than this one: the next page.")
@limit_option(20, "runs")
@json_option
@home_option
def list_runs(
    *,
    job: str | None,
    statuses: tuple[str, ...],
    mode: str | None,
    automation: str | None,
    tags: tuple[str, ...],
    before: str | None,
    limit: int,
    as_json: bool,
    home: str | None,
) -> None:
    """List runs, the newest first.

    \b
    Examples:
      mainspring run list --status FAILURE
      mainspring run list --job ingest --tag team=data --json
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli.home import NothingThereYetError, opened
    from mainspring.cli.run_document import run_row
    from mainspring.cli.run_reference import find_run
    from mainspring.run import RunStatus
    from mainspring.storage import RunQuery

    wanted = key_value_pairs(tags, "--tag")
    location, _, name = (checked_text(automation, "--automation") or "").rpartition(":")
    try:
        with opened(home) as instance:
            query = RunQuery(
                job_name=job,
                mode=mode,
                location=location or None,
                automation=name or None,
                statuses=tuple(map(RunStatus, statuses)),
                tags=wanted,
                before=None if before is None else find_run(instance, before).run_id,
                limit=limit + 1,
            )
            found = instance.storage.runs.find(query)
    except NothingThereYetError as error:
        note(str(error))
        if as_json:
            echo_json([])
        return
    if as_json:
        echo_json([run_row(each) for each in found[:limit]])
    else:
        _echo_runs(found, limit)


@run.command("show")
@click.argument("run_id", metavar="RUN")
@json_option
@home_option
def show_run(*, run_id: str, as_json: bool, home: str | None) -> None:
    """Show what came of a run: its steps, outputs, materializations and failures.

    \b
    Examples:
      mainspring run show last
      mainspring run show 0192f3 --json
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli.home import opened
    from mainspring.cli.run_document import run_document
    from mainspring.cli.run_page import echo_run
    from mainspring.cli.run_reference import find_run

    with opened(home) as instance:
        document = run_document(find_run(instance, run_id), instance)
    if as_json:
        echo_json(document)
    else:
        echo_run(document)


@run.command("logs")
@click.argument("run_id", metavar="RUN")
@click.option("--step", metavar="KEY", help="Only this step.")
@click.option("--stream", type=click.Choice(["stdout", "stderr", "log"]), help="Only what went there.")
@click.option("--attempt", type=click.IntRange(min=1), metavar="N", help="Only this attempt of each step.")
@click.option("-f", "--follow", is_flag=True, help="Show what comes as it comes, until the run is over.")
@click.option("--events", "with_events", is_flag=True, help="Show the recorded events instead.")
@limit_option(None, "lines of each stream, or events, the last ones")
@json_option
@home_option
def show_logs(
    *,
    run_id: str,
    step: str | None,
    stream: str | None,
    attempt: int | None,
    follow: bool,
    with_events: bool,
    limit: int | None,
    as_json: bool,
    home: str | None,
) -> None:
    """Show what the steps of a run printed and logged, or the run's events.

    With --follow, each line stands behind its step's name; with --json it is a JSON object of its own.

    \b
    Examples:
      mainspring run logs -f 0192f3
      mainspring run logs 0192f3 --step clean --stream stderr
      mainspring run logs 0192f3 --events
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli import logs
    from mainspring.cli.home import opened
    from mainspring.cli.run_reference import find_run

    for one, other, are_both_given in (
        ("--stream", "--events", stream is not None and with_events),
        ("--events", "--follow", with_events and follow),
        ("--limit", "--follow", limit is not None and follow),
    ):
        if are_both_given:
            said = f"{one} does not go with {other}; leave one of them out"
            raise click.UsageError(said, click.get_current_context())
    with opened(home) as instance:
        place = logs.LogPlace(find_run(instance, run_id), step, attempt)
        if follow:
            from mainspring.cli.follow import follow_streams

            follow_streams(place, instance, stream, as_json=as_json)
        elif with_events:
            logs.echo_events(place, instance, limit, as_json=as_json)
        else:
            logs.echo_streams(place, instance, stream, limit, as_json=as_json)


@run.command("retry")
@click.argument("run_id", metavar="RUN")
@code_options
@json_option
@home_option
def retry(
    *, run_id: str, file: str | None, module: str | None, with_traceback: bool, as_json: bool, home: str | None
) -> None:
    """Carry out one more attempt of a run here and now, and show it.

    Only steps that have not ended well are done; values of the others are read where they are. The run keeps its mode,
    its config and its selection. A run whose process has died is recorded as failed first. Ends as `job run` does.

    \b
    Examples:
      mainspring run retry 0192f3 -f defs.py
      mainspring run retry 0192f3 -m sales.definitions --json
    """  # noqa: D301 - click's mark is a backspace
    source = code_source(file, module, with_traceback)
    from mainspring.cli.run_here import retry_here
    from mainspring.location.code import loaded

    with loaded(source) as definitions:
        retry_here(definitions, run_id, home, as_json=as_json)


@run.command("cancel")
@click.argument("run_id", metavar="RUN")
@click.option(
    "--wait",
    "wait_seconds",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Wait for the run's end, at most so long.",
)
@home_option
def cancel(*, run_id: str, wait_seconds: float | None, home: str | None) -> None:
    """Ask a run to end, wherever it is carried out.

    Steps at work are interrupted, resources closed. Ends with 1 where the run is over already, or has not ended in time.

    \b
    Examples:
      mainspring run cancel 0192f3
      mainspring run cancel 0192f3 --wait 30
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli.cancel import cancel_and_tell
    from mainspring.cli.home import opened
    from mainspring.cli.run_reference import find_run

    with opened(home) as instance:
        cancel_and_tell(instance, find_run(instance, run_id).run_id, wait_seconds)


run.add_command(set_priority)


def _echo_runs(found: list[Run], limit: int) -> None:
    from mainspring.text import duration, utc

    if not found:
        note("there is no such run")
        return
    shown = found[:limit]
    echo_table(
        ("RUN", "JOB", "MODE", "STATUS", "CREATED", "DURATION", "TAGS"),
        [
            (
                each.run_id,
                each.job_name,
                each.mode,
                each.status.value,
                utc(each.created_at, precise=False) or "",
                duration(each.ended_at - each.started_at) if each.started_at and each.ended_at else "",
                ", ".join(f"{key}={value}" for key, value in each.tags.items()),
            )
            for each in shown
        ],
    )
    if len(found) > limit:
        note(f"there are more; the next page begins with --before {shown[-1].run_id}")
