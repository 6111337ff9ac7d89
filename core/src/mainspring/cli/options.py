"""The options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from mainspring.location.code import CodeSource

Command = TypeVar("Command", bound=Callable[..., object])

TRACEBACK_VARIABLE = "MAINSPRING_TRACEBACK"
"""Set to 1, it shows the user's own traceback wherever `--traceback` would."""

LIMIT_MAX = 1_000_000_000
"""The largest `--limit`; whatever a database counts with can hold it."""

home_option = click.option(
    "--home",
    metavar="DIR",
    help="The instance's home; else MAINSPRING_HOME, else the folder of the nearest mainspring.toml.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


def limit_option(default: int | None, what: str) -> Callable[[Command], Command]:
    """Return the option `--limit`."""
    return click.option(
        "--limit",
        type=click.IntRange(min=1, max=LIMIT_MAX),
        default=default,
        show_default=default is not None,
        metavar="N",
        help=f"Show at most N {what}.",
    )


def code_options(command: Command) -> Command:
    """Add the options that say where definitions are; the command hands them to `code_source`."""
    for option in (
        click.option(
            "--traceback",
            "with_traceback",
            is_flag=True,
            envvar=TRACEBACK_VARIABLE,
            help="Where your code fails to load, show its traceback too.",
        ),
        click.option("-m", "--module", metavar="MODULE", help="The module that holds your definitions."),
        click.option("-f", "--file", metavar="FILE", help="The Python file that holds your definitions."),
    ):
        command = option(command)
    return command


def run_options(command: Command) -> Command:
    """Add the options that say what a run is given besides its job and mode."""
    for option in (
        click.option("--run-key", metavar="KEY", help="A key under which the run was asked for; recorded."),
        click.option("--partition", metavar="KEY", help="The partition for which it runs."),
        click.option("--tag", "tags", multiple=True, metavar="KEY=VALUE", help="A tag of the run; may be repeated."),
        click.option(
            "--select",
            "selection",
            multiple=True,
            metavar="STEPS",
            help="Which steps: fetch, '*clean', 'fetch+'; several add up.",
        ),
        click.option(
            "--config",
            "configs",
            multiple=True,
            metavar="TEXT|@FILE",
            help="The run's config, as JSON or TOML, or @ and a file of either; several are merged, and later ones win.",
        ),
    ):
        command = option(command)
    return command


def code_source(file: str | None, module: str | None, with_traceback: bool) -> CodeSource:  # noqa: FBT001 - as click hands it over
    """Return where the definitions are.

    Raises:
        click.UsageError: Not exactly one of file and module is given.
    """
    if (file is None) == (module is None):
        said = "give either -f FILE or -m MODULE, the one that holds your definitions"
        raise click.UsageError(f"{said}, not both" if file is not None else said, click.get_current_context())
    return CodeSource(file, module, with_traceback)


def key_value_pairs(pairs: tuple[str, ...], option: str) -> dict[str, str]:
    """Return what a repeatable option like `--tag k=v` was given, by key.

    Raises:
        click.UsageError: One has no `=`, or nothing before it.
    """
    found: dict[str, str] = {}
    for each in pairs:
        key, equals, value = each.partition("=")
        if not equals or not key:
            raise click.UsageError(f"{option} takes key=value, not {each[:100]!r}", click.get_current_context())
        found[key] = checked_text(value, option) or ""
        checked_text(key, option)
    return found


def checked_text(value: str | None, option: str) -> str | None:
    """Return what an option was given, if it is text that can be kept.

    Raises:
        click.UsageError: It holds bytes that are not UTF-8.
    """
    try:
        (value or "").encode()
    except UnicodeEncodeError:
        raise click.UsageError(f"{option} is not UTF-8 text", click.get_current_context()) from None
    return value
