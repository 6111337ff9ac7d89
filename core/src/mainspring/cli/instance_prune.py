"""`mainspring instance prune`: deleting what is too old, now."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from mainspring.cli.complaint import note
from mainspring.cli.options import home_option, json_option
from mainspring.cli.seldom import telling_seldom
from mainspring.cli.show import echo, echo_json
from mainspring.text import count, seconds_of, utc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mainspring.daemon.expiry import Rule
    from mainspring.instance import Instance


def _age(context: click.Context, option: click.Parameter, text: str | None) -> float | None:
    try:
        seconds = None if text is None else seconds_of(text)
    except ValueError as error:
        raise click.BadParameter(str(error), context, option) from None
    if seconds == 0:
        raise click.BadParameter("0 would keep nothing; write how long, as in 30d", context, option)
    return seconds


@click.command
@click.option(
    "--older-than",
    metavar="AGE",
    callback=_age,
    help="All runs that ended, and all ticks, longer ago: 30d, 12h, 90m; else what the settings say.",
)
@click.option("--dry-run", "is_trial", is_flag=True, help="Delete nothing, and say what would go.")
@json_option
@home_option
def prune(*, older_than: float | None, is_trial: bool, as_json: bool, home: str | None) -> None:
    """Delete what is too old: by [instance.retention] of the settings, or by one age for all.

    Runs go with their events and logs. Runs that are not over stay, those that are to be tried again, and those that
    wrote an asset's newest value; so do run keys, the states of automations and the audit log. `mainspring daemon` does
    by itself what the settings say.

    \b
    Examples:
      mainspring instance prune --dry-run
      mainspring instance prune --older-than 30d --json
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli.act import note_act
    from mainspring.cli.home import opened
    from mainspring.daemon.expiry import rules_of
    from mainspring.settings import RetentionSettings

    with opened(home) as instance:
        kept = RetentionSettings() if instance.settings is None else instance.settings.retention
        if older_than is not None:
            kept = RetentionSettings(older_than, older_than, older_than, older_than)
        rules = rules_of(kept)
        now = instance.clock.time()
        numbers = swept(instance, rules, now, is_trial=is_trial)
        rows = [_row(rule, numbers[rule], now) for rule in rules]
        if not is_trial:
            deleted = [{"what": each["what"], "status": each["status"], "count": each["count"]} for each in rows]
            ages = [kept.runs, kept.failed_runs, kept.ticks]  # skips of sensors say nothing that somebody would miss
            note_act(
                instance,
                "instance prune",
                f"instance:{instance.home}",
                older_than=older_than,
                ages=[each for each in ages if each is not None],
                deleted=deleted,
            )
    if as_json:
        echo_json({"dry_run": is_trial, "deleted": rows})
        return
    if older_than is None and kept.runs is None and kept.failed_runs is None:
        note("the settings keep runs for ever; name an age with --older-than, or in [instance.retention]")
    for rule, row in zip(rules, rows, strict=True):
        echo(_line(rule, row, is_trial=is_trial))


def swept(instance: Instance, rules: Sequence[Rule], now: float, *, is_trial: bool) -> Counter[Rule]:
    """Delete what may go, telling of it once a second, and return how much of each went."""
    from mainspring.daemon.retention import sweep
    from mainspring.daemon.tick.interest import smallest

    read_to = smallest(instance.storage.automations.follower_cursors())
    numbers: Counter[Rule] = Counter()
    counted: set[str | int] = set()
    tell = telling_seldom(instance.clock)
    for rule, chunk in sweep(instance, rules, now, read_to, is_trial=is_trial):
        new: set[str | int] = {each for each in chunk.ids if each not in counted}
        if is_trial:  # what has not gone may be found by a second rule
            counted |= new
        numbers[rule] += len(new)
        tell(f"{count(numbers.total(), 'row')} {'found' if is_trial else 'deleted'} so far")
    return numbers


def _row(rule: Rule, number: int, now: float) -> dict[str, Any]:
    from mainspring.daemon.expiry import RunRule

    return {
        "what": "runs" if isinstance(rule, RunRule) else "ticks",
        "kind": None if isinstance(rule, RunRule) else rule.kind,
        "status": rule.status,
        "before": utc(now - rule.age_seconds),
        "count": number,
    }


def _line(rule: Rule, row: dict[str, Any], *, is_trial: bool) -> str:
    from mainspring.daemon.retention import describe

    said = "would go" if is_trial else "deleted"
    return f"{describe(rule)} before {row['before']}: {row['count']:,} {said}"
