"""What can be set of an instance, with what holds where nothing is set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

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
