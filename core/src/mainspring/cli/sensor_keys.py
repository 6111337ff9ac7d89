"""`mainspring sensor keys` and `clear-key`: the run keys that a sensor has asked for, and forgetting one."""

from __future__ import annotations

import click

from mainspring.cli.complaint import note
from mainspring.cli.options import checked_text, home_option, json_option, limit_option
from mainspring.cli.show import echo, echo_json, echo_table


@click.command("keys")
@click.argument("name")
@click.option("--key", metavar="KEY", help="Only this run key.")
@limit_option(20, "keys")
@json_option
@home_option
def list_keys(*, name: str, key: str | None, limit: int, as_json: bool, home: str | None) -> None:
    """List the run keys that a sensor has asked for and that are not run again, those of the last runs first.

    \b
    Examples:
      mainspring sensor keys uploads
      mainspring sensor keys uploads --key 2026/a.csv --json
    """  # noqa: D301 - click's mark is a backspace
    checked_text(key, "--key")
    from mainspring.cli.automation_command import found_in
    from mainspring.text import utc

    with found_in(home, "sensor", name) as (instance, found):
        keys = instance.storage.automations.keys(found.location, found.name, key, limit + 1)
    rows = [
        {"run_key": each.run_key, "job": each.job_name, "run_id": each.run_id, "created_at": utc(each.created_at)}
        for each in keys[:limit]
    ]
    if as_json:
        echo_json(rows)
    elif not rows:
        note(f"sensor {found.reference} has asked for no such run key")
    else:
        echo_table(
            ("CREATED", "JOB", "RUN", "RUN KEY"),
            [(row["created_at"] or "", row["job"] or "", row["run_id"] or "", row["run_key"] or "") for row in rows],
        )
        if len(keys) > limit:
            note("there are more; a larger --limit shows them")


@click.command("clear-key")
@click.argument("name")
@click.argument("key")
@click.option("--job", metavar="NAME", help="Only for this job.")
@json_option
@home_option
def clear_key(*, name: str, key: str, job: str | None, as_json: bool, home: str | None) -> None:
    """Forget a run key of a sensor, so that it gives a run once more when it is asked for again.

    \b
    Examples:
      mainspring sensor clear-key uploads 2026/a.csv
      mainspring sensor clear-key sales:uploads 2026/a.csv --job ingest
    """  # noqa: D301 - click's mark is a backspace
    checked_text(key, "a run key")
    from mainspring.cli.act import note_act
    from mainspring.cli.automation_command import found_in
    from mainspring.errors import MainspringError, shorten
    from mainspring.text import count

    with found_in(home, "sensor", name) as (instance, found):
        number = instance.storage.automations.clear_keys(found.location, found.name, key, job)
        if number == 0:
            of = "" if job is None else f" for job {shorten(job)!r}"
            raise MainspringError(
                f"sensor {found.reference} has never asked for run key {shorten(key)!r}{of}; `mainspring sensor keys "
                f"{found.reference}` lists those that it has"
            )
        subject = f"sensor:{found.location}:{found.name}"
        note_act(instance, "sensor clear-key", subject, run_key=shorten(key, 200), job=job, jobs=number)
    if as_json:
        echo_json({"name": found.name, "location": found.location, "run_key": key, "cleared": number})
    else:
        echo(f"cleared run key {key} of sensor {found.reference} for {count(number, 'job')}")
