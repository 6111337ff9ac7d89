"""The store of an ephemeral instance: dicts and lists in this process, with the promises of the database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice

from attrs import evolve

from mainspring.event import AssetMaterialized, Event, StepStarted
from mainspring.event.effect import STEP_BEGIN, STEP_END
from mainspring.run import NO_PLACES, PoolPlace, Run, RunStatus, StepRecord, StepStatus, WorkerIdentity
from mainspring.storage.admission import Admission
from mainspring.storage.memory_audit import MemoryAudit
from mainspring.storage.memory_automations import Ledger, MemoryAutomations
from mainspring.storage.memory_duties import MemoryDuties
from mainspring.storage.memory_locations import MemoryLocations
from mainspring.storage.memory_pools import check_place, places_taken
from mainspring.storage.memory_retention import MemoryRetention
from mainspring.storage.memory_rows import Rows, behind
from mainspring.storage.port import RunQuery, Storage
from mainspring.storage.rows import (
    ACTIVE,
    attempts_to_check,
    check_in_charge,
    check_new,
    check_working,
    claim_refused,
    claimed,
    new_attempt,
    not_claimed,
    queued_attempt,
    run_changes,
)
from mainspring.storage.run_fact import RunFact


def memory_storage(ledger: Ledger | None = None) -> Storage:
    """Return a fresh, empty store.

    Args:
        ledger: Tells which run keys are known besides those that are asked for here.
    """
    rows = Rows()
    duties = MemoryDuties()
    locations = MemoryLocations()
    automations = MemoryAutomations(rows, duties, locations, ledger)
    return Storage(
        _MemoryRuns(rows),
        _MemoryEvents(rows),
        _MemoryAssets(rows),
        locations,
        automations,
        duties,
        rows.wakeups,
        MemoryAudit(),
        MemoryRetention(rows, automations),
        lambda: None,
        "the memory of this process",
    )


class _MemoryRuns:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def create(self, run: Run, events: Sequence[Event]) -> None:
        with self._rows.lock:
            check_new(run, exists=run.run_id in self._rows.runs)
            self._rows.runs[run.run_id] = run
            self._rows.append(run.run_id, events)

    def begin_attempt(self, run_id: str, attempt: int, worker: WorkerIdentity | None, events: Sequence[Event]) -> None:
        with self._rows.lock:
            run = self._rows.runs.get(run_id)
            changes = new_attempt(run_id, run, attempt, worker, events[0].timestamp)
            assert run is not None  # noqa: S101 - checked just now
            self._rows.runs[run_id] = evolve(run, **changes)
            self._rows.append(run_id, events)

    def claim(self, run_id: str, attempt: int, worker: WorkerIdentity, events: Sequence[Event]) -> None:
        with self._rows.lock:
            run = self._rows.runs.get(run_id)
            changes = claimed(run_id, run, attempt, worker, events[0].timestamp)
            assert run is not None  # noqa: S101 - checked just now
            self._rows.runs[run_id] = evolve(run, **changes)
            self._rows.append(run_id, events)

    def queued(self, limit: int, without: Collection[str] = ()) -> list[Run]:
        with self._rows.lock:
            waiting = self._rows.waiting()
        return [run for run in waiting if run.location not in without][:limit]

    def admit(self, admission: Admission) -> list[Run]:
        with self._rows.lock:
            return list(self._rows.admit(admission))

    def set_priority(self, run_id: str, priority: int) -> bool:
        with self._rows.lock:
            run = self._rows.runs.get(run_id)
            if run is None or run.status is not RunStatus.QUEUED:
                return False
            self._rows.runs[run_id] = evolve(run, priority=priority)
            return True

    def live_of(self, location: str, automation: str) -> list[Run]:
        with self._rows.lock:
            found = [run for run in self._rows.runs.unsettled.values() if not run.status.is_final]
        of_this = [run for run in found if (run.location, run.automation) == (location, automation)]
        return sorted(of_this, key=lambda run: run.run_id)

    def oldest_queued(self) -> float | None:
        with self._rows.lock:
            return min((run.created_at for run in self._rows.waiting()), default=None)

    def active(self, limit: int | None = None, after: str | None = None) -> list[Run]:
        return self._first(limit, lambda run: run.status in ACTIVE and (after is None or run.run_id > after))

    def to_retry(self, limit: int) -> list[Run]:
        return self._first(limit, lambda run: run.status is RunStatus.FAILURE and run.retries_left > 0)

    def queue_attempt(self, run_id: str, attempt: int, not_before: float | None, events: Sequence[Event]) -> None:
        with self._rows.lock:
            run = self._rows.runs.get(run_id)
            changes = queued_attempt(run_id, run, attempt, not_before, events)
            assert run is not None  # noqa: S101 - checked just now
            self._rows.runs[run_id] = evolve(run, **changes)
            self._rows.append(run_id, events)

    def _first(self, limit: int | None, fits: Callable[[Run], bool]) -> list[Run]:
        """Return the first of those that are not settled and fit."""
        with self._rows.lock:
            found = [run for run in self._rows.runs.unsettled.values() if fits(run)]
        return sorted(found, key=lambda run: run.run_id)[:limit]

    def get(self, run_id: str) -> Run | None:
        return self._rows.runs.get(run_id)

    def find(self, query: RunQuery) -> list[Run]:
        with self._rows.lock:
            is_of_live = query.statuses and not any(RunStatus(each).is_final for each in query.statuses)
            rows = self._rows.runs.unsettled if is_of_live else self._rows.runs
            found = [run for run in rows.values() if _fits(run, query)]
        return sorted(found, key=lambda run: run.run_id, reverse=True)[: query.limit]


class _MemoryEvents:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def record(
        self, run_id: str, run_attempt: int, events: Sequence[Event], places: Mapping[str, PoolPlace] = NO_PLACES
    ) -> None:
        with self._rows.lock:
            run = self._rows.runs.get(run_id)
            check_in_charge(run_id, None if run is None else (run.status, run.attempt), run_attempt, list(events))
            assert run is not None  # noqa: S101 - checked just now
            steps = self._rows.steps.setdefault(run_id, {})
            changed: dict[tuple[str, int], StepRecord] = {}
            for event in events:
                if event.step_key is None:
                    changes = run_changes(run_id, run.status, event)
                    run = run if changes is None else evolve(run, **changes)
                else:
                    check_working(run_id, run.status)
                    place = places.get(event.step_key) if type(event.fact) is StepStarted else None
                    _change_step(steps, changed, event, place)
                    if place is not None:
                        runs, all_steps = self._rows.runs | {run_id: run}, self._rows.steps | {run_id: steps | changed}
                        check_place(runs, all_steps, event.step_key, place)
            for row in attempts_to_check(run_id, events):
                _check_under_way(steps.get(row), run_id, run_attempt, *row)
            steps.update(changed)
            self._rows.runs[run_id] = run
            self._rows.append(run_id, events)

    def read(
        self,
        run_id: str,
        *,
        after: int = 0,
        step_key: str | None = None,
        kinds: Sequence[str] = (),
        limit: int | None = None,
    ) -> list[Event]:
        with self._rows.lock:
            log = list(self._rows.events.get(run_id, ()))
        found = [
            event
            for event in log
            if (event.event_id or 0) > after
            and (step_key is None or event.step_key == step_key)
            and (not kinds or event.kind in kinds)
        ]
        return found[:limit]

    def steps(self, run_id: str) -> list[StepRecord]:
        with self._rows.lock:
            return list(self._rows.steps.get(run_id, {}).values())

    def places_taken(self, pool: str) -> int:
        with self._rows.lock:
            return places_taken(self._rows.runs, self._rows.steps, pool)

    def run_facts_after(self, event_id: int, kinds: Sequence[str], limit: int) -> list[RunFact]:
        with self._rows.lock:
            of_kinds = (each for each in behind(self._rows.run_facts, event_id) if each.kind in kinds)
            found = list(islice(of_kinds, limit))
            runs = [self._rows.runs[each.run_id] for each in found]
        return [
            RunFact(each, run.job_name, run.location, run.automation) for each, run in zip(found, runs, strict=True)
        ]

    def last_followed(self) -> int:
        with self._rows.lock:
            return max([log[-1].event_id or 0 for log in (self._rows.written, self._rows.run_facts) if log], default=0)


class _MemoryAssets:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def latest(self, asset: str, partition_key: str | None = None, mode: str | None = None) -> Event | None:
        with self._rows.lock:
            for event in reversed(self._rows.assets.get(asset, ())):
                partition = event.fact.partition_key if isinstance(event.fact, AssetMaterialized) else None
                if partition_key in (None, partition) and mode in (None, self._rows.runs[event.run_id].mode):
                    return event
        return None

    def after(self, event_id: int, assets: Collection[str], limit: int) -> list[Event]:
        with self._rows.lock:
            logs = [islice(behind(self._rows.assets.get(asset, ()), event_id), limit) for asset in set(assets)]
            found = [each for log in logs for each in log]
        return sorted(found, key=lambda each: each.event_id or 0)[:limit]

    def written_after(self, event_id: int, limit: int) -> list[tuple[int, str]]:
        with self._rows.lock:
            found = list(islice(behind(self._rows.written, event_id), limit))
        facts = [(each.event_id or 0, each.fact) for each in found]
        return [(id_, fact.asset) for id_, fact in facts if isinstance(fact, AssetMaterialized)]

    def keys(self) -> list[str]:
        with self._rows.lock:
            return sorted(self._rows.assets)


def _change_step(
    steps: Mapping[tuple[str, int], StepRecord],
    changed: dict[tuple[str, int], StepRecord],
    event: Event,
    place: PoolPlace | None,
) -> None:
    assert event.step_key is not None and event.step_attempt is not None  # noqa: S101, PT018 - a step's event has both
    row = (event.step_key, event.step_attempt)
    kind = type(event.fact)
    if kind in STEP_BEGIN:
        if row in steps or row in changed:
            raise claim_refused(event.run_id, *row)
        changed[row] = _begun(event, STEP_BEGIN[kind], place)
        return
    if kind in STEP_END:
        record = changed.get(row) or steps.get(row)
        record = _check_under_way(record, event.run_id, event.run_attempt, *row)
        changed[row] = evolve(record, status=STEP_END[kind], ended_at=event.timestamp)


def _check_under_way(
    record: StepRecord | None, run_id: str, run_attempt: int, step_key: str, attempt: int
) -> StepRecord:
    """Check that a step's attempt is under way, and return its row."""
    if record is None or record.run_attempt != run_attempt or record.status is not StepStatus.STARTED:
        raise not_claimed(run_id, step_key, attempt)
    return record


def _begun(event: Event, status: StepStatus, place: PoolPlace | None) -> StepRecord:
    return StepRecord(
        run_id=event.run_id,
        step_key=event.step_key or "",
        attempt=event.step_attempt or 1,
        run_attempt=event.run_attempt,
        status=status,
        started_at=event.timestamp,
        pool=None if place is None else place.pool,
    )


def _fits(run: Run, query: RunQuery) -> bool:
    return (
        (query.job_name is None or run.job_name == query.job_name)
        and (query.mode is None or run.mode == query.mode)
        and (query.location is None or run.location == query.location)
        and (query.automation is None or run.automation == query.automation)
        and (not query.statuses or RunStatus(run.status) in query.statuses)
        and all(run.tags.get(key) == value for key, value in query.tags.items())
        and (query.prefix is None or run.run_id.startswith(query.prefix))
        and (query.before is None or run.run_id < query.before)
    )
