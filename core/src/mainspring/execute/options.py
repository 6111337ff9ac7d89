"""What a run is given, and the run that is made of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from attrs import evolve, field, frozen

from mainspring.definition.names import checked_tags, is_storable
from mainspring.environment import without_values
from mainspring.errors import ConfigError, shorten
from mainspring.run import Run, RunStatus, WorkerIdentity
from mainspring.run.ids import run_id as make_run_id


@frozen(kw_only=True)
class RunOptions:
    """What a run is given besides its job and mode.

    Attributes:
        config: The run's config, as plain data; None for none, or for the parent's.
        selection: Which steps to run; None for all.
        tags: Tags besides the job's.
        run_key: The key under which it was asked for.
        scheduled_time: When it was due; aware.
        partition_key: Its partition.
        parent_run_id: The run that it executes again, if any.
        priority: Of the runs that wait, those of a higher priority start first.
    """

    config: Mapping[str, Any] | None = None
    selection: str | Sequence[str] | None = None
    tags: Mapping[str, str] = field(factory=dict)
    run_key: str | None = None
    scheduled_time: datetime | None = None
    partition_key: str | None = None
    parent_run_id: str | None = None
    priority: int = 0

    def of_parent(self, parent: Run) -> RunOptions:
        """Return them with what the run that is executed again had, where nothing else is given."""
        due = parent.scheduled_time
        return evolve(
            self,
            config=parent.config if self.config is None else self.config,
            partition_key=parent.partition_key if self.partition_key is None else self.partition_key,
            scheduled_time=self.scheduled_time or (None if due is None else datetime.fromtimestamp(due, UTC)),
        )


class NamedJob(Protocol):
    """What a run takes from its job."""

    @property
    def name(self) -> str: ...
    @property
    def tags(self) -> Mapping[str, str]: ...


def make_run(
    job: NamedJob,
    mode: str,
    options: RunOptions,
    now: float,
    worker: WorkerIdentity | None,
    randomness: Callable[[int], bytes] = os.urandom,
) -> Run:
    """Return a new run that begins now.

    Raises:
        ConfigError: The config cannot be kept, or a time has no zone.
        DefinitionError: A tag is not text.
    """
    selection = (options.selection,) if isinstance(options.selection, str) else options.selection
    return Run(
        run_id=make_run_id(now, randomness(10)),
        job_name=job.name,
        mode=mode,
        status=RunStatus.STARTED,
        config=_storable(job, options.config or {}),
        tags={**job.tags, **checked_tags("the run", dict(options.tags))},
        selection=None if selection is None else tuple(selection),
        run_key=_text("run_key", options.run_key),
        scheduled_time=_seconds(options.scheduled_time),
        partition_key=_text("partition_key", options.partition_key),
        parent_run_id=options.parent_run_id,
        priority=options.priority,
        created_at=now,
        started_at=now,
        worker=worker,
    )


def _storable(job: NamedJob, config: Mapping[str, Any]) -> Any:
    """Return config as plain data; instances of config classes are taken apart."""
    if not config:
        return {}
    import json

    from mainspring.serde import make_converter

    plain = make_converter().unstructure(without_values(dict(config)))
    try:
        json.dumps(plain)
    except (TypeError, ValueError) as error:
        problem = f"it cannot be kept as JSON ({error}); use text, numbers, booleans, None, lists and dicts"
        raise ConfigError(f"the config of job {job.name!r}", [("", problem)]) from None
    return plain


def _text(name: str, value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ConfigError("the run", [("", f"{name} must be text, not {type(value).__name__}; write str(value)")])
    if not is_storable(value):
        problem = f"{name} {shorten(repr(value))} holds NUL characters or lone surrogates, which no database keeps"
        raise ConfigError("the run", [("", problem)])
    return value


def _seconds(moment: datetime | None) -> float | None:
    if moment is None:
        return None
    if not isinstance(moment, datetime):
        problem = f"scheduled_time must be an aware datetime, not {type(moment).__name__}"
        raise ConfigError("the run", [("", problem)])
    if moment.tzinfo is None:
        problem = f"scheduled_time {moment.isoformat()} has no time zone; add one, as in moment.replace(tzinfo=UTC)"
        raise ConfigError("the run", [("", problem)])
    return moment.timestamp()
