"""`keys` and `clear-key` of `mainspring schedule` and `sensor`: the run keys that one has asked for, and forgetting one."""

from __future__ import annotations

import click

from mainspring.cli.automation_reference import Kind
from mainspring.cli.complaint import note
from mainspring.cli.options import checked_text, home_option, json_option, limit_option
from mainspring.cli.show import echo, echo_json, echo_table


def add_key_commands(group: click.Group, kind: Kind, example: str) -> None:
    """Add the commands to a group."""

    @group.command("keys", help=_LIST.format(kind=kind, example=example))
    @click.argument("name")
    @click.option("--key", metavar="KEY", help="Only this run key.")
    @limit_option(20, "keys")
    @json_option
    @home_option
    def keys(*, name: str, key: str | None, limit: int, as_json: bool, home: str | None) -> None:
        checked_text(key, "--key")
        _list_keys(kind, name, key, limit, home, as_json=as_json)

    @group.command("clear-key", help=_CLEAR.format(kind=kind, example=example))
    @click.argument("name")
    @click.argument("key")
    @click.option("--job", metavar="NAME", help="Only for this job.")
    @json_option
    @home_option
    def clear_key(*, name: str, key: str, job: str | None, as_json: bool, home: str | None) -> None:
        checked_text(key, "a run key")
        _clear_key(kind, name, key, job, home, as_json=as_json)


_LIST = """\
List the run keys that a {kind} has asked for and that are not run again, those of the last runs first.

\b
Examples:
  mainspring {kind} keys {example}
  mainspring {kind} keys {example} --key 2026/a.csv --json
"""

_CLEAR = """\
Forget a run key of a {kind}, so that it gives a run once more when it is asked for again.

\b
Examples:
  mainspring {kind} clear-key {example} 2026/a.csv
  mainspring {kind} clear-key sales:{example} 2026/a.csv --job ingest
"""


def _list_keys(kind: Kind, name: str, key: str | None, limit: int, home: str | None, *, as_json: bool) -> None:
    from mainspring.cli.automation_command import found_in
    from mainspring.text import utc

    with found_in(home, kind, name) as (instance, found):
        keys = instance.storage.automations.keys(found.location, found.name, key, limit + 1)
    rows = [
        {"run_key": each.run_key, "job": each.job_name, "run_id": each.run_id, "created_at": utc(each.created_at)}
        for each in keys[:limit]
    ]
    if as_json:
        echo_json(rows)
    elif not rows:
        note(f"{kind} {found.reference} has asked for no such run key")
    else:
        echo_table(
            ("CREATED", "JOB", "RUN", "RUN KEY"),
            [(row["created_at"] or "", row["job"] or "", row["run_id"] or "", row["run_key"] or "") for row in rows],
        )
        if len(keys) > limit:
            note("there are more; a larger --limit shows them")


def _clear_key(kind: Kind, name: str, key: str, job: str | None, home: str | None, *, as_json: bool) -> None:
    from mainspring.cli.act import note_act
    from mainspring.cli.automation_command import found_in
    from mainspring.errors import MainspringError, shorten
    from mainspring.text import count

    with found_in(home, kind, name) as (instance, found):
        number = instance.storage.automations.clear_keys(found.location, found.name, key, job)
        if number == 0:
            of = "" if job is None else f" for job {shorten(job)!r}"
            raise MainspringError(
                f"{kind} {found.reference} has never asked for run key {shorten(key)!r}{of}; `mainspring {kind} keys "
                f"{found.reference}` lists those that it has"
            )
        subject = f"{kind}:{found.location}:{found.name}"
        note_act(instance, f"{kind} clear-key", subject, run_key=shorten(key, 200), job=job, jobs=number)
    if as_json:
        echo_json({"name": found.name, "location": found.location, "run_key": key, "cleared": number})
    else:
        echo(f"cleared run key {key} of {kind} {found.reference} for {count(number, 'job')}")
