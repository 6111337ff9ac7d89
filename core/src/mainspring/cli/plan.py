"""`mainspring plan`: what new definitions would change, before a daemon loads them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from mainspring.cli.complaint import complain, note
from mainspring.cli.options import home_option, json_option
from mainspring.cli.show import echo, echo_heading, echo_json, echo_table
from mainspring.text import count, utc

if TYPE_CHECKING:
    from mainspring.daemon.change import LocationPlan, Standing
    from mainspring.location.spec import LocationSpec
    from mainspring.storage import DefinitionRecord

_DAY_SECONDS = 86_400.0

_MARKS = {"new": "+", "adopts": "+", "changed": "~", "gone": "-"}


@click.command
@click.argument("location", required=False)
@click.option("-f", "--file", "file", metavar="FILE", help="The location's code as it will be, in this file instead.")
@click.option("-m", "--module", "module", metavar="MODULE", help="The same, in this module instead.")
@click.option(
    "--days",
    type=click.FloatRange(0, 366),
    default=7.0,
    show_default=True,
    metavar="DAYS",
    help="For how long ahead it is said what schedules start.",
)
@json_option
@home_option
def plan(
    *, location: str | None, file: str | None, module: str | None, days: float, as_json: bool, home: str | None
) -> None:
    """Say what the code of a location, or of each, would change if a daemon loaded it now.

    Nothing is recorded. It says which jobs, schedules and sensors are new, gone or changed; what is switched on by that; which automations take over
    another's state and run keys, and which lose theirs, so that what was run would run again; and what schedules start in
    the week to come. The code is loaded in processes of its own. The exit code is 1 where it does not load.

    \b
    Examples:
      mainspring plan
      mainspring plan sales -f ../checkout/sales.py --json
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli.home import NothingThereYetError, located, opened
    from mainspring.clock import SystemClock
    from mainspring.daemon.change import Standing, standing_of
    from mainspring.location.spec import location_specs

    folder, settings = located(home)
    chosen = _chosen(location_specs(settings, folder), location, file, module)
    standings = {spec.name: Standing() for spec in chosen}
    try:
        with opened(home) as instance:
            standings = {spec.name: standing_of(instance.storage, spec.name) for spec in chosen}
    except NothingThereYetError:
        pass  # so all is new
    now = SystemClock().time()
    plans = []
    for spec in chosen:
        if not as_json:
            note(f"loading {spec.source} of location {spec.name}")
        plans.append(_planned(spec, folder, standings[spec.name], now, now + days * _DAY_SECONDS))
    if as_json:
        echo_json([_document(each) for each in plans])
    else:
        for each in plans:
            _echo(each, days)
    if not chosen:
        note("the settings name no location; put a [[location]] table into mainspring.toml")
    if any(each.error is not None for each in plans):
        raise click.exceptions.Exit(1)


def _chosen(
    specs: dict[str, LocationSpec], name: str | None, file: str | None, module: str | None
) -> list[LocationSpec]:
    """Return the locations that are looked at, with the code that was named.

    Raises:
        ConfigError: There is none of that name.
    """
    from mainspring.location.spec import find_spec

    found = list(specs.values()) if name is None else [find_spec(specs, name)]
    if file is None and module is None:
        return found
    if file is not None and module is not None:
        raise click.UsageError("--file and --module both name the code; leave one out", click.get_current_context())
    if len(found) != 1:
        known = ", ".join(sorted(specs)) or "none"
        raise click.UsageError(
            f"say which location the code is for; the settings have {known}", click.get_current_context()
        )
    path = None if file is None else str(Path(file).expanduser().absolute())
    return [attrs.evolve(found[0], file=path, module=module, package=None)]


def _planned(spec: LocationSpec, folder: Path, standing: Standing, now: float, until: float) -> LocationPlan:
    from mainspring.daemon.change import LocationPlan, compare, outlook
    from mainspring.errors import LocationError
    from mainspring.location.check import opened_apart

    try:
        with opened_apart(spec, folder) as (client, status):
            if status["status"] != "LOADED":
                return LocationPlan(spec.name, error=str(status["error"]))
            _, hashes = client.index()
            new = {(each["kind"], each["name"]): _record(spec.name, each) for each in client.entries(list(hashes))}
    except LocationError as error:
        return LocationPlan(spec.name, error=str(error))
    changes = compare(standing, new, now)
    touched = {(each.kind, each.name) for each in changes}
    return LocationPlan(
        spec.name,
        changes=changes,
        unchanged=len(new.keys() - touched),
        outlook=outlook(standing, new, now, until),
    )


def _record(location: str, entry: Any) -> DefinitionRecord:
    from mainspring.storage import DefinitionRecord

    return DefinitionRecord(
        location=location, kind=entry["kind"], name=entry["name"], hash=entry["hash"], body=entry["body"]
    )


def _document(plan: LocationPlan) -> dict[str, Any]:
    document = attrs.asdict(plan)
    document["outlook"] = [{**each, "first": utc(each["first"])} for each in document["outlook"]]
    return {**document, "status": "LOADED" if plan.error is None else "FAILED"}


def _number(times: int) -> str:
    from mainspring.daemon.change.outlook import COUNT_LIMIT

    return f"{times:,}" if times <= COUNT_LIMIT else f"over {COUNT_LIMIT:,}"


def _echo(plan: LocationPlan, days: float) -> None:
    echo_heading(f"location {plan.name}")
    if plan.error is not None:
        complain(plan.error)
        return
    for each in plan.changes:
        echo(f"{_MARKS[each.what]} {each.kind} {each.name}: {each.what}")
        for sentence in each.said:
            echo(f"    {sentence}")
    echo(f"{count(plan.unchanged, 'definition')} as before" if plan.changes else "nothing changes")
    due = [each for each in plan.outlook if each.count]
    if not due:
        echo(f"no schedule is due in the next {days:g} days")
        return
    echo()
    echo_table(
        (f"DUE IN {days:g} DAYS", "TIMES", "FIRST", ""),
        [
            (
                each.name,
                _number(each.count),
                utc(each.first, precise=False) or "",
                "at most" if each.has_function else "",
            )
            for each in due
        ],
    )
