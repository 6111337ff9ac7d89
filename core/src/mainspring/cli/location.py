"""`mainspring location`: how code locations stand, what they offer, checking them and loading them anew."""

from __future__ import annotations

from typing import Any

import click

from mainspring.cli.complaint import note
from mainspring.cli.options import home_option, json_option, limit_option
from mainspring.cli.show import echo, echo_facts, echo_heading, echo_json, echo_table


@click.group
def location() -> None:
    """Show the code locations of a home, check them, and load them anew.

    A location is a [[location]] table in mainspring.toml: a name, and the module, file or package that holds one
    `ms.Definitions`. `mainspring daemon` opens them; what they offered last is known while they are down.
    """


@location.command("list")
@limit_option(None, "locations")
@json_option
@home_option
def list_locations(*, limit: int | None, as_json: bool, home: str | None) -> None:
    """List the code locations, how each stands and what it offers.

    \b
    Examples:
      mainspring location list
      mainspring location list --json
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli.location_document import location_rows

    rows = location_rows(home)[:limit]
    if as_json:
        echo_json(rows)
        return
    if not rows:
        note("the settings name no location; put a [[location]] table into mainspring.toml")
        return
    echo_table(
        ("LOCATION", "STATUS", "OPEN", "JOBS", "SCHEDULES", "SENSORS", "SOURCE", "ERROR"),
        [
            (
                row["name"],
                row["status"],
                "yes" if row["is_open"] else "no",
                str(row["jobs"]),
                str(row["schedules"]),
                str(row["sensors"]),
                row["source"],
                (row["error"] or "").partition("\n")[0],
            )
            for row in rows
        ],
    )


@location.command("show")
@click.argument("name")
@limit_option(1000, "definitions")
@json_option
@home_option
def show_location(*, name: str, limit: int, as_json: bool, home: str | None) -> None:
    """Show a code location: how it stands, why it failed, and what it offers.

    \b
    Examples:
      mainspring location show sales
      mainspring location show sales --json
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli.location_document import location_document

    document = location_document(home, name, limit)
    if as_json:
        echo_json(document)
    else:
        _echo_location(document)


@location.command("check")
@click.argument("name", required=False)
@json_option
@home_option
def check_locations(*, name: str | None, as_json: bool, home: str | None) -> None:
    """Load the code of each location, or of one, as the daemon would, and say whether that goes well.

    Nothing is recorded, and what is open stays as it is. The exit code is 1 where a location fails.

    \b
    Examples:
      mainspring location check
      mainspring location check sales --json
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli.home import located
    from mainspring.location.check import check_location
    from mainspring.location.spec import find_spec, location_specs

    folder, settings = located(home)
    specs = location_specs(settings, folder)
    chosen = list(specs.values()) if name is None else [find_spec(specs, name)]
    found: list[dict[str, Any]] = []
    for spec in chosen:
        if not as_json:
            note(f"loading {spec.source} of location {spec.name}")
        found.append(check_location(spec, folder))
    if as_json:
        echo_json(found)
    else:
        for each in found:
            _echo_checked(each)
        if not found:
            note("the settings name no location; put a [[location]] table into mainspring.toml")
    if any(each["status"] != "LOADED" for each in found):
        raise click.exceptions.Exit(1)


@location.command("reload")
@click.argument("name", required=False)
@json_option
@home_option
def reload_locations(*, name: str | None, as_json: bool, home: str | None) -> None:
    """Load the code of each location, or of one, anew where it is open; what is under way goes on with the old code.

    Code that fails to load is shown as failed, and the code that was loaded before serves on. The exit code is 1 then.

    \b
    Examples:
      mainspring location reload
      mainspring location reload sales
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli.act import note_act
    from mainspring.cli.home import located, opened
    from mainspring.location.check import reload_location
    from mainspring.location.spec import find_spec, location_specs

    folder, settings = located(home)
    specs = location_specs(settings, folder)
    chosen = list(specs.values()) if name is None else [find_spec(specs, name)]
    found: list[dict[str, Any]] = []
    for spec in chosen:
        found.append(reload_location(spec, folder))
        with opened(home) as instance:
            note_act(instance, "location reload", f"location:{spec.name}", status=found[-1]["status"])
    if as_json:
        echo_json(found)
    else:
        for each in found:
            _echo_checked(each)
    if any(each["status"] != "LOADED" for each in found):
        raise click.exceptions.Exit(1)


def _echo_checked(found: dict[str, Any]) -> None:
    said = "" if found["error"] is None else f": {found['error']}"
    echo(f"{found['name']}: {found['status']}{said}", lines=True)
    if found["traceback"]:
        echo(found["traceback"].rstrip("\n"), lines=True)


def _echo_location(document: dict[str, Any]) -> None:
    from mainspring.text import utc

    loaded_at = document["loaded_at"]
    echo_facts(
        {
            "location": document["name"],
            "status": document["status"],
            "open": "yes, here" if document["is_open"] else "no; `mainspring daemon` opens it",
            "source": document["source"],
            "error": document["error"],
            "workers": {"fork": "forked", "spawn": "spawned"}.get(document["start"], document["start"]),
            "python": document["python"],
            "mainspring": document["version"],
            "loaded": None if loaded_at is None else utc(loaded_at),
            "snapshot": document["snapshot"],
        }
    )
    if document["traceback"]:
        echo_heading("traceback")
        echo(document["traceback"].rstrip("\n"), lines=True)
    for kind in ("job", "schedule", "sensor"):
        names = [each["name"] for each in document["definitions"] if each["kind"] == kind]
        if names:
            echo_heading(f"{kind}s")
            for each in names:
                echo(each)
