"""`mainspring sensor cursor`: where a sensor goes on, and setting that."""

from __future__ import annotations

import json

import click

from mainspring.cli.options import home_option, json_option
from mainspring.cli.show import echo, echo_json


@click.command
@click.argument("name")
@click.option("--set", "text", metavar="TEXT", help="Go on from this cursor; it may be empty.")
@click.option("--clear", is_flag=True, help="Begin again, without a cursor.")
@json_option
@home_option
def cursor(*, name: str, text: str | None, clear: bool, as_json: bool, home: str | None) -> None:
    """Show a sensor's cursor, as JSON text; or set it, so that the next evaluation goes on from there.

    An empty cursor and none are two things. An evaluation that is under way when the cursor is set is not recorded.

    \b
    Examples:
      mainspring sensor cursor uploads
      mainspring sensor cursor uploads --set 2026/a.csv
      mainspring sensor cursor uploads --clear
    """  # noqa: D301 - click's mark is a backspace
    if text is not None and clear:
        raise click.UsageError("--set does not go with --clear; leave one of them out", click.get_current_context())
    from mainspring.cli.act import note_act
    from mainspring.cli.automation_command import found_in
    from mainspring.daemon.tick.offered import OfferedSensor
    from mainspring.daemon.tick.switch import move_cursor
    from mainspring.definition.cursor import checked_cursor
    from mainspring.storage import Topic

    with found_in(home, "sensor", name) as (instance, found):
        if text is not None or clear:
            checked_cursor(f"sensor {found.name!r}", text)
            offered = found.offer()
            assert isinstance(offered, OfferedSensor)  # noqa: S101 - of the kind that was looked for
            move_cursor(offered, text, instance.storage, instance.clock.time())
            subject = f"sensor:{found.location}:{found.name}"
            note_act(instance, "sensor cursor", subject, cursor=None if text is None else text[:200])
            instance.storage.wakeups.tell(Topic.AUTOMATIONS)
        stands = instance.storage.automations.cursors(found.location, [found.name]).get(found.name)
    if as_json:
        echo_json({"name": found.name, "location": found.location, "cursor": stands})
    else:
        echo(json.dumps(stands, ensure_ascii=False))
