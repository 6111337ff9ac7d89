"""Automations as recorded: where each stands, the ticks that were decided, and what one decision changes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from attrs import evolve, field, frozen

from mainspring.run import Run

SHOWN = 100
"""How many runs and run keys a tick names; it counts them all."""


class TickStatus(StrEnum):
    """What came of a tick."""

    REQUESTED = "REQUESTED"
    SKIPPED = "SKIPPED"
    FAILED = "FAILED"
    MISSED = "MISSED"
    OVERLAP = "OVERLAP"


@frozen(kw_only=True)
class AutomationState:
    """Where a schedule or a sensor stands; its cursor is read by itself, as it may be long.

    Attributes:
        location: Its code location.
        name: Its name.
        kind: `schedule` or `sensor`.
        switch: `running` or `stopped`, if somebody has switched it; else its definition says.
        version: How often this was changed; whoever changes it names the version that it has read.
        mark: Of a schedule, the time up to which all is decided; of a sensor, when it was last evaluated. Seconds since the
            epoch.
        timing: Of a schedule, when it was due when it was last looked at, as JSON text; whoever finds another one moves the
            mark, so that no time of the past is decided by new rules. None where it was not offered. Likewise of a sensor
            that follows the log, what it followed.
        timed_at: Of a schedule, since when it is due so, seconds since the epoch: of each due time since then, up to the mark,
            there is a record.
        backlog: Stretches of missed times that are to run yet: after the first of each up to the second.
        turn: The runs of the last one of these; the next one waits for their end.
        not_before: Until when it is left alone after it failed, seconds since the epoch.
        failures: How often it failed in a row.
        last_run_key: The run key that it asked for last.
        last_tick_id: The tick that was decided last.
        last_skip: What the last tick skipped for, if it did, as a hash; the next skip is counted with it where it is the same.
        outbox: How many parts of what it asked for are to be queued yet.
        updated_at: When this was changed, seconds since the epoch.
    """

    location: str
    name: str
    kind: str
    switch: str | None = None
    version: int = 0
    mark: float | None = None
    timing: str | None = None
    timed_at: float | None = None
    backlog: tuple[tuple[float, float], ...] = ()
    turn: tuple[str, ...] = ()
    not_before: float | None = None
    failures: int = 0
    last_run_key: str | None = None
    last_tick_id: int | None = None
    last_skip: str | None = None
    outbox: int = 0
    updated_at: float = 0.0

    @property
    def key(self) -> tuple[str, str]:
        """Its location and its name."""
        return self.location, self.name


@frozen(kw_only=True)
class Tick:
    """A decision.

    Attributes:
        location: The automation's code location.
        automation: The automation.
        kind: `schedule` or `sensor`.
        status: What came of it.
        scheduled_time: Of a schedule, the time that is decided, or the last one of a stretch of times.
        since: The first of a stretch of times.
        count: How many times, or how many evaluations in a row that came to the same.
        attempts: How many evaluations it took.
        first_at: When it was decided first, seconds since the epoch.
        last_at: When it was decided last.
        requested: How many runs it has asked for.
        dropped: How many requests were dropped because their run key had been asked for before.
        reason: Why nothing was asked for, in a sentence.
        detail: What else is known: `error`, `logs`, `run_ids` (the first hundred), `dropped_run_keys` (the first hundred), `failures` of earlier attempts, `cursor` after it (where it is short), `caught_up`.
        tick_id: Its place; None before it is stored.
    """

    location: str
    automation: str
    kind: str
    status: TickStatus
    scheduled_time: float | None = None
    since: float | None = None
    count: int = 1
    attempts: int = 1
    first_at: float = 0.0
    last_at: float = 0.0
    requested: int = 0
    dropped: int = 0
    reason: str | None = None
    detail: Mapping[str, Any] = field(factory=dict)
    tick_id: int | None = None


@frozen(kw_only=True)
class Decision:
    """What one tick, or one change that is no tick, makes of an automation: all of it, or nothing.

    Attributes:
        state: What it becomes. Its version is the one that was read; if that is not the stored one, nothing happens.
        ticks: What is recorded, the last one last. One with a `tick_id` is the last one once more: it is counted. One of a
            time whose tick has failed takes that one's place; one of a time that is decided already changes nothing, and
            neither do the runs that come with it.
        runs: What the last tick asks for: runs to be queued, in their order. Those whose run key is in the ledger are dropped.
            If they are many, they are kept as an outbox first, which `expand` works off.
        cursor: The new cursor, where `moves_cursor`.
        moves_cursor: Whether the cursor changes.
    """

    state: AutomationState
    ticks: tuple[Tick, ...] = ()
    runs: tuple[Run, ...] = ()
    cursor: str | None = None
    moves_cursor: bool = False


@frozen(kw_only=True)
class Committed:
    """What came of a decision.

    Attributes:
        state: The automation as it now stands; None where somebody else had changed it, and nothing happened.
        tick: The last tick, if there was one.
        runs: The runs that were queued with it.
    """

    state: AutomationState | None
    tick: Tick | None = None
    runs: tuple[Run, ...] = ()


@frozen(kw_only=True)
class TickQuery:
    """Which ticks to list, the newest first.

    Attributes:
        location: Of this location.
        automation: Of this automation.
        statuses: In one of these statuses; any if empty.
        before: Older than the tick of this id.
        limit: At most so many.
    """

    location: str
    automation: str
    statuses: tuple[TickStatus, ...] = ()
    before: int | None = None
    limit: int = 100


@frozen
class RunKey:
    """A key in the ledger.

    Attributes:
        job_name: The job that was asked for.
        run_key: The key.
        run_id: The run that came of it.
        created_at: When, seconds since the epoch.
    """

    job_name: str
    run_key: str
    run_id: str
    created_at: float


def replaced(failed: Tick, tick: Tick) -> Tick:
    """Return a tick that takes the place of a failed one of the same time, with what is known of that one's attempts."""
    failures = [*failed.detail.get("failures", ()), {"at": failed.last_at, "error": failed.detail.get("error")}]
    return evolve(
        tick,
        tick_id=failed.tick_id,
        first_at=failed.first_at,
        attempts=failed.attempts + 1,
        detail={**tick.detail, "failures": failures},
    )


def with_requests(tick: Tick, queued: Sequence[Run], repeated: Sequence[str]) -> Tick:
    """Return a tick with what came of more of its requests.

    Args:
        tick: The tick.
        queued: The runs that were queued.
        repeated: Run keys that were asked for again.
    """
    detail = dict(tick.detail)
    for name, more in (("run_ids", [run.run_id for run in queued]), ("dropped_run_keys", repeated)):
        shown = [*detail.get(name, ()), *more][:SHOWN]
        if shown:
            detail[name] = shown
    return evolve(tick, requested=tick.requested + len(queued), dropped=tick.dropped + len(repeated), detail=detail)


def digest_of(run_key: str) -> str:
    """Return what stands for a run key in an index, whatever its length."""
    return hashlib.blake2b(run_key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
