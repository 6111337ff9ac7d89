"""Settings: what `mainspring.toml`, or `[tool.mainspring]` in a pyproject.toml, says of an instance."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from mainspring.environment import env_reference
from mainspring.errors import ConfigError, shorten, suggest

FILE_NAME = "mainspring.toml"
DEFAULT_STORAGE = "sqlite:///mainspring.db"


@frozen
class Component:
    """Something that a plugin registers, by its name, and the fields to build it with."""

    use: str
    fields: Mapping[str, Any] = field(factory=dict)


@frozen
class ModeSettings:
    """What a deployment puts in place of parts of a mode."""

    executor: Component | None = None
    resources: Mapping[str, Component] = field(factory=dict)


@frozen
class Settings:
    """An instance's settings.

    Attributes:
        path: The file that they come from, if any.
        storage: The database's URL.
        logs: What keeps what steps print; files in the home unless given.
        pools: How many steps of each pool run at a time, over all runs; a pool that is not named has no limit.
        launcher: What starts the workers of runs; the local launcher unless given.
        mode: The mode of automations that name none.
        modes: Overrides by mode.
        locations: The code locations' tables, as they stand there.
    """

    path: Path | None = None
    storage: str = DEFAULT_STORAGE
    logs: Component | None = None
    mode: str | None = None
    modes: Mapping[str, ModeSettings] = field(factory=dict)
    locations: tuple[Mapping[str, Any], ...] = ()
    launcher: Component | None = None
    pools: Mapping[str, int] = field(factory=dict)


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


def settings_of(table: Mapping[str, Any], path: Path | None = None) -> Settings:
    """Return what a table of settings says.

    Raises:
        ConfigError: Something in it is unknown or of the wrong type; every place is named.
    """
    problems: list[tuple[str, str]] = []
    settings = _settings(path, table, problems)
    if problems:
        raise ConfigError("the settings" if path is None else str(path), problems)
    return settings


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


def _settings(path: Path | None, table: Mapping[str, Any], problems: list[tuple[str, str]]) -> Settings:
    top = _take(table, ("instance", "mode", "location"), "", problems)
    known = ("storage", "logs", "launcher", "mode", "pools")
    instance = _take(_table(top.get("instance", {}), "instance", problems), known, "instance", problems)
    modes = {
        name: _mode(_table(value, f"mode.{name}", problems), f"mode.{name}", problems)
        for name, value in _table(top.get("mode", {}), "mode", problems).items()
    }
    storage = _text(instance["storage"], "instance.storage", problems) if "storage" in instance else DEFAULT_STORAGE
    logs = _component(instance["logs"], "instance.logs", problems) if "logs" in instance else None
    launcher = _component(instance["launcher"], "instance.launcher", problems) if "launcher" in instance else None
    mode = _text(instance["mode"], "instance.mode", problems) if "mode" in instance else None
    pools = _pools(_table(instance.get("pools", {}), "instance.pools", problems), "instance.pools", problems)
    locations = _tables(top.get("location", []), "location", problems)
    return Settings(path, storage, logs, mode, modes, locations, launcher, pools)


def _mode(table: Mapping[str, Any], place: str, problems: list[tuple[str, str]]) -> ModeSettings:
    known = _take(table, ("executor", "resources"), place, problems)
    executor = known.get("executor")
    resources = _table(known.get("resources", {}), f"{place}.resources", problems)
    return ModeSettings(
        None if executor is None else _component(executor, f"{place}.executor", problems),
        {name: _component(value, f"{place}.resources.{name}", problems) for name, value in resources.items()},
    )


def _pools(table: Mapping[str, Any], place: str, problems: list[tuple[str, str]]) -> Mapping[str, int]:
    problems.extend(
        (place, f"no op can name a pool {shorten(repr(name))}; use letters, digits and underscores")
        for name in table
        if not name.isidentifier()
    )
    return {name: _count(value, f"{place}.{name}", problems) for name, value in table.items()}


def _count(value: Any, place: str, problems: list[tuple[str, str]]) -> int:
    if env_reference(value) is not None:
        text = _text(value, place, problems)
        value = int(text) if text.isdecimal() else text
        if text == "":
            return 1  # what is wrong is said already
    if type(value) is int and value >= 1:
        return value
    problems.append((place, f"expected a whole number, 1 or more, got {shorten(repr(value))}"))
    return 1


def _component(value: Any, place: str, problems: list[tuple[str, str]]) -> Component:
    table = dict(_table(value, place, problems))
    use = table.pop("use", None)
    if not isinstance(use, str) or not use:
        problems.append((place, 'it needs use = "…", the name under which a plugin registers it'))
        return Component("")
    return Component(use, table)


def _take(
    table: Mapping[str, Any], known: tuple[str, ...], place: str, problems: list[tuple[str, str]]
) -> Mapping[str, Any]:
    problems.extend(
        (place, f"unknown key {shorten(repr(key))}; {suggest(key, known)}") for key in table if key not in known
    )
    return {key: value for key, value in table.items() if key in known}


def _table(value: Any, place: str, problems: list[tuple[str, str]]) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    problems.append((place, f"expected a table, got {type(value).__name__}"))
    return {}


def _tables(value: Any, place: str, problems: list[tuple[str, str]]) -> tuple[Mapping[str, Any], ...]:
    if isinstance(value, list):
        return tuple(_table(each, f"{place}[{index}]", problems) for index, each in enumerate(value))
    problems.append((place, f"expected tables, [[{place}]], got {type(value).__name__}"))
    return ()


def _text(value: Any, place: str, problems: list[tuple[str, str]]) -> str:
    reference = env_reference(value)
    if reference is not None:
        try:
            value = str(reference.read())
        except ConfigError as error:
            problems.append((place, error.problems[0][1]))
            return ""
    if isinstance(value, str) and value:
        return value
    got = "an empty one" if value == "" else type(value).__name__
    problems.append((place, f"expected text, got {got}"))
    return ""
