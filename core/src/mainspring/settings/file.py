"""The file that settings stand in: where it is found, and how it is read."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from mainspring.errors import ConfigError
from mainspring.settings.model import Settings
from mainspring.settings.reading import settings_of

FILE_NAME = "mainspring.toml"


def find_settings(folder: Path) -> Path | None:
    """Return the nearest settings file from a folder upwards, or None."""
    return next((found for each in (folder, *folder.parents) if (found := settings_in(each)) is not None), None)


def settings_in(folder: Path) -> Path | None:
    """Return a folder's settings file, or None."""
    own = folder / FILE_NAME
    if own.is_file():
        return own
    project = folder / "pyproject.toml"
    return project if project.is_file() and _tool_table(project) is not None else None


def read_settings(path: Path) -> Settings:
    """Read a settings file.

    Raises:
        ConfigError: It cannot be read, or something in it is unknown or of the wrong type; every place is named.
    """
    table = _tool_table(path) if path.name == "pyproject.toml" else _read_toml(path)
    return settings_of(table or {}, path)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise ConfigError(str(path), [("", f"it cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), [("", f"it is not UTF-8 text: {error.reason} at byte {error.start}")]) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(path), [("", f"it is not TOML: {error}")]) from error
    except RecursionError as error:
        raise ConfigError(str(path), [("", "it is nested too deeply")]) from error


def _tool_table(path: Path) -> dict[str, Any] | None:
    found = _read_toml(path).get("tool", {})
    table = found.get("mainspring") if isinstance(found, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigError(str(path), [("tool.mainspring", f"expected a table, got {type(table).__name__}")])
    return table
