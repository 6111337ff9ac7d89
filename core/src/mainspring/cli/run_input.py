"""What a run is given on the command line: its config, as JSON or TOML, in place or in a file."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from mainspring.cli.options import checked_text
from mainspring.errors import ConfigError, shorten
from mainspring.execute import RunOptions


def read_options(
    configs: Sequence[str],
    selection: Sequence[str],
    tags: Mapping[str, str],
    partition: str | None,
    run_key: str | None,
    priority: int = 0,
) -> RunOptions:
    """Return what the options of a command say that a run is given.

    Raises:
        ConfigError: A config cannot be read.
        click.UsageError: A text is not UTF-8.
    """
    return RunOptions(
        config=read_config([checked_text(each, "--config") or "" for each in configs]) if configs else None,
        selection=selection or None,
        tags=tags,
        partition_key=checked_text(partition, "--partition"),
        run_key=checked_text(run_key, "--run-key"),
        priority=priority,
    )


def read_config(given: Sequence[str]) -> dict[str, Any]:
    """Return the config that several texts, or the files that `@FILE` names, add up to; a later one wins.

    JSON is known by its brace, or by the file's name; all else is TOML.

    Raises:
        ConfigError: A file cannot be read, or something is not JSON or TOML.
    """
    config: dict[str, Any] = {}
    for each in given:
        config = _merge(config, _read(each))
    return config


def _merge(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> dict[str, Any]:
    """Return what both say, table by table; where they differ, what the later one says."""
    merged = {**earlier, **later}
    for key in earlier.keys() & later.keys():
        if isinstance(earlier[key], dict) and isinstance(later[key], dict):
            merged[key] = _merge(earlier[key], later[key])
    return merged


def _read(given: str) -> dict[str, Any]:
    if not given.startswith("@"):
        return _parse(given, "--config", is_json=given.lstrip().startswith(("{", "[")))
    name = given[1:]
    path = Path(name).expanduser()
    subject = f"config file {shorten(name)}"
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        _refuse(subject, f"it cannot be read: {error.strerror}", error)
    except UnicodeDecodeError as error:
        _refuse(subject, f"it is not UTF-8 text: {error.reason} at byte {error.start}", error)
    is_json = path.suffix.lower() == ".json" or (path.suffix.lower() != ".toml" and text.lstrip().startswith("{"))
    return _parse(text, subject, is_json=is_json)


def _parse(text: str, subject: str, *, is_json: bool) -> dict[str, Any]:
    try:
        found = json.loads(text, parse_constant=_no_constant) if is_json else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        said = str(error) or type(error).__name__
        _refuse(subject, f"it is not {'JSON' if is_json else 'TOML'}: {said}", error)
    if not isinstance(found, dict):
        _refuse(subject, f'expected an object such as {{"ops": …}}, got a {type(found).__name__}', None)
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


def _refuse(subject: str, problem: str, cause: BaseException | None) -> NoReturn:
    raise ConfigError(subject, [("", problem)]) from cause
