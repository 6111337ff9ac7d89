"""Examining the books of a storage: reads what the checks need, in an order that makes work under way no error."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from attrs import define, evolve, field

from mainspring.audit.books import Books, Finding
from mainspring.audit.horizon import EVERYTHING, Horizon
from mainspring.audit.request_books import Requests
from mainspring.audit.run_books import check_run
from mainspring.audit.time_books import Decided, check_decided_once, check_none_left_out
from mainspring.definition.timing import count_times, timing_of
from mainspring.storage import AuditQuery, AutomationState, RunKey, RunQuery, Tick, TickQuery

if TYPE_CHECKING:
    from mainspring.run import Run
    from mainspring.storage import Storage

_PAGE = 500
_ALL = 2**62
_TRIES = 5
"""How often a run is read that changes all the time, and books that do not balance: what is under way shows but once."""

Progress = Callable[[str, int], None]
"""Called with what is looked at, and how much of that was."""


def examine(
    storage: Storage,
    horizon: Callable[[], Horizon] = lambda: EVERYTHING,
    now: float | None = None,
    progress: Progress = lambda what, number: None,
) -> Books:
    """Check ticks, requests, run keys, runs and steps of a storage against each other; nothing is written.

    What daemons and workers do meanwhile is no error, and neither is what is under way: it is counted as pending.

    Args:
        storage: The storage.
        horizon: Returns since when all is there; what is older is not examined. It is asked before each look, as something may
            be deleted meanwhile.
        now: Seconds since the epoch, if due times are to be counted that nobody has decided yet.
        progress: Called now and then with what is looked at.

    Raises:
        StorageError: It cannot be read.
    """
    books = _Examination(storage, horizon(), now, progress).books()
    for _ in range(1, _TRIES):
        if books.balance:
            break
        again = _Examination(storage, horizon(), now, progress).books()
        lasting = tuple(each for each in again.findings if each in books.findings)
        is_settled = len(lasting) == len(books.findings)
        books = evolve(again, findings=lasting)
        if is_settled:
            break
    return books


@define(eq=False)
class _Examination:
    storage: Storage
    horizon: Horizon
    now: float | None
    progress: Progress
    requests: Requests = field(factory=Requests)
    counted: Counter[str] = field(factory=Counter)
    pending: Counter[str] = field(factory=Counter)

    def books(self) -> Books:
        """Read and check everything once."""
        findings = list(self._look())
        return Books(tuple(dict.fromkeys(findings)), dict(self.counted), dict(+self.pending), self.horizon)

    def _look(self) -> Iterator[Finding]:
        states = self.storage.automations.states()
        early_keys = {state.key: self._keys(state) for state in states}
        for state in states:
            yield from self._first_ticks(state)
            self.counted["run keys"] += len(early_keys[state.key])
        yield from self._runs()
        yield from self.requests.check_first_ticks()
        late_keys = {state.key: self._keys(state) for state in states}
        yield from self._last_ticks()
        cleared = self._cleared()
        yield from self.requests.check_repeats(cleared)
        for owner, keys in early_keys.items():
            held = {(each.job_name, each.run_key) for each in late_keys[owner]}  # others were cleared meanwhile
            kept = [each for each in keys if (each.job_name, each.run_key) in held]
            yield from self.requests.check_ledger_against_runs(owner, kept, self.horizon.runs)
            yield from self.requests.check_runs_against_ledger(owner, late_keys[owner], cleared)

    def _keys(self, state: AutomationState) -> list[RunKey]:
        return self.storage.automations.keys(state.location, state.name, limit=_ALL)

    def _first_ticks(self, state: AutomationState) -> Iterator[Finding]:
        """Note the ticks of an automation, and check the times that a schedule has decided."""
        decided: list[Decided] = []
        for tick in self._ticks(state):
            if tick.first_at >= self.horizon.runs:
                self.requests.note_tick(tick)
            if tick.scheduled_time is not None:
                decided.append((tick.scheduled_time, tick.since))
        self.pending["parts of requests to be queued"] += state.outbox
        yield from check_decided_once(state, decided)
        if state.timing is None or state.timed_at is None:
            return
        plain = json.loads(state.timing)
        if "follows" in plain:  # what was a schedule once may be a sensor that follows the log now
            return
        timing = timing_of(plain)
        yield from check_none_left_out(state, decided, timing, max(state.timed_at, self.horizon.ticks))
        if self.now is not None and state.mark is not None:
            self.pending["due times to be decided"] += count_times(timing, state.mark, self.now)
        for after, until in state.backlog:
            self.pending["missed times that run later"] += count_times(timing, after, until)

    def _ticks(self, state: AutomationState) -> Iterator[Tick]:
        before: int | None = None
        while True:
            query = TickQuery(location=state.location, automation=state.name, before=before, limit=_PAGE)
            page = self.storage.automations.ticks(query)
            for tick in page:
                if tick.last_at < self.horizon.ticks:
                    return
                self.counted["ticks"] += 1
                yield tick
            self.progress("ticks", self.counted["ticks"])
            if len(page) < _PAGE:
                return
            before = page[-1].tick_id

    def _runs(self) -> Iterator[Finding]:
        before: str | None = None
        while True:
            page = self.storage.runs.find(RunQuery(before=before, limit=_PAGE))
            for run in page:
                if run.created_at < self.horizon.runs:
                    return
                self.counted["runs"] += 1
                if run.automation is not None:
                    self.requests.note_run(run)
                yield from self._run(run)
            self.progress("runs", self.counted["runs"])
            if len(page) < _PAGE:
                return
            before = page[-1].run_id

    def _run(self, run: Run) -> Iterator[Finding]:
        """Check one run, as it is while it does not change."""
        now: Run | None = run
        for _ in range(_TRIES):
            if now is None:
                return  # it was deleted
            steps = self.storage.events.steps(run.run_id)
            events = self.storage.events.read(run.run_id)
            later = self.storage.runs.get(run.run_id)
            if later == now and self.storage.events.steps(run.run_id) == steps:
                self.counted["steps"] += len(steps)
                self.pending["runs under way"] += not now.status.is_final
                yield from check_run(now, steps, events)
                return
            now = later
        self.pending["runs under way"] += 1

    def _last_ticks(self) -> Iterator[Finding]:
        """Check the ticks that runs name, as they are now."""
        named = sorted(self.requests.runs)
        found: dict[int, Tick] = {}
        for start in range(0, len(named), _PAGE):
            found.update(self.storage.automations.ticks_by_id(named[start : start + _PAGE]))
        yield from self.requests.check_last_ticks(found)

    def _cleared(self) -> Counter[tuple[str, str]]:
        """Return how often people have cleared each run key of a location."""
        cleared: Counter[tuple[str, str]] = Counter()
        for action in ("sensor clear-key", "schedule clear-key"):
            for entry in self.storage.audit.find(AuditQuery(action=action, limit=_ALL)):
                _, location, _ = entry.subject.split(":", 2)
                detail: Mapping[str, str] = entry.detail
                cleared[location, detail["run_key"]] += 1  # the automation may have another name by now
        return cleared
