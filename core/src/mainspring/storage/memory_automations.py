"""Automations in this process's memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, TypeAlias

from attrs import evolve

from mainspring.errors import SupersededError
from mainspring.run import Run
from mainspring.storage.admission import Admission, Batch
from mainspring.storage.automation import (
    AutomationState,
    Committed,
    Decision,
    RunKey,
    Tick,
    TickQuery,
    TickStatus,
    replaced,
    with_requests,
)
from mainspring.storage.duty import Duty
from mainspring.storage.memory_duties import MemoryDuties
from mainspring.storage.memory_locations import MemoryLocations
from mainspring.storage.memory_rows import Rows
from mainspring.storage.retention import Chunk, ExpiredTicks

DIRECT_LIMIT = 50
CHUNK = 250
"""As in a database, so that tests of one are tests of the other."""

Place = tuple[str, str]

Ledger: TypeAlias = Callable[[str, str, Sequence[tuple[str, str]]], set[tuple[str, str]]]
"""Returns which of the jobs and run keys of an automation, named by its location and its name, were asked for."""


class MemoryAutomations:
    """Keeps automations in dicts."""

    def __init__(
        self, rows: Rows, duties: MemoryDuties, locations: MemoryLocations, ledger: Ledger | None = None
    ) -> None:
        self._ledger = ledger
        self._rows = rows
        self._duties = duties
        self._locations = locations
        self._states: dict[Place, AutomationState] = {}
        self._cursors: dict[Place, str | None] = {}
        self._ticks: dict[int, Tick] = {}
        self._at_times: dict[tuple[str, str, float], int] = {}
        self._keys: dict[Place, dict[tuple[str, str], RunKey]] = {}
        self._outbox: list[tuple[int, tuple[Run, ...]]] = []
        self._last_tick_id = 0

    def states(self, location: str | None = None) -> list[AutomationState]:
        with self._rows.lock:
            return [self._states[place] for place in sorted(self._states) if location in (None, place[0])]

    def get(self, location: str, name: str) -> AutomationState | None:
        return self._states.get((location, name))

    def cursors(self, location: str, names: Collection[str]) -> dict[str, str | None]:
        with self._rows.lock:
            return {name: self._cursors.get((location, name)) for name in names if (location, name) in self._states}

    def follower_cursors(self) -> list[str | None]:
        with self._rows.lock:
            following = [each for each in self._states.values() if each.timing is not None]
            return [
                self._cursors.get(each.key)
                for each in following
                if ("sensor", each.name) in self._locations.hashes(each.location)
            ]

    def introduce(self, states: Sequence[AutomationState]) -> None:
        with self._rows.lock:
            for each in states:
                self._states.setdefault(each.key, each)

    def adopt(self, location: str, old: str, new: str, at: float) -> bool:
        with self._rows.lock:
            state = self._states.get((location, old))
            if state is None or (location, new) in self._states:
                return False
            del self._states[location, old]
            self._states[location, new] = evolve(state, name=new, version=state.version + 1, updated_at=at)
            self._cursors[location, new] = self._cursors.pop((location, old), None)
            self._keys[location, new] = self._keys.pop((location, old), {})
            self._ticks = {
                tick_id: evolve(tick, automation=new) if (tick.location, tick.automation) == (location, old) else tick
                for tick_id, tick in self._ticks.items()
            }
            self._at_times = {
                (tick.location, tick.automation, tick.scheduled_time): tick_id
                for tick_id, tick in self._ticks.items()
                if tick.scheduled_time is not None
            }
            for run in list(self._rows.runs.values()):
                if (run.location, run.automation) == (location, old):
                    self._rows.runs[run.run_id] = evolve(run, automation=new)
            return True

    def commit(
        self, decisions: Sequence[Decision], admission: Admission | None = None, duty: Duty | None = None
    ) -> Batch:
        with self._rows.lock:
            self._check(duty)
            committed = tuple(self._apply(each) for each in decisions)
            started = () if admission is None else self._rows.admit(admission)
        return Batch(committed, started)

    def expand(self, location: str, admission: Admission | None = None, duty: Duty | None = None) -> Batch | None:
        with self._rows.lock:
            self._check(duty)
            found = next((each for each in self._outbox if self._ticks[each[0]].location == location), None)
            if found is None:
                return None
            self._outbox.remove(found)
            tick = self._ticks[found[0]]
            runs, repeated = self._enter(tick, found[1])
            self._rows.queue(runs)
            tick = with_requests(tick, runs, repeated)
            self._ticks[found[0]] = tick
            state = self._states[tick.location, tick.automation]
            state = evolve(state, outbox=state.outbox - 1, version=state.version + 1)
            self._states[state.key] = state
            started = () if admission is None else self._rows.admit(admission)
        return Batch((Committed(state=state, tick=tick, runs=runs),), started)

    def known_keys(self, location: str, name: str, keys: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        with self._rows.lock:
            own = self._keys.get((location, name), {}).keys() & set(keys)
        return own if self._ledger is None or not keys else own | self._ledger(location, name, keys)

    def keys(self, location: str, name: str, run_key: str | None = None, limit: int = 100) -> list[RunKey]:
        with self._rows.lock:
            found = [each for each in self._keys.get((location, name), {}).values() if run_key in (None, each.run_key)]
        return sorted(found, key=lambda each: (each.created_at, each.run_id), reverse=True)[:limit]

    def clear_keys(self, location: str, name: str, run_key: str, job_name: str | None = None) -> int:
        with self._rows.lock:
            keys = self._keys.get((location, name), {})
            gone = [each for each in keys if each[1] == run_key and job_name in (None, each[0])]
            for each in gone:
                del keys[each]
            return len(gone)

    def ticks(self, query: TickQuery) -> list[Tick]:
        with self._rows.lock:
            found = [each for _, each in sorted(self._ticks.items(), reverse=True)]
        return [each for each in found if _fits(each, query)][: query.limit]

    def ticks_by_id(self, tick_ids: Collection[int]) -> dict[int, Tick]:
        with self._rows.lock:
            return {tick_id: self._ticks[tick_id] for tick_id in tick_ids if tick_id in self._ticks}

    def expired_ticks(self, expired: ExpiredTicks, after: int | None, limit: int) -> Chunk[int]:
        """Return some of the ticks that may go."""
        with self._rows.lock:
            kept = {state.last_tick_id for state in self._states.values()} | {tick_id for tick_id, _ in self._outbox}
            found = [tick_id for tick_id in sorted(self._ticks) if tick_id > (after or 0)]
            ids = [
                tick_id
                for tick_id in found[:limit]
                if tick_id not in kept and _has_expired(self._ticks[tick_id], expired)
            ]
        return Chunk(tuple(ids), found[limit - 1] if len(found) > limit else None)

    def delete_ticks(self, tick_ids: Collection[int]) -> None:
        """Forget ticks."""
        for tick_id in tick_ids:
            tick = self._ticks.pop(tick_id)
            if tick.scheduled_time is not None:
                self._at_times.pop((tick.location, tick.automation, tick.scheduled_time), None)

    def _check(self, duty: Duty | None) -> None:
        if duty is not None and self._duties.holder(duty.name) != duty.holder:
            raise SupersededError(f"lease {duty.name!r} was taken over by another daemon; nothing was written")

    def _apply(self, decision: Decision) -> Committed:
        before = self._states.get(decision.state.key)
        if before is None or before.version != decision.state.version:
            return Committed(state=None)
        changes: dict[str, Any] = {"version": before.version + 1}
        if decision.moves_cursor:
            self._cursors[before.key] = decision.cursor
        tick: Tick | None = None
        is_new = True
        for each in decision.ticks:
            tick, is_new = self._record(each)
        runs: tuple[Run, ...] = ()
        chunks = 0
        if tick is not None:
            tick_id = tick.tick_id or 0
            if is_new and decision.runs:
                asked = [evolve(run, tick_id=tick_id) for run in decision.runs]
                if len(asked) > DIRECT_LIMIT:
                    parts = [tuple(asked[start : start + CHUNK]) for start in range(0, len(asked), CHUNK)]
                    self._outbox += [(tick_id, part) for part in parts]
                    chunks = len(parts)
                else:
                    runs, repeated = self._enter(tick, asked)
                    self._rows.queue(runs)
                    tick = with_requests(tick, runs, repeated)
            self._ticks[tick_id] = tick
            changes |= {"last_tick_id": tick_id, "outbox": decision.state.outbox + chunks}
            if tick.detail.get("caught_up"):
                changes["turn"] = tuple(run.run_id for run in runs)
        state = evolve(decision.state, **changes)
        self._states[state.key] = state
        return Committed(state=state, tick=tick, runs=runs)

    def _record(self, tick: Tick) -> tuple[Tick, bool]:
        stored = None if tick.tick_id is None else self._ticks.get(tick.tick_id)
        if stored is not None and tick.tick_id is not None:
            self._ticks[tick.tick_id] = evolve(stored, count=stored.count + 1, last_at=tick.last_at)
            return self._ticks[tick.tick_id], True
        before = self._of_same_time(tick)
        if before is not None and before.status is not TickStatus.FAILED:
            return before, False
        if before is None:
            self._last_tick_id += 1
            tick = evolve(tick, tick_id=self._last_tick_id)
        else:
            tick = replaced(before, tick)
        self._ticks[tick.tick_id or 0] = tick
        if tick.scheduled_time is not None:
            self._at_times[tick.location, tick.automation, tick.scheduled_time] = tick.tick_id or 0
        return tick, True

    def _of_same_time(self, tick: Tick) -> Tick | None:
        """Return the tick of the same time of the same schedule, if it is decided already."""
        if tick.scheduled_time is None:
            return None
        found = self._at_times.get((tick.location, tick.automation, tick.scheduled_time))
        return None if found is None else self._ticks[found]

    def _enter(self, tick: Tick, asked: Iterable[Run]) -> tuple[tuple[Run, ...], list[str]]:
        keys = self._keys.setdefault((tick.location, tick.automation), {})
        new: list[Run] = []
        repeated: list[str] = []
        for run in asked:
            place = (run.job_name, run.run_key or "")
            if run.run_key is None or place not in keys:
                new.append(run)
                if run.run_key is not None:
                    keys[place] = RunKey(run.job_name, run.run_key, run.run_id, run.created_at)
            else:
                repeated.append(run.run_key)
        return tuple(new), repeated


def _fits(tick: Tick, query: TickQuery) -> bool:
    return (
        (tick.location, tick.automation) == (query.location, query.automation)
        and (not query.statuses or tick.status in query.statuses)
        and (query.before is None or (tick.tick_id or 0) < query.before)
    )


def _has_expired(tick: Tick, expired: ExpiredTicks) -> bool:
    return (
        tick.last_at < expired.before
        and expired.kind in (None, tick.kind)
        and expired.status in (None, tick.status.value)
    )
