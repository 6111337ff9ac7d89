"""`mainspring instance`: what an instance is made of, what was done there, and how its storage is looked after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mainspring.cli.complaint import silenced_warnings
from mainspring.cli.instance_audit import audit
from mainspring.cli.instance_prune import prune
from mainspring.cli.options import home_option, json_option
from mainspring.cli.show import echo, echo_facts, echo_json

if TYPE_CHECKING:
    from mainspring.storage.summary import StorageSummary


@click.group
def instance() -> None:
    """Show an instance and what was done there, bring its storage up to date, delete what is too old."""


instance.add_command(audit)
instance.add_command(prune)


@instance.command
@home_option
@json_option
def info(*, home: str | None, as_json: bool) -> None:
    """Show where an instance lives, what its storage holds and which plugins it uses; changes nothing.

    \b
    Examples:
      mainspring instance info
      mainspring instance info --home ~/pipelines --json
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli.home import located
    from mainspring.storage.summary import summarize_storage

    folder, settings = located(home)
    document = {
        "home": str(folder),
        "settings_file": None if settings.path is None else str(settings.path),
        "mode": settings.mode,
        **_storage_document(summarize_storage(settings.storage, folder)),
        "versions": _versions(),
        "plugins": _plugins(),
    }
    if as_json:
        echo_json(document)
    else:
        _echo_info(document)


@instance.command
@home_option
@json_option
def migrate(*, home: str | None, as_json: bool) -> None:
    """Bring an instance's storage to the schema of this version, making it where there is none.

    Running it again changes nothing. Back up the database before you migrate one that matters.

    \b
    Examples:
      mainspring instance migrate
      mainspring instance migrate --home ~/pipelines
    """  # noqa: D301 - click's mark is a backspace
    from mainspring.cli.home import made
    from mainspring.storage import migrate_storage

    folder, settings = made(home)
    before, after = migrate_storage(settings.storage, folder)
    if as_json:
        echo_json({"home": str(folder), "from": before, "to": after, "changed": before != after})
    elif before == after:
        echo(f"the storage of {folder} has schema version {after} already; nothing was changed")
    elif before == 0:
        echo(f"made the storage of {folder} with schema version {after}")
    else:
        echo(f"migrated the storage of {folder} from schema version {before} to {after}")


def _storage_document(summary: StorageSummary) -> dict[str, Any]:
    return {
        "storage": summary.description,
        "schema_version": summary.schema_version,
        "schema_version_of_code": summary.code_version,
        "schema": _schema_state(summary),
        "counts": {
            "runs": sum(summary.runs.values()),
            "runs_by_status": dict(summary.runs),
            "events": summary.events,
            "assets": summary.assets,
        },
    }


def _schema_state(summary: StorageSummary) -> str:
    if summary.schema_version is None:
        return "absent; the first run makes it"
    if summary.schema_version < summary.code_version:
        return "outdated; back it up and run `mainspring instance migrate`"
    if summary.schema_version > summary.code_version:
        return "newer than this Mainspring; upgrade Mainspring"
    return "current"


def _versions() -> dict[str, str]:
    import platform
    import sqlite3
    from importlib.metadata import version

    names = ("mainspring", "sqlalchemy", "pluggy")
    return {
        **{name: version(name) for name in names},
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def _plugins() -> list[dict[str, Any]]:
    from mainspring.plugin import load_plugins

    with silenced_warnings():
        infos = load_plugins().infos.values()
    return [{"name": each.name, "version": each.version, "status": each.status, "error": each.error} for each in infos]


def _echo_info(document: dict[str, Any]) -> None:
    counts = document["counts"]
    statuses = ", ".join(f"{number:,} {status}" for status, number in counts["runs_by_status"].items())
    version = document["schema_version"]
    echo_facts(
        {
            "home": document["home"],
            "settings": document["settings_file"] or "none; all is as it comes",
            "mode": document["mode"],
            "storage": document["storage"],
            "schema": document["schema"] if version is None else f"version {version}, {document['schema']}",
            "runs": f"{counts['runs']:,}" + (f" ({statuses})" if statuses else ""),
            "events": f"{counts['events']:,}",
            "assets": f"{counts['assets']:,}",
            "versions": ", ".join(f"{name} {version}" for name, version in document["versions"].items()),
            "plugins": ", ".join(
                f"{each['name']} {each['version']}".strip()
                + (f" ({each['status']})" if each["status"] != "loaded" else "")
                for each in document["plugins"]
            ),
        }
    )
