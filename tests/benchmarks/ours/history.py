"""What storage with a long history costs: a run's leave of the queue, a tick with a run, a counted skip, a page of runs."""

import argparse
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from attrs import evolve

import mainspring as ms
from mainspring.event import Event, Fact, RunQueued, RunStarted, RunSucceeded, StepStarted, StepSucceeded
from mainspring.run.queue import QueueRules
from mainspring.storage import Admission, AutomationState, Decision, RunQuery, Tick, TickQuery, TickStatus

BEGIN = 1_700_000_000.0
"""When the history begins, in seconds since the epoch."""

T = TypeVar("T")
DAY_SECONDS = 86_400.0
LOCATION = "bench"
SMALL, LARGE = 1_000, 1_000_000
"""How many ticks of history are compared."""

STEPS, TAGS = 3, 10
"""How many steps and tags each run has where pages are read: ten events, of which four are about the run."""
JOBS, FAILED_EACH, CUSTOMERS = 100, 50, 10_000
"""Of how many jobs the runs are, how many of them one has failed of, and how many values a tag has."""


class History:
    """A home in which much has happened, and in which more is to happen.

    Args:
        instance: The home's instance.
        database: The path of its database.
    """

    def __init__(self, instance: ms.Instance, database: Path) -> None:
        self.storage = instance.storage
        self.database = database
        self.made = 0
        names = (("plain", "schedule"), ("nothing_new", "sensor"))
        self.storage.automations.introduce(
            [AutomationState(location=LOCATION, name=name, kind=kind) for name, kind in names]
        )
        self.states = {name: self._state(name) for name, _ in names}

    def run(self, tags: int = 1) -> ms.Run:
        """Return a new run, which is not stored."""
        self.made += 1
        return ms.Run(
            run_id=f"019{self.made:022}z",
            job_name="one_op",
            mode="default",
            status=ms.RunStatus.QUEUED,
            tags={"team": "data", **{f"tag_{number}": "value" for number in range(1, tags)}},
            location=LOCATION,
            automation="plain",
            created_at=self.now,
            scheduled_time=self.now,
        )

    @property
    def now(self) -> float:
        return BEGIN + 10 * 365 * DAY_SECONDS + self.made

    def tick(self) -> ms.Run:
        """Commit a schedule's tick that asks for a run, which leaves the queue at once; end that run."""
        run = self.run()
        tick = Tick(
            location=LOCATION,
            automation="plain",
            kind="schedule",
            status=TickStatus.REQUESTED,
            scheduled_time=self.now,
            first_at=self.now,
            last_at=self.now,
            detail={"code": "0123456789abcdef"},
        )
        decision = Decision(state=evolve(self.states["plain"], mark=self.now), ticks=(tick,), runs=(run,))
        batch = self.storage.automations.commit([decision], self.admission())
        assert [each.run_id for each in batch.started] == [run.run_id]
        state = batch.committed[0].state
        assert state is not None
        self.states["plain"] = state
        return run

    def skip(self) -> None:
        """Commit a sensor's skip, which is counted where it is not the first one."""
        state = self.states["nothing_new"]
        tick = Tick(
            location=LOCATION,
            automation="nothing_new",
            kind="sensor",
            status=TickStatus.SKIPPED,
            first_at=self.now,
            last_at=self.now,
            reason="nothing new",
            tick_id=state.last_tick_id,
        )
        decision = Decision(state=evolve(state, mark=self.now, last_skip="as before"), ticks=(tick,))
        after = self.storage.automations.commit([decision]).committed[0].state
        assert after is not None
        self.states["nothing_new"] = after

    def queue(self, tags: int = 1) -> ms.Run:
        """Queue a run."""
        run = self.run(tags)
        self.storage.runs.create(run, [self._event(run, RunQueued())])
        return run

    def admit(self) -> None:
        """Have the one run that waits leave the queue."""
        assert len(self.storage.runs.admit(self.admission())) == 1

    def end(self, run: ms.Run, steps: int = 0) -> None:
        """Have a run that has left the queue begin, carry out steps, and succeed."""
        keys = [f"step_{number}" for number in range(steps)]
        of_steps = [self._event(run, fact, key) for key in keys for fact in (StepStarted(), StepSucceeded())]
        for told in (self._event(run, RunStarted()), *of_steps, self._event(run, RunSucceeded())):
            self.storage.events.record(run.run_id, run.attempt, [told])

    def admission(self) -> Admission:
        return Admission(rules=QueueRules(), now=self.now)

    def repeat(self, table: str, count: int, where: str, changed: dict[str, str]) -> None:
        """Store a row many times, with columns that SQL expressions of the number `n` give."""
        database = sqlite3.connect(self.database)
        names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        values = ", ".join(changed.get(name, f"{table}.{name}") for name in names)
        numbers = f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})"
        columns = ", ".join(names)
        with database:
            database.execute(
                f"{numbers} INSERT INTO {table} ({columns}) SELECT {values} FROM numbers, {table} WHERE {where}"
            )
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()

    def _state(self, name: str) -> AutomationState:
        found = self.storage.automations.get(LOCATION, name)
        assert found is not None
        return found

    def _event(self, run: ms.Run, fact: Fact, step_key: str | None = None) -> Event:
        step_attempt = None if step_key is None else 1
        return Event(
            run_id=run.run_id,
            run_attempt=run.attempt,
            fact=fact,
            timestamp=self.now,
            step_key=step_key,
            step_attempt=step_attempt,
        )


