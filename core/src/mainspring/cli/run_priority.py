"""`mainspring run priority`: which of the runs that wait start first."""

from __future__ import annotations

import click

from mainspring.cli.options import home_option
from mainspring.cli.show import echo


@click.command("priority", context_settings={"ignore_unknown_options": True})
@click.argument("run_id", metavar="RUN")
@click.argument("priority", metavar="N", type=click.IntRange(-(2**31), 2**31 - 1))
@home_option
def set_priority(*, run_id: str, priority: int, home: str | None) -> None:
    """Give a run that waits in the queue another priority; those of a higher one start first.

    \b
    Examples:
      mainspring run priority 0192f3 10
      mainspring run priority last -5
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli.act import note_act
    from mainspring.cli.home import opened
    from mainspring.cli.run_reference import find_run
    from mainspring.errors import TransitionError
    from mainspring.storage import Topic

    with opened(home) as instance:
        found = find_run(instance, run_id)
        if not instance.storage.runs.set_priority(found.run_id, priority):
            current = instance.storage.runs.get(found.run_id)
            status = "gone" if current is None else current.status.value
            raise TransitionError(f"run {found.run_id} is {status}; only a run that is QUEUED has a priority to change")
        note_act(instance, "run priority", f"run:{found.run_id}", priority=priority, before=found.priority)
        instance.storage.wakeups.tell(Topic.RUNS)
    echo(f"run {found.run_id} has priority {priority}, and had {found.priority}")
