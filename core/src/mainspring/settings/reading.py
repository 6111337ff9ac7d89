"""Reading settings out of tables; every place at which something is wrong is told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mainspring.errors import ConfigError, shorten
from mainspring.settings import values as read
from mainspring.settings.model import (
    DEFAULT_STORAGE,
    Component,
    LimitSettings,
    ModeSettings,
    MonitorSettings,
    QueueSettings,
    RetentionSettings,
    Settings,
)


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


def _settings(path: Path | None, table: Mapping[str, Any], problems: list[tuple[str, str]]) -> Settings:
    top = read.known_keys(table, ("instance", "mode", "location"), "", problems)
    known = ("storage", "logs", "launcher", "mode", "queue", "retention", "monitor", "pools")
    instance = read.known_keys(read.table(top.get("instance", {}), "instance", problems), known, "instance", problems)
    modes = {
        name: _mode(read.table(value, f"mode.{name}", problems), f"mode.{name}", problems)
        for name, value in read.table(top.get("mode", {}), "mode", problems).items()
    }
    storage = read.text(instance["storage"], "instance.storage", problems) if "storage" in instance else DEFAULT_STORAGE
    logs = _component(instance["logs"], "instance.logs", problems) if "logs" in instance else None
    launcher = _component(instance["launcher"], "instance.launcher", problems) if "launcher" in instance else None
    mode = read.text(instance["mode"], "instance.mode", problems) if "mode" in instance else None
    pools = _pools(read.table(instance.get("pools", {}), "instance.pools", problems), "instance.pools", problems)
    locations = read.tables(top.get("location", []), "location", problems)
    queue = _queue(read.table(instance.get("queue", {}), "instance.queue", problems), problems)
    retention = _retention(read.table(instance.get("retention", {}), "instance.retention", problems), problems)
    monitor = _monitor(read.table(instance.get("monitor", {}), "instance.monitor", problems), problems)
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
    known = read.known_keys(table, ("max_concurrent_runs", "limits"), place, problems)
    most = known.get("max_concurrent_runs")
    limits = read.tables(known.get("limits", []), f"{place}.limits", problems)
    return QueueSettings(
        None if most is None else read.whole_number(most, f"{place}.max_concurrent_runs", 1, problems),
        tuple(_limit(each, f"{place}.limits[{index}]", problems) for index, each in enumerate(limits)),
    )


def _limit(table: Mapping[str, Any], place: str, problems: list[tuple[str, str]]) -> LimitSettings:
    known = read.known_keys(table, ("tag", "value", "per_value", "limit"), place, problems)
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
        read.text(known.get("tag", "-"), f"{place}.tag", problems),
        read.whole_number(known.get("limit", 1), f"{place}.limit", 0, problems),
        read.text(known["value"], f"{place}.value", problems) if "value" in known else None,
        per_value is True,
    )


def _retention(table: Mapping[str, Any], problems: list[tuple[str, str]]) -> RetentionSettings:
    place = "instance.retention"
    known = read.known_keys(table, ("runs", "failed_runs", "ticks", "skipped_ticks"), place, problems)
    ages = {name: read.an_age(value, f"{place}.{name}", problems) for name, value in known.items()}
    return RetentionSettings(**{"failed_runs": ages.get("runs"), **ages})


def _monitor(table: Mapping[str, Any], problems: list[tuple[str, str]]) -> MonitorSettings:
    place = "instance.monitor"
    known = read.known_keys(table, ("start_timeout", "cancel_timeout", "lost_after", "check_every"), place, problems)
    fields = {f"{key}_seconds": read.seconds(value, f"{place}.{key}", problems) for key, value in known.items()}
    return MonitorSettings(**fields)


def _mode(table: Mapping[str, Any], place: str, problems: list[tuple[str, str]]) -> ModeSettings:
    known = read.known_keys(table, ("executor", "resources"), place, problems)
    executor = known.get("executor")
    resources = read.table(known.get("resources", {}), f"{place}.resources", problems)
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
    return {name: read.whole_number(value, f"{place}.{name}", 1, problems) for name, value in table.items()}


def _component(value: Any, place: str, problems: list[tuple[str, str]]) -> Component:
    table = dict(read.table(value, place, problems))
    use = table.pop("use", None)
    if not isinstance(use, str) or not use:
        problems.append((place, 'it needs use = "…", the name under which a plugin registers it'))
        return Component("")
    return Component(use, table)