def ms_of(what: Callable[[], T]) -> tuple[float, T]:
    """Return the milliseconds that something takes, and what it returns."""
    began = time.perf_counter()
    found = what()
    return (time.perf_counter() - began) * 1e3, found


def add_runs(history: History, count: int) -> None:
    """Add finished runs, with their tags and events."""
    run = history.tick()
    history.end(run)
    new_id = "'018' || printf('%022d', n) || 'z'"
    this = f"run_id = '{run.run_id}'"
    history.repeat("runs", count, this, {"run_id": new_id, "created_at": f"{BEGIN} + n", "tick_id": "NULL"})
    history.repeat("run_tags", count, this, {"run_id": new_id})
    history.repeat("events", count, this, {"event_id": "NULL", "run_id": new_id})


def decisions(history: History, runs: int, times: int) -> dict[str, object]:
    """Return what it costs, after many runs, to have one leave the queue, and to commit a tick whose run leaves it at once."""
    add_runs(history, runs)
    admitted: list[float] = []
    ticked: list[float] = []
    for _ in range(times):
        run = history.queue()
        admitted.append(ms_of(history.admit)[0])
        history.end(run)
        took, run = ms_of(history.tick)
        ticked.append(took)
        history.end(run)
    return {"ms": admitted, "parts": {"a tick and its run": statistics.median(ticked)}}


