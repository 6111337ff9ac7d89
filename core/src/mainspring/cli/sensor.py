"""`mainspring sensor`: which sensors there are, switching them, what they would ask for, what was decided, cursors and run keys."""

from __future__ import annotations

import click

from mainspring.cli.options import home_option, json_option, limit_option
from mainspring.cli.sensor_cursor import cursor as cursor_command
from mainspring.cli.sensor_keys import clear_key, list_keys

_TICK_STATUSES = ("REQUESTED", "SKIPPED", "FAILED")


@click.group
def sensor() -> None:
    """List sensors, switch them on and off, try them, read what was decided, set cursors and clear run keys.

    NAME is the sensor's, or LOCATION:NAME where several locations have one of that name. What is switched or set stands
    in storage: it holds from now on, whether a daemon is at work or not.
    """


@sensor.command("list")
@limit_option(None, "sensors")
@json_option
@home_option
def list_sensors(*, limit: int | None, as_json: bool, home: str | None) -> None:
    """List the sensors, whether each is on, when it is due next, and how its last tick went.

    \b
    Examples:
      mainspring sensor list
      mainspring sensor list --json
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli.automation_command import list_all

    list_all("sensor", home, limit, as_json=as_json)


@sensor.command("show")
@click.argument("name")
@json_option
@home_option
def show_sensor(*, name: str, as_json: bool, home: str | None) -> None:
    """Show all that is known of a sensor, with its newest ticks.

    \b
    Examples:
      mainspring sensor show uploads
      mainspring sensor show sales:uploads --json
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli.automation_command import show_one

    show_one("sensor", name, home, as_json=as_json)


@sensor.command("start")
@click.argument("names", metavar="NAME...", nargs=-1)
@click.option("--all", "are_all", is_flag=True, help="All sensors.")
@json_option
@home_option
def start_sensors(*, names: tuple[str, ...], are_all: bool, as_json: bool, home: str | None) -> None:
    """Switch sensors on, whatever their definitions say.

    It goes on from its cursor, and is evaluated at once where a daemon is at work.

    \b
    Examples:
      mainspring sensor start uploads
      mainspring sensor start --all
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli.automation_command import switch

    switch("sensor", names, home, to="running", are_all=are_all, as_json=as_json)


@sensor.command("stop")
@click.argument("names", metavar="NAME...", nargs=-1)
@click.option("--all", "are_all", is_flag=True, help="All sensors.")
@json_option
@home_option
def stop_sensors(*, names: tuple[str, ...], are_all: bool, as_json: bool, home: str | None) -> None:
    """Switch sensors off, whatever their definitions say; runs that they asked for go on.

    \b
    Examples:
      mainspring sensor stop uploads
      mainspring sensor stop --all
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli.automation_command import switch

    switch("sensor", names, home, to="stopped", are_all=are_all, as_json=as_json)


@sensor.command("preview")
@click.argument("name")
@click.option("--cursor", metavar="TEXT", help="From this cursor on, rather than from the stored one.")
@json_option
@home_option
def preview(*, name: str, cursor: str | None, as_json: bool, home: str | None) -> None:
    """Evaluate a sensor once, and show the runs that it would ask for and the cursor that it would leave.

    Nothing is recorded, acknowledged or launched. Runs whose key is known already are marked: they would be dropped.

    \b
    Examples:
      mainspring sensor preview uploads
      mainspring sensor preview uploads --cursor 2026/a.csv --json
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli.sensor_preview import preview_sensor

    preview_sensor(name, home, cursor=cursor, as_json=as_json)


@sensor.command("ticks")
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
    """List what was decided of a sensor, the newest first; with --id, one decision with its error and logs.

    Evaluations in a row that came to nothing for the same reason are one line, with how many they are.

    \b
    Examples:
      mainspring sensor ticks uploads --status FAILED
      mainspring sensor ticks uploads --id 42
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli import automation_command

    automation_command.list_ticks(
        "sensor", name, home, tick_id=tick_id, statuses=statuses, before=before, limit=limit, as_json=as_json
    )


sensor.add_command(cursor_command)
sensor.add_command(list_keys)
sensor.add_command(clear_key)
