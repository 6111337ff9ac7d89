"""The commands that `mainspring schedule` and `mainspring sensor` have in common."""

from __future__ import annotations

import click
from attrs import frozen

from mainspring.cli.automation_keys import add_key_commands
from mainspring.cli.automation_reference import Kind
from mainspring.cli.options import home_option, json_option, limit_option


@frozen
class Words:
    """How the commands of a kind of automation are told.

    Attributes:
        kind: The kind.
        example: The name of one, for examples.
        on_start: What becomes of one that is switched on.
        on_ticks: What a list of ticks tells in one line.
        statuses: The statuses that its ticks can have.
    """

    kind: Kind
    example: str
    on_start: str
    on_ticks: str
    statuses: tuple[str, ...]


def add_common_commands(group: click.Group, words: Words) -> None:
    """Add the commands to a group."""
    _add_readers(group, words)
    _add_switch(group, words, "start", "running", "on", words.on_start)
    _add_switch(group, words, "stop", "stopped", "off", "Runs that were asked for go on.")
    _add_ticks(group, words)
    add_key_commands(group, words.kind, words.example)


def _text(summary: str, more: str, *examples: str) -> str:
    """Return a command's help."""
    listed = "\n".join(f"  mainspring {each}" for each in examples)
    return f"{summary}\n\n{more}\n\n\b\nExamples:\n{listed}" if more else f"{summary}\n\n\b\nExamples:\n{listed}"


def _add_readers(group: click.Group, words: Words) -> None:
    kind, example = words.kind, words.example
    listing = _text(
        f"List the {kind}s, whether each is on, when it is due next, and how its last tick went.",
        "",
        f"{kind} list",
        f"{kind} list --json",
    )
    showing = _text(
        f"Show all that is known of a {kind}, with its newest ticks.",
        "",
        f"{kind} show {example}",
        f"{kind} show sales:{example} --json",
    )

    @group.command("list", help=listing)
    @limit_option(None, f"{kind}s")
    @json_option
    @home_option
    def list_all(*, limit: int | None, as_json: bool, home: str | None) -> None:
        from mainspring.cli import automation_command

        automation_command.list_all(kind, home, limit, as_json=as_json)

    @group.command("show", help=showing)
    @click.argument("name")
    @json_option
    @home_option
    def show(*, name: str, as_json: bool, home: str | None) -> None:
        from mainspring.cli import automation_command

        automation_command.show_one(kind, name, home, as_json=as_json)


def _add_switch(group: click.Group, words: Words, verb: str, to: str, direction: str, more: str) -> None:
    kind = words.kind
    text = _text(
        f"Switch {kind}s {direction}, whatever their definitions say.",
        more,
        f"{kind} {verb} {words.example}",
        f"{kind} {verb} --all",
    )

    @group.command(verb, help=text)
    @click.argument("names", metavar="NAME...", nargs=-1)
    @click.option("--all", "are_all", is_flag=True, help=f"All {kind}s.")
    @json_option
    @home_option
    def switch(*, names: tuple[str, ...], are_all: bool, as_json: bool, home: str | None) -> None:
        from mainspring.cli import automation_command

        automation_command.switch(kind, names, home, to=to, are_all=are_all, as_json=as_json)


def _add_ticks(group: click.Group, words: Words) -> None:
    kind, example = words.kind, words.example
    text = _text(
        f"List what was decided of a {kind}, the newest first; with --id, one decision with its error and logs.",
        words.on_ticks,
        f"{kind} ticks {example} --status FAILED",
        f"{kind} ticks {example} --id 42",
    )

    @group.command("ticks", help=text)
    @click.argument("name")
    @click.option("--id", "tick_id", type=click.IntRange(1, 2**62), metavar="N", help="Show this one whole.")
    @click.option(
        "--status",
        "statuses",
        multiple=True,
        type=click.Choice(words.statuses, case_sensitive=False),
        help="Only ticks with this status; may be repeated.",
    )
    @click.option("--before", type=click.IntRange(1, 2**62), metavar="ID", help="Only older ones: the next page.")
    @limit_option(20, "ticks")
    @json_option
    @home_option
    def ticks(
        *,
        name: str,
        tick_id: int | None,
        statuses: tuple[str, ...],
        before: int | None,
        limit: int,
        as_json: bool,
        home: str | None,
    ) -> None:
        from mainspring.cli import automation_command

        automation_command.list_ticks(
            kind, name, home, tick_id=tick_id, statuses=statuses, before=before, limit=limit, as_json=as_json
        )
