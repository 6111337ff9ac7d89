"""`mainspring instance audit`: what people did."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from mainspring.cli.complaint import note
from mainspring.cli.options import checked_text, home_option, json_option, limit_option
from mainspring.cli.show import echo_json, echo_table
from mainspring.text import utc

if TYPE_CHECKING:
    from mainspring.storage import AuditEntry


@click.command
@click.option("--subject", metavar="KIND:NAME", help="Only about this: run:0192f3…, location:sales, with the whole id.")
@click.option("--action", metavar="WORDS", help="Only this: 'run cancel', 'location reload'.")
@click.option("--before", type=click.IntRange(min=1, max=2**62), metavar="ID", help="Only older ones: the next page.")
@limit_option(20, "acts")
@json_option
@home_option
def audit(
    *, subject: str | None, action: str | None, before: int | None, limit: int, as_json: bool, home: str | None
) -> None:
    """List what people did, who they were and when, the newest first.

    \b
    Examples:
      mainspring instance audit
      mainspring instance audit --action 'run cancel' --json
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli.home import NothingThereYetError, opened
    from mainspring.storage import AuditQuery

    query = AuditQuery(
        subject=checked_text(subject, "--subject"),
        action=checked_text(action, "--action"),
        before=before,
        limit=limit + 1,
    )
    found: list[AuditEntry] = []
    try:
        with opened(home) as instance:
            found = instance.storage.audit.find(query)
    except NothingThereYetError as error:
        note(str(error))
    if as_json:
        echo_json([_row(each) for each in found[:limit]])
    elif not found:
        note("nothing of that kind was done")
    else:
        _echo_acts(found, limit)


def _row(entry: AuditEntry) -> dict[str, Any]:
    return {
        "audit_id": entry.audit_id,
        "at": utc(entry.at),
        "who": entry.who,
        "action": entry.action,
        "subject": entry.subject,
        "detail": dict(entry.detail),
    }


def _echo_acts(found: list[AuditEntry], limit: int) -> None:
    echo_table(
        ("AT", "WHO", "ACTION", "SUBJECT", "DETAIL"),
        [
            (
                utc(each.at, precise=False) or "",
                each.who,
                each.action,
                each.subject,
                ", ".join(f"{name}={_said(value)}" for name, value in each.detail.items()),
            )
            for each in found[:limit]
        ],
    )
    if len(found) > limit:
        note(f"there are more; the next page begins with --before {found[limit - 1].audit_id}")


def _said(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
