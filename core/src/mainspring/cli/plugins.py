"""`mainspring plugins`: what is installed, what it registers, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mainspring.cli.complaint import silenced_warnings, warn
from mainspring.cli.options import json_option, limit_option
from mainspring.cli.show import echo, echo_json, echo_table

if TYPE_CHECKING:
    from mainspring.plugin import PluginInfo, Plugins


@click.group
def plugins() -> None:
    """Show the installed plugins and what they register."""


@plugins.command("list")
@json_option
@limit_option(None, "plugins")
def list_plugins(*, as_json: bool, limit: int | None) -> None:
    """List the installed plugins, those that failed and those that are blocked among them.

    \b
    Examples:
      mainspring plugins list
      MAINSPRING_PLUGINS=-spark mainspring plugins list --json
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.plugin import load_plugins

    with silenced_warnings():
        found = load_plugins()
    shown = list(found.infos.values())[:limit]
    if as_json:
        echo_json([_document(info, found) for info in shown])
        return
    echo_table(
        ("NAME", "VERSION", "DISTRIBUTION", "STATUS", "REGISTERS"),
        [(info.name, info.version, info.distribution, info.status, _registered(info)) for info in shown],
    )
    for info in shown:
        if info.error:
            echo(f"{info.name}: {info.error}")
    for sentence in found.conflicts():
        warn(sentence)


def _registered(info: PluginInfo) -> str:
    return "; ".join(f"{kind} {', '.join(names)}" for kind, names in info.registers.items())


def _document(info: PluginInfo, found: Plugins) -> dict[str, Any]:
    return {
        "name": info.name,
        "version": info.version,
        "distribution": info.distribution,
        "status": info.status,
        "registers": {kind: list(names) for kind, names in info.registers.items()},
        "conflicts": [
            {"kind": kind, "name": name, "plugin": other.name}
            for kind, names in info.registers.items()
            for name in names
            for other in found.infos.values()
            if other.name != info.name and name in other.registers.get(kind, ())
        ],
        "error": info.error,
    }
