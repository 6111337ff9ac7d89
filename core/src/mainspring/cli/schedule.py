"""`mainspring schedule`: which schedules there are, switching them, when they are due, and what was decided."""

from __future__ import annotations

import click

from mainspring.cli.moment import MOMENT
from mainspring.cli.options import home_option, json_option, limit_option

_TICK_STATUSES = ("REQUESTED", "SKIPPED", "FAILED", "MISSED", "OVERLAP")


@click.group
def schedule() -> None:
    """List schedules, switch them on and off, see when they are due and what was decided.

    NAME is the schedule's, or LOCATION:NAME where several locations have one of that name. What is switched or set stands
    in storage: it holds from now on, whether a daemon is at work or not.
    """


@schedule.command("list")
@limit_option(None, "schedules")
@json_option
@home_option
def list_schedules(*, limit: int | None, as_json: bool, home: str | None) -> None:
    """List the schedules, whether each is on, when it is due next, and how its last tick went.

    \b
    Examples:
      mainspring schedule list
      mainspring schedule list --json
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli.automation_command import list_all

    list_all("schedule", home, limit, as_json=as_json)


@schedule.command("show")
@click.argument("name")
@json_option
@home_option
def show_schedule(*, name: str, as_json: bool, home: str | None) -> None:
    """Show all that is known of a schedule, with its newest ticks.

    \b
    Examples:
      mainspring schedule show nightly
      mainspring schedule show sales:nightly --json
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli.automation_command import show_one

    show_one("schedule", name, home, as_json=as_json)


@schedule.command("start")
@click.argument("names", metavar="NAME...", nargs=-1)
@click.option("--all", "are_all", is_flag=True, help="All schedules.")
@json_option
@home_option
def start_schedules(*, names: tuple[str, ...], are_all: bool, as_json: bool, home: str | None) -> None:
    """Switch schedules on, whatever their definitions say.

    Nothing of the past is run. What falls due from now on is, if need be once a daemon is at work again.

    \b
    Examples:
      mainspring schedule start nightly
      mainspring schedule start --all
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli.automation_command import switch

    switch("schedule", names, home, to="running", are_all=are_all, as_json=as_json)


@schedule.command("stop")
@click.argument("names", metavar="NAME...", nargs=-1)
@click.option("--all", "are_all", is_flag=True, help="All schedules.")
@json_option
@home_option
def stop_schedules(*, names: tuple[str, ...], are_all: bool, as_json: bool, home: str | None) -> None:
    """Switch schedules off, whatever their definitions say; runs that they asked for go on.

    \b
    Examples:
      mainspring schedule stop nightly
      mainspring schedule stop --all
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli.automation_command import switch

    switch("schedule", names, home, to="stopped", are_all=are_all, as_json=as_json)


@schedule.command("preview")
@click.argument("name")
@click.option("--from", "since", type=MOMENT, help="The first time that counts; now unless given.")
@click.option("--to", "until", type=MOMENT, help="The last time that counts.")
@click.option(
    "--count", type=click.IntRange(1, 10_000), metavar="N", help="At most so many times; 5, or 1000 with --to."
)
@click.option("--evaluate", is_flag=True, help="Ask its function what it wants at each of them; nothing is recorded.")
@json_option
@home_option
def preview(
    *,
    name: str,
    since: float | None,
    until: float | None,
    count: int | None,
    evaluate: bool,
    as_json: bool,
    home: str | None,
) -> None:
    """Show when a schedule is due, in its zone and in UTC, and with --evaluate the runs that it would ask for.

    The times are those that the daemon works by. Dates and times without an offset are in UTC.

    \b
    Examples:
      mainspring schedule preview nightly --count 10
      mainspring schedule preview nightly --from 2026-10-24 --to 2026-10-27 --evaluate --json
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli.schedule_preview import preview_schedule

    preview_schedule(name, home, since=since, until=until, count=count, is_evaluated=evaluate, as_json=as_json)


@schedule.command("ticks")
@click.argument("name")
@click.option("--id", "tick_id", type=click.IntRange(1, 2**62), metavar="N", help="Show this one whole.")
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice(_TICK_STATUSES, case_sensitive=False),
    help="Only ticks with this status; may be repeated.",
)
@click.option("--before", type=click.IntRange(1, 2**62), metavar="ID", help="Only older ones: the next page.")
@limit_option(20, "ticks")
@json_option
@home_option
def list_ticks(
    *,
    name: str,
    tick_id: int | None,
    statuses: tuple[str, ...],
    before: int | None,
    limit: int,
    as_json: bool,
    home: str | None,
) -> None:
    """List what was decided of a schedule, the newest first; with --id, one decision with its error and logs.

    A stretch of times that do not run is one line, with how many they are.

    \b
    Examples:
      mainspring schedule ticks nightly --status FAILED
      mainspring schedule ticks nightly --id 42
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli import automation_command

    automation_command.list_ticks(
        "schedule", name, home, tick_id=tick_id, statuses=statuses, before=before, limit=limit, as_json=as_json
    )
