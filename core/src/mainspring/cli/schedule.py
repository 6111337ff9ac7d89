"""`mainspring schedule`: which schedules there are, switching them, when they are due, and what was decided."""

from __future__ import annotations

import click

from mainspring.cli.automation_group import Words, add_common_commands
from mainspring.cli.moment import MOMENT
from mainspring.cli.options import home_option, json_option


@click.group
def schedule() -> None:
    """List schedules, switch them on and off, see when they are due and what was decided.

    NAME is the schedule's, or LOCATION:NAME where several locations have one of that name. What is switched or set stands
    in storage: it holds from now on, whether a daemon is at work or not.
    """


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


add_common_commands(
    schedule,
    Words(
        kind="schedule",
        example="nightly",
        on_start="Nothing of the past is run. What falls due from now on is, if need be once a daemon is at work again.",
        on_ticks="A stretch of times that do not run is one line, with how many they are.",
        statuses=("REQUESTED", "SKIPPED", "FAILED", "MISSED", "OVERLAP"),
    ),
)
