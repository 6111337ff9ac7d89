"""`mainspring sensor`: which sensors there are, switching them, what they would ask for, what was decided, cursors and run keys."""

from __future__ import annotations

import click

from mainspring.cli.automation_group import Words, add_common_commands
from mainspring.cli.options import home_option, json_option
from mainspring.cli.sensor_cursor import cursor as cursor_command


@click.group
def sensor() -> None:
    """List sensors, switch them on and off, try them, read what was decided, set cursors and clear run keys.

    NAME is the sensor's, or LOCATION:NAME where several locations have one of that name. What is switched or set stands
    in storage: it holds from now on, whether a daemon is at work or not.
    """


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


add_common_commands(
    sensor,
    Words(
        kind="sensor",
        example="uploads",
        on_start="It goes on from its cursor, and is evaluated at once where a daemon is at work.",
        on_ticks="Evaluations in a row that came to nothing for the same reason are one line, with how many they are.",
        statuses=("REQUESTED", "SKIPPED", "FAILED"),
    ),
)
sensor.add_command(cursor_command)
