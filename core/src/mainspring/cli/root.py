"""The command `mainspring`: a group that loads a command's module when the command is called."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import click
from attrs import frozen


@frozen
class LazyCommand:
    """Where a command is defined, and what the list of commands says of it.

    Attributes:
        module: Its module.
        attribute: Its name there.
        summary: What it does.
        is_listed: Whether it is one that people type.
    """

    module: str
    attribute: str
    summary: str
    is_listed: bool = True

    def load(self) -> click.Command:
        """Import the module and return the command."""
        command: click.Command = getattr(import_module(self.module), self.attribute)
        return command


COMMANDS: Mapping[str, LazyCommand] = {
    "demo": LazyCommand("mainspring.cli.demo", "demo", "See a daemon at work on real data as it arrives."),
    "job": LazyCommand(
        "mainspring.cli.job",
        "job",
        "List, show and run the jobs of a file or module, and queue runs of those of code locations.",
    ),
    "run": LazyCommand(
        "mainspring.cli.run",
        "run",
        "List runs, show what came of one or what it waits for, read its logs, retry one, cancel one, put one first.",
    ),
    "schedule": LazyCommand(
        "mainspring.cli.schedule",
        "schedule",
        "List schedules, switch them on and off, see when they are due and what was decided.",
    ),
    "sensor": LazyCommand(
        "mainspring.cli.sensor",
        "sensor",
        "List sensors, switch them on and off, try them, read what was decided, set cursors and clear run keys.",
    ),
    "simulate": LazyCommand(
        "mainspring.cli.simulate",
        "simulate",
        "Show which runs schedules and sensors would ask for in a stretch of time, and why they would not.",
    ),
    "daemon": LazyCommand(
        "mainspring.cli.daemon",
        "daemon",
        "Hold the code locations of a home open, decide its schedules and sensors, and start the runs that wait.",
    ),
    "location": LazyCommand(
        "mainspring.cli.location", "location", "Show the code locations of a home, check them, and load them anew."
    ),
    "plan": LazyCommand(
        "mainspring.cli.plan",
        "plan",
        "Say what the code of a location, or of each, would change if a daemon loaded it now.",
    ),
    "audit": LazyCommand(
        "mainspring.cli.audit",
        "audit",
        "Check that ticks, run requests, runs and steps add up; end with 1 if they don't.",
    ),
    "step": LazyCommand("mainspring.cli.step", "step", "Open a step of a run in a debugger or a notebook."),
    "instance": LazyCommand(
        "mainspring.cli.instance",
        "instance",
        "Show an instance and what was done there, bring its storage up to date, delete what is too old.",
    ),
    "plugins": LazyCommand("mainspring.cli.plugins", "plugins", "Show the installed plugins and what they register."),
    "worker": LazyCommand(
        "mainspring.cli.worker",
        "worker",
        "Carry out an attempt of a queued run, once, in this process.",
        is_listed=False,
    ),
}
"""The commands of the house; those of plugins stand behind them."""

_FOUND = "mainspring.cli.root.plugin_commands"


class LazyGroup(click.Group):
    """A group that imports nothing to list its commands, and asks plugins only for names that it does not know."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        own = [name for name, each in COMMANDS.items() if each.is_listed and find_spec(each.module) is not None]
        return [*own, *(name for name in _plugin_commands(ctx) if name not in own)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = COMMANDS.get(cmd_name)
        if own is not None and find_spec(own.module) is not None:
            return own.load()
        return _plugin_commands(ctx).get(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            from mainspring.errors import shorten, suggest

            known = self.list_commands(ctx)
            raise click.UsageError(f"there is no command {shorten(args[0])!r}; {suggest(args[0], known)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        plugins = _plugin_commands(ctx)
        rows = [
            (name, COMMANDS[name].summary if name in COMMANDS else plugins[name].get_short_help_str(80))
            for name in self.list_commands(ctx)
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        super().invoke(ctx)  # and what a command returns is dropped, since it is no exit code


def _plugin_commands(ctx: click.Context) -> dict[str, click.Command]:
    """Return the commands that plugins register, found once for a command line."""
    found: dict[str, click.Command] | None = ctx.meta.get(_FOUND)
    if found is None:
        found = ctx.meta[_FOUND] = _find_plugin_commands()
    return found


def _find_plugin_commands() -> dict[str, click.Command]:
    """Ask the plugins for their commands; a name that two of them claim is no command."""
    from importlib.metadata import entry_points

    if not entry_points(group="mainspring"):
        return {}
    from mainspring.cli.complaint import warn
    from mainspring.errors import PluginError
    from mainspring.plugin import load_plugins

    plugins = load_plugins()
    found: dict[str, click.Command] = {}
    for name in plugins.names("command"):
        try:
            command = plugins.find("command", name)
        except PluginError as error:
            warn(str(error))
            continue
        if isinstance(command, click.Command):
            found[name] = command
        else:
            warn(f"plugins register command {name!r} as a {type(command).__name__}; it must be a click command")
    return found


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's signature
    if not value or ctx.resilient_parsing:
        return
    from importlib.metadata import version

    click.echo(f"mainspring {version('mainspring')}")
    ctx.exit()


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Try `mainspring demo`, then `mainspring job list -f FILE` with a file of your own.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
def mainspring() -> None:
    """Run data jobs here and now, see what came of them, and recover those that failed."""
