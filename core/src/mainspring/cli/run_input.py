"""What a run is given on the command line: its config, as JSON or TOML, in place or in a file."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, NoReturn

from mainspring.errors import ConfigError, shorten


def read_config(given: str | None) -> dict[str, Any]:
    """Return a config from text, or from the file that `@FILE` names.

    JSON is known by its brace, or by the file's name; all else is TOML.

    Raises:
        ConfigError: The file cannot be read, or it is not JSON or TOML.
    """
    if given is None:
        return {}
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
