"""The storage port: what every store promises, whatever it keeps its rows in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from attrs import field, frozen

from mainspring.event import Event
from mainspring.run import NO_PLACES, PoolPlace, Run, RunStatus, StepRecord, WorkerIdentity
from mainspring.storage.admission import Admission
from mainspring.storage.audit import AuditEntry, AuditQuery
from mainspring.storage.automation_store import AutomationStore
from mainspring.storage.duty import DutyStore
from mainspring.storage.location import DefinitionQuery, DefinitionRecord, LocationRecord
from mainspring.storage.retention import CHUNK_ROWS, Chunk, ExpiredRuns, ExpiredTicks
from mainspring.storage.run_fact import RunFact
from mainspring.storage.wakeup import Wakeups


@frozen(kw_only=True)
class RunQuery:
    """Which runs to list, the newest first.

    Attributes:
        job_name: Of this job.
        mode: In this mode.
        location: Of this code location.
        automation: That this schedule or sensor has asked for.
        statuses: In one of these statuses; any if empty.
        tags: Bearing all of these tags.
        prefix: Whose id begins so.
        before: Older than the run of this id: where the next page begins.
        limit: At most so many.
    """

    job_name: str | None = None
    mode: str | None = None
    location: str | None = None
    automation: str | None = None
    statuses: tuple[RunStatus, ...] = ()
    tags: Mapping[str, str] = field(factory=dict)
    prefix: str | None = None
    before: str | None = None
    limit: int = 100


class RunStore(Protocol):
    """Keeps the runs' rows."""

    def create(self, run: Run, events: Sequence[Event]) -> None:
        """Insert a run and its first events in one durable transaction.

        Raises:
            TransitionError: A run cannot begin in this status, or there is a run of this id.
        """

    def begin_attempt(self, run_id: str, attempt: int, worker: WorkerIdentity | None, events: Sequence[Event]) -> None:
        """Start the next attempt of a run that has failed or was canceled, in one durable transaction.

        Args:
            run_id: The run.
            attempt: The attempt that is over, which the new one follows.
            worker: The process that will carry it out.
            events: The new attempt's first events.

        Raises:
            SupersededError: The run has a later attempt already, or is gone.
            TransitionError: The attempt is not over.
        """

    def claim(self, run_id: str, attempt: int, worker: WorkerIdentity, events: Sequence[Event]) -> None:
        """Have a worker take charge of an attempt that was queued, in one durable transaction: STARTED, if it still may be.

        Args:
            run_id: The run.
            attempt: The attempt.
            worker: The process that will carry it out.
            events: What it tells with that: `RunStarted`.

        Raises:
            SupersededError: Another worker has it, there is a later attempt, or it is over, canceled or gone.
        """

    def queued(self, limit: int, without: Collection[str] = ()) -> list[Run]:
        """Return the runs that wait to be started: those of a higher priority first, then the older ones.

        Args:
            limit: At most so many.
            without: Code locations whose runs are left out.
        """

    def admit(self, admission: Admission) -> list[Run]:
        """Have the runs that may start now leave the queue, in one durable transaction, and return them: STARTING.

        Args:
            admission: By which rules.
        """

    def set_priority(self, run_id: str, priority: int) -> bool:
        """Give a run that is QUEUED another priority, in one durable transaction; False where it is not, or is gone."""

    def live_of(self, location: str, automation: str) -> list[Run]:
        """Return the runs of an automation that wait or are under way, the oldest first."""

    def oldest_queued(self) -> float | None:
        """Return when the run was made that has waited longest, in seconds since the epoch; None where none waits."""

    def active(self, limit: int | None = None, after: str | None = None) -> list[Run]:
        """Return the runs that are STARTING, STARTED or CANCELING, the oldest first.

        Args:
            limit: At most so many.
            after: Those behind the run of this id: where the next page begins.
        """

    def to_retry(self, limit: int) -> list[Run]:
        """Return the runs that have failed and have attempts left without a person, the oldest first.

        Args:
            limit: At most so many.
        """

    def queue_attempt(self, run_id: str, attempt: int, not_before: float | None, events: Sequence[Event]) -> None:
        """Have the next attempt of a run that has failed or was canceled wait in the queue, in one durable transaction.

        It takes one of the attempts that are left.

        Args:
            run_id: The run.
            attempt: The attempt that is over, which the new one follows.
            not_before: Until when it waits at the least, seconds since the epoch; None for no time.
            events: The new attempt's first events: `RunQueued`.

        Raises:
            SupersededError: The run has a later attempt already, or is gone.
            TransitionError: The attempt is not over, or has succeeded.
        """

    def get(self, run_id: str) -> Run | None:
        """Return a run, or None."""

    def find(self, query: RunQuery) -> list[Run]:
        """Return the runs that fit, the newest first."""


