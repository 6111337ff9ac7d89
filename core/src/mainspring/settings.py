"""Settings: what `mainspring.toml`, or `[tool.mainspring]` in a pyproject.toml, says of an instance."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from mainspring.environment import env_reference
from mainspring.errors import ConfigError, shorten, suggest
from mainspring.text import seconds_of

FILE_NAME = "mainspring.toml"
DEFAULT_STORAGE = "sqlite:///mainspring.db"
FOREVER = "forever"

SHORTEST_SECONDS = 0.05
LONGEST_SECONDS = 366 * 86_400.0
"""How short and how long a time can be that is set here: whoever gives more than a year means another unit."""


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
class LimitSettings:
    """How many runs with a tag may be under way at a time."""

    tag: str
    limit: int
    value: str | None = None
    per_value: bool = False


@frozen
class QueueSettings:
    """How many runs may be under way at a time.

    Attributes:
        max_concurrent_runs: In all; as many as the queue's own default unless given.
        limits: Of those with certain tags.
    """

    max_concurrent_runs: int | None = None
    limits: tuple[LimitSettings, ...] = ()


@frozen
class RetentionSettings:
    """How long what was recorded is kept, in seconds; None is for ever.

    Attributes:
        runs: Runs that succeeded or were canceled, after their end.
        failed_runs: Runs that failed.
        ticks: Ticks of any kind, after their last change.
        skipped_ticks: Ticks of sensors that asked for nothing: nearly all there are, and the least that one can learn from.
    """

    runs: float | None = None
    failed_runs: float | None = None
    ticks: float | None = None
    skipped_ticks: float | None = 7 * 86400.0


@frozen
class MonitorSettings:
    """How the daemon watches runs that are under way; limits are counted from when it has first seen a run so.

    Attributes:
        start_timeout_seconds: How long a run may be starting until it has failed.
        cancel_timeout_seconds: How long a worker that was asked to end may take until its run is canceled all the same.
        lost_after_seconds: For how long it may not be known how a worker does until its run has failed; None for any time.
        check_every_seconds: How often workers are asked after.
    """

    start_timeout_seconds: float = 600.0
    cancel_timeout_seconds: float = 180.0
    lost_after_seconds: float | None = None
    check_every_seconds: float = 1.0


@frozen
class Settings:
    """An instance's settings.

    Attributes:
        path: The file that they come from, if any.
        storage: The database's URL.
        logs: What keeps what steps print; files in the home unless given.
        pools: How many steps of each pool run at a time, over all runs; a pool that is not named has no limit.
        launcher: What starts the workers of runs; the local launcher unless given.
        retention: How long what was recorded is kept.
        monitor: How the daemon watches runs.
        mode: The mode of automations that name none.
        modes: Overrides by mode.
        locations: The code locations' tables, as they stand there.
        queue: How many runs may be under way.
    """

    path: Path | None = None
    storage: str = DEFAULT_STORAGE
    logs: Component | None = None
    mode: str | None = None
    modes: Mapping[str, ModeSettings] = field(factory=dict)
    locations: tuple[Mapping[str, Any], ...] = ()
    launcher: Component | None = None
    queue: QueueSettings = QueueSettings()
    retention: RetentionSettings = RetentionSettings()
    monitor: MonitorSettings = MonitorSettings()
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
    known = ("storage", "logs", "launcher", "mode", "queue", "retention", "monitor", "pools")
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
    queue = _queue(_table(instance.get("queue", {}), "instance.queue", problems), problems)
    retention = _retention(_table(instance.get("retention", {}), "instance.retention", problems), problems)
    monitor = _monitor(_table(instance.get("monitor", {}), "instance.monitor", problems), problems)
    return Settings(
        path,
        storage,
        logs,
        mode,
        modes,
        locations,
        launcher,
        queue=queue,
        retention=retention,
        monitor=monitor,
        pools=pools,
    )


def _queue(table: Mapping[str, Any], problems: list[tuple[str, str]]) -> QueueSettings:
    place = "instance.queue"
    known = _take(table, ("max_concurrent_runs", "limits"), place, problems)
    most = known.get("max_concurrent_runs")
    limits = _tables(known.get("limits", []), f"{place}.limits", problems)
    return QueueSettings(
        None if most is None else _whole(most, f"{place}.max_concurrent_runs", 1, problems),
        tuple(_limit(each, f"{place}.limits[{index}]", problems) for index, each in enumerate(limits)),
    )


def _limit(table: Mapping[str, Any], place: str, problems: list[tuple[str, str]]) -> LimitSettings:
    known = _take(table, ("tag", "value", "per_value", "limit"), place, problems)
    problems.extend(
        (place, f'it has no {name}; write {{ tag = "team", value = "data", limit = 2 }}')
        for name in ("tag", "limit")
        if name not in known
    )
    per_value = known.get("per_value", False)
    if not isinstance(per_value, bool):
        problems.append((f"{place}.per_value", f"expected true or false, got {type(per_value).__name__}"))
    if per_value is True and "value" in known:
        problems.append((place, "it has both value and per_value; give one of them"))
    return LimitSettings(
        _text(known.get("tag", "-"), f"{place}.tag", problems),
        _whole(known.get("limit", 1), f"{place}.limit", 0, problems),
        _text(known["value"], f"{place}.value", problems) if "value" in known else None,
        per_value is True,
    )


def _retention(table: Mapping[str, Any], problems: list[tuple[str, str]]) -> RetentionSettings:
    place = "instance.retention"
    known = _take(table, ("runs", "failed_runs", "ticks", "skipped_ticks"), place, problems)
    ages = {name: _age(value, f"{place}.{name}", problems) for name, value in known.items()}
    return RetentionSettings(**{"failed_runs": ages.get("runs"), **ages})


def _age(value: Any, place: str, problems: list[tuple[str, str]]) -> float | None:
    """Return how long something is kept, None for ever."""
    text = str(value) if type(value) in (int, float) else _text(value, place, problems)
    if text in ("", FOREVER):
        return None
    try:
        seconds = seconds_of(text)
    except ValueError as error:
        problems.append((place, f"{error}, or {FOREVER!r}"))
        return None
    if seconds == 0:
        problems.append((place, f"0 would keep nothing; write how long, as in 90d, or {FOREVER!r}"))
    return seconds


def _monitor(table: Mapping[str, Any], problems: list[tuple[str, str]]) -> MonitorSettings:
    place = "instance.monitor"
    known = _take(table, ("start_timeout", "cancel_timeout", "lost_after", "check_every"), place, problems)
    fields = {f"{key}_seconds": _seconds(value, f"{place}.{key}", problems) for key, value in known.items()}
    return MonitorSettings(**fields)


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
    return {name: _whole(value, f"{place}.{name}", 1, problems) for name, value in table.items()}


def _whole(value: Any, place: str, least: int, problems: list[tuple[str, str]]) -> int:
    if env_reference(value) is not None:
        text = _text(value, place, problems)
        if text == "":
            return least  # what is wrong is said already
        value = int(text) if text.isdecimal() else text
    if type(value) is int and value >= least:
        return value
    problems.append((place, f"expected a whole number, {least} or more, got {shorten(repr(value))}"))
    return least


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


def _seconds(value: Any, place: str, problems: list[tuple[str, str]]) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if is_number and SHORTEST_SECONDS <= value <= LONGEST_SECONDS:
        return float(value)
    said = f"expected seconds, from {SHORTEST_SECONDS:g} to {LONGEST_SECONDS:.0f}, got {shorten(repr(value))}"
    problems.append((place, said))
    return SHORTEST_SECONDS
