"""`mainspring daemon status`: the daemons of a storage, and what is wrong with them."""

from __future__ import annotations

from typing import Any

import attrs
import click

from mainspring.cli.complaint import warn
from mainspring.cli.home import NothingThereYetError, located, opened
from mainspring.cli.show import echo, echo_facts, echo_json
from mainspring.daemon.health import DaemonHealth, problems_of
from mainspring.daemon.roll_call import watch_daemons
from mainspring.execute.worker import liveness
from mainspring.location.spec import location_specs
from mainspring.storage import LocationRecord
from mainspring.text import utc


def show(home: str | None, *, as_json: bool) -> None:
    """Show how the daemons do, and end with 1 where something is wrong; those that are gone are forgotten."""
    folder, settings = located(home)
    specs = location_specs(settings, folder)
    daemons: list[DaemonHealth] = []
    known: list[LocationRecord] = []
    try:
        with opened(home) as instance:
            duties = instance.storage.duties
            daemons = watch_daemons(duties, instance.clock, liveness)
            known = instance.storage.locations.all()
            for each in daemons:
                if each.life == "gone":
                    duties.forget_heartbeat(each.daemon_id)
    except NothingThereYetError:
        pass  # nor has a daemon ever been there
    problems = problems_of(daemons, specs, known)
    if as_json:
        echo_json({"is_healthy": not problems, "problems": problems, "daemons": [_document(each) for each in daemons]})
    else:
        _echo(daemons, problems)
    if problems:
        raise click.exceptions.Exit(1)


def _document(daemon: DaemonHealth) -> dict[str, Any]:
    document = attrs.asdict(daemon)
    times = {name: utc(document[name]) for name in ("began_at", "beat_at", "last_tick_at", "oldest_queued_at")}
    return {**document, **times, "locations": list(daemon.locations)}


def _echo(daemons: list[DaemonHealth], problems: list[str]) -> None:
    for number, each in enumerate(daemons):
        if number:
            echo()
        echo_facts(
            {
                "daemon": each.daemon_id,
                "status": each.life,
                "host": each.host,
                "process": str(each.pid),
                "since": utc(each.began_at),
                "told": utc(each.beat_at),
                "locations": ", ".join(each.locations) or "none",
                "ticks": f"{each.ticks:,}",
                "last tick": utc(each.last_tick_at),
                "evaluating": f"{each.evaluating:,}" if each.evaluating else None,
                "oldest in queue": utc(each.oldest_queued_at),
                "loop lag": f"{each.lag_seconds:.3f} s",
                "error": each.error,
            }
        )
    for problem in problems:
        warn(problem)