class EventLog(Protocol):
    """Appends events, and changes the rows of runs and steps as the events say, in one transaction."""

    def record(
        self, run_id: str, run_attempt: int, events: Sequence[Event], places: Mapping[str, PoolPlace] = NO_PLACES
    ) -> None:
        """Append events in order; all of them, or none.

        `StepStarted` claims (run, step, attempt), which only one caller ever does; a step's later facts change its row;
        a run's facts change the run's status as the transition table allows. Facts about runs are made durable at once,
        facts about steps with the next commit that is.

        Args:
            run_id: The run.
            run_attempt: The attempt that writes.
            events: What it writes.
            places: The places in pools that steps take up which this claims, by step.

        Raises:
            PoolFullError: All places of a pool are taken.
            SupersededError: The attempt is not, or no longer, in charge of the run or the step.
            TransitionError: The table does not allow the run's change of status.
        """

    def read(
        self,
        run_id: str,
        *,
        after: int = 0,
        step_key: str | None = None,
        kinds: Sequence[str] = (),
        limit: int | None = None,
    ) -> list[Event]:
        """Return a run's events in order, those behind the event of id `after`."""

    def steps(self, run_id: str) -> list[StepRecord]:
        """Return the attempts of a run's steps, in the order in which they were claimed."""

    def places_taken(self, pool: str) -> int:
        """Return how many steps take up a place in a pool: those under way in the attempts of runs that are at work."""

    def run_facts_after(self, event_id: int, kinds: Sequence[str], limit: int) -> list[RunFact]:
        """Return the changes of all runs' statuses behind an event, in order.

        Whoever has read up to one of them meets no earlier one later.

        Args:
            event_id: The event.
            kinds: Facts of these kinds, as `RUN_FAILURE`.
            limit: At most so many.
        """

    def last_followed(self) -> int:
        """Return the id of the last change of a run's status or materialization, 0 for none: where followers begin."""


class AssetLog(Protocol):
    """Finds the materializations of assets."""

    def latest(self, asset: str, partition_key: str | None = None, mode: str | None = None) -> Event | None:
        """Return an asset's last materialization, or None.

        Args:
            asset: Its key.
            partition_key: Of this partition only.
            mode: By runs in this mode only.
        """

    def after(self, event_id: int, assets: Collection[str], limit: int) -> list[Event]:
        """Return the materializations of assets behind an event, in order.

        Whoever has read up to one of them meets no earlier one later.

        Args:
            event_id: The event.
            assets: Their keys, a hundred at most.
            limit: At most so many.
        """

    def written_after(self, event_id: int, limit: int) -> list[tuple[int, str]]:
        """Return the ids of the materializations behind an event, in order, each with the key of its asset."""

    def keys(self) -> list[str]:
        """Return the keys of all assets that were ever materialized, sorted."""


class LocationStore(Protocol):
    """Keeps what is known of code locations, so that it is known while they are down."""

    def record(
        self,
        location: LocationRecord,
        changed: Sequence[DefinitionRecord] = (),
        removed: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Record how a location stands and what has changed of its definitions, in one durable transaction.

        Args:
            location: The location.
            changed: Its definitions that are new or have another body.
            removed: The kinds and names of those that it does not offer any more.
        """

    def forget(self, name: str) -> None:
        """Forget a location and its definitions; its runs stay."""

    def get(self, name: str) -> LocationRecord | None:
        """Return a location, or None."""

    def all(self) -> list[LocationRecord]:
        """Return all locations, by name."""

    def hashes(self, name: str) -> dict[tuple[str, str], str]:
        """Return the hash of each definition of a location, by kind and name."""

    def definitions(self, query: DefinitionQuery) -> list[DefinitionRecord]:
        """Return the definitions that fit, by location, kind and name."""


class AuditLog(Protocol):
    """Keeps what people did."""

    def record(self, entry: AuditEntry) -> None:
        """Append an entry, in one durable transaction."""

    def find(self, query: AuditQuery) -> list[AuditEntry]:
        """Return the entries that fit, the newest first."""


class RetentionStore(Protocol):
    """Deletes what is too old, in transactions so short that writers do not notice.

    Run keys, the states of automations and the audit log are never touched. A chunk is found among so many rows, oldest
    first, that follow the row `after`, and it says where to go on; whoever wants all of them asks until there is no more.
    """

    def expired_runs(self, expired: ExpiredRuns, after: str | None = None, limit: int = CHUNK_ROWS) -> Chunk[str]:
        """Return the next runs that may go, changing nothing."""

    def delete_runs(self, expired: ExpiredRuns, after: str | None = None, limit: int = CHUNK_ROWS) -> Chunk[str]:
        """Delete the next runs that may go, with their tags, steps and events, and return which those were."""

    def expired_ticks(self, expired: ExpiredTicks, after: int | None = None, limit: int = CHUNK_ROWS) -> Chunk[int]:
        """Return the next ticks that may go, changing nothing."""

    def delete_ticks(self, expired: ExpiredTicks, after: int | None = None, limit: int = CHUNK_ROWS) -> Chunk[int]:
        """Delete the next ticks that may go, and return which those were."""


@frozen
class Storage:
    """The stores of one instance.

    Attributes:
        runs: The runs.
        events: The events and steps.
        assets: The assets.
        locations: The code locations.
        automations: Automations, their ticks and run keys.
        duties: What daemons agree on.
        wakeups: Who is told of changes.
        audit: What people did.
        retention: Deletes what is too old.
        close: Lets go of every connection.
        description: What and where it is, for people; without secrets.
    """

    runs: RunStore
    events: EventLog
    assets: AssetLog
    locations: LocationStore
    automations: AutomationStore
    duties: DutyStore
    wakeups: Wakeups
    audit: AuditLog
    retention: RetentionStore
    close: Callable[[], None]
    description: str
