"""`mainspring audit`: whether the books of a home balance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import click

from mainspring.cli.complaint import note
from mainspring.cli.moment import MOMENT
from mainspring.cli.options import home_option, json_option
from mainspring.cli.seldom import telling_seldom
from mainspring.cli.show import echo, echo_json
from mainspring.text import utc

if TYPE_CHECKING:
    from mainspring.audit import Books, Horizon
    from mainspring.instance import Instance


@click.command
@click.option(
    "--since",
    type=MOMENT,
    metavar="TIME",
    help="Only what was recorded since this date or time, in UTC unless it says.",
)
@json_option
@home_option
def audit(*, since: float | None, as_json: bool, home: str | None) -> None:
    """Check that ticks, run requests, runs and steps add up; end with 1 if they don't.

    Nothing is written. Each due time is decided once and none is left out; each request has one run, and each run its request; each run key is
    in the ledger; each attempt of a run and of a step was begun once; statuses changed as they may; and rows are what the
    events say. Daemons may be at work meanwhile: what is under way is counted as pending, not as an error. What the
    settings, or `mainspring instance prune`, may have deleted is left out; of a schedule, the last 100,000 due times are
    looked at.

    \b
    Examples:
      mainspring audit
      mainspring audit --since 2026-03-01 --json
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.audit import Books, examine
    from mainspring.cli.home import NothingThereYetError, opened

    books = Books()
    try:
        with opened(home) as instance:
            now = instance.clock.time()
            tell = telling_seldom(instance.clock)
            books = examine(
                instance.storage,
                lambda: _horizon(instance, since),
                now,
                lambda what, number: tell(f"{number:,} {what} read so far"),
            )
    except NothingThereYetError as error:
        note(str(error))
    if as_json:
        echo_json(_document(books))
    else:
        _echo(books)
    if not books.balance:
        raise click.exceptions.Exit(1)


def _horizon(instance: Instance, since: float | None) -> Horizon:
    from mainspring.audit import horizon_now
    from mainspring.settings import RetentionSettings

    retention = RetentionSettings() if instance.settings is None else instance.settings.retention
    horizon = horizon_now(instance.storage, retention, instance.clock.time())
    return horizon if since is None else horizon.no_earlier_than(since)


def _document(books: Books) -> dict[str, object]:
    return {
        "balances": books.balance,
        "findings": [attrs.asdict(each) for each in books.findings],
        "counted": dict(books.counted),
        "pending": dict(books.pending),
        "since": utc(books.horizon.runs) if books.horizon.runs > 0 else None,
    }


def _echo(books: Books) -> None:
    if books.horizon.runs > 0:
        note(f"what was recorded before {utc(books.horizon.runs)} is left out")
    counted = ", ".join(f"{number:,} {what}" for what, number in sorted(books.counted.items()))
    if books.findings:
        for each in books.findings:
            echo(f"{each.rule}: {each.said}")
        echo()
        echo(f"findings: {len(books.findings):,}, among {counted}")
    else:
        echo(f"the books balance: {counted or 'nothing was recorded'}")
    for what, number in sorted(books.pending.items()):
        echo(f"pending: {number:,} {what}")