def add_ticks(history: History, count: int) -> None:
    """Add ticks, half of them of each automation."""
    history.end(history.tick())
    history.skip()
    for name, scheduled in (("plain", f"{BEGIN} + n"), ("nothing_new", "NULL")):
        where = f"tick_id = (SELECT max(tick_id) FROM ticks WHERE automation = '{name}')"
        history.repeat("ticks", count // 2, where, {"tick_id": "NULL", "scheduled_time": scheduled})


def growth(few: History, many: History, large: int, times: int) -> dict[str, object]:
    """Return by how much the commits of a tick and of a counted skip are dearer after many ticks than after few."""
    histories = {"few": few, "many": many}
    add_ticks(few, SMALL)
    add_ticks(many, large)
    costs: dict[tuple[str, str], list[float]] = {}
    for number in range(times + 5):
        for label, history in histories.items() if number % 2 else reversed(histories.items()):
            took, run = ms_of(history.tick)
            history.end(run)
            costs.setdefault(("tick", label), []).append(took)
            costs.setdefault(("skip", label), []).append(ms_of(history.skip)[0])
    medians = {each: statistics.median(found[5:]) for each, found in costs.items()}
    parts = {f"{kind} after {label}": each for (kind, label), each in medians.items()}
    return {"times": max(medians[kind, "many"] / medians[kind, "few"] for kind in ("tick", "skip")), "parts": parts}


def add_history(history: History, count: int) -> str:
    """Add finished runs of many jobs with tags, steps and events, and as many ticks; return the id of the middle one."""
    run = history.queue(TAGS)
    history.admit()
    history.end(run, STEPS)
    new_id = "'018' || printf('%022d', n) || 'z'"
    this = f"run_id = '{run.run_id}'"
    failed = f"CASE WHEN n % {FAILED_EACH} = 0 THEN 'FAILURE' ELSE 'SUCCESS' END"
    job = f"'job_' || (n % {JOBS})"
    added = {"run_id": new_id, "created_at": f"{BEGIN} + n", "tick_id": "NULL"}
    history.repeat("runs", count, this, {**added, "status": failed, "job_name": job})
    value = f"CASE key WHEN 'tag_1' THEN 'customer_' || (n % {CUSTOMERS}) ELSE value END"
    history.repeat("run_tags", count, this, {"run_id": new_id, "value": value})
    history.repeat("steps", count, this, {"run_id": new_id})
    history.repeat("events", count, this, {"event_id": "NULL", "run_id": new_id})
    add_ticks(history, count)
    return f"018{count // 2:022}z"


def pages(history: History, runs: int, times: int) -> dict[str, object]:
    """Return the 95th percentile of what pages cost after many runs, that of the dearest page, and those of all of them."""
    middle = add_history(history, runs)
    storage = history.storage
    state = history.states["nothing_new"]

    def toggle() -> object:
        nonlocal state
        changed = evolve(state, switch=None if state.switch else "stopped")
        found = storage.automations.commit([Decision(state=changed)]).committed[0].state
        assert found is not None
        state = found
        return found

    def found(**query: Any) -> Callable[[], object]:
        return lambda: storage.runs.find(RunQuery(**query))

    failure = (ms.RunStatus.FAILURE,)
    customer = {"tag_1": f"customer_{FAILED_EACH}"}
    kinds: dict[str, Callable[[], object]] = {
        "newest runs": found(),
        "runs behind the middle one": found(before=middle),
        "runs of a job": found(job_name="job_7"),
        "failed runs": found(statuses=failure),
        "failed runs of a job, of which there are none": found(statuses=failure, job_name="job_7"),
        "runs of an automation": found(location=LOCATION, automation="plain"),
        "runs with a tag that all have": found(tags={"team": "data"}),
        "runs with a tag that few have": found(tags=customer),
        "failed runs with a tag that few have": found(tags=customer, statuses=failure),
        "a run by the beginning of its id": found(prefix=middle[:-1]),
        "a run's events": lambda: storage.events.read(middle),
        "a run's steps": lambda: storage.events.steps(middle),
        "an automation's ticks": lambda: storage.automations.ticks(TickQuery(location=LOCATION, automation="plain")),
        "all automations": storage.automations.states,
        "a switch": toggle,
    }
    assert [kind for kind, read in kinds.items() if not read()] == ["failed runs of a job, of which there are none"]
    slow = {
        kind: statistics.quantiles([ms_of(read)[0] for _ in range(times)], n=20)[-1] for kind, read in kinds.items()
    }
    return {"ms": max(slow.values()), "parts": slow}


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--of", choices=["queue", "ticks", "pages"], required=True)
parser.add_argument("--runs", type=int, default=100_000)
parser.add_argument("--ticks", type=int, default=LARGE)
parser.add_argument("--times", type=int, default=200)
arguments = parser.parse_args()
with (
    tempfile.TemporaryDirectory() as one,
    tempfile.TemporaryDirectory() as other,
    ms.Instance.open(one) as first,
    ms.Instance.open(other) as second,
):
    past = History(first, Path(one) / "mainspring.db")
    if arguments.of == "queue":
        line = decisions(past, arguments.runs, arguments.times)
    elif arguments.of == "pages":
        line = pages(past, arguments.runs, arguments.times)
    else:
        line = growth(past, History(second, Path(other) / "mainspring.db"), arguments.ticks, arguments.times)
print(json.dumps({"work": f"history {arguments.of}", **line}))
