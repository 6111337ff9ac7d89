"""Known faults, to be planted one at a time: each takes away one thing that a guarantee rests on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from typing import Any

import pytest
from attrs import evolve
from sqlalchemy import false

from mainspring.daemon.tick import due
from mainspring.errors import SupersededError
from mainspring.event import Event, RunQueued, RunSucceeded
from mainspring.run import Run, RunStatus
from mainspring.run.queue import NO_LIMITS, places_of
from mainspring.storage import Batch, Decision, rows
from mainspring.storage.sql import commit, events, queue, runs
from tests.crash.planted.trial import Trial

Fault = Callable[[pytest.MonkeyPatch, Trial], None]


def none(monkeypatch: pytest.MonkeyPatch, trial: Trial) -> None:
    """Plant nothing: the books must balance."""


def a_tick_retried_twice(monkeypatch: pytest.MonkeyPatch, trial: Trial) -> None:
    """Commit each decision once more, where no unique index and no version stand in the way."""
    execute(trial, "DROP INDEX ticks_by_time")
    monkeypatch.setattr(commit, "_AT_THIS_TIME", commit._AT_THIS_TIME.where(false()))  # noqa: SLF001 - what is sabotaged is private
    original = trial.storage.automations.commit

    def twice(decisions: Sequence[Decision], *rest: Any) -> Batch:
        first = original(decisions, *rest)
        again = [
            evolve(each, state=evolve(each.state, version=each.state.version + 1), runs=_renamed(each.runs))
            for each, done in zip(decisions, first.committed, strict=True)
            if done.state is not None and each.ticks and each.ticks[-1].kind == "schedule"
        ]
        original(again, *rest)
        return first

    monkeypatch.setattr(trial.storage.automations, "commit", twice)


def the_cursor_first(monkeypatch: pytest.MonkeyPatch, trial: Trial) -> None:
    """Commit a sensor's cursor before what it has asked for."""
    original = trial.storage.automations.commit

    def cursors_first(decisions: Sequence[Decision], *rest: Any) -> Batch:
        decisions = list(decisions)
        for place, each in enumerate(decisions):
            if each.moves_cursor:
                before = trial.storage.automations.get(*each.state.key)
                moved = Decision(state=before or each.state, cursor=each.cursor, moves_cursor=True)
                original([moved], None, *rest[1:])
                trial.point("fault.cursor")
                decisions[place] = evolve(each, state=evolve(each.state, version=each.state.version + 1))
        return original(decisions, *rest)

    monkeypatch.setattr(trial.storage.automations, "commit", cursors_first)


def requests_behind_the_tick(monkeypatch: pytest.MonkeyPatch, trial: Trial) -> None:
    """Commit a schedule's tick, and its runs in a transaction of their own."""
    original = trial.storage.automations.commit

    def tick_first(decisions: Sequence[Decision], *rest: Any) -> Batch:
        bare = [
            evolve(each, runs=(), ticks=(*each.ticks[:-1], evolve(each.ticks[-1], requested=len(each.runs))))
            if each.runs and each.ticks[-1].kind == "schedule"
            else each
            for each in decisions
        ]
        batch = original(bare, *rest)
        for each, done in zip(decisions, batch.committed, strict=True):
            if each not in bare and done.tick is not None:
                trial.point("fault.requests")
                for run in each.runs:
                    _create(trial, evolve(run, tick_id=done.tick.tick_id))
        return batch

    monkeypatch.setattr(trial.storage.automations, "commit", tick_first)


def no_fence(monkeypatch: pytest.MonkeyPatch, trial: Trial) -> None:
    """Let superseded attempts write."""
    monkeypatch.setattr(events, "check_in_charge", lambda *_: None)
    monkeypatch.setattr(events, "check_working", lambda *_: None)
    monkeypatch.setattr(events, "attempts_to_check", lambda *_: set())
    a_step_claimed_twice(monkeypatch, trial)


def a_claim_without_comparison(monkeypatch: pytest.MonkeyPatch, trial: Trial) -> None:
    """Let every worker claim that asks."""
    original = rows.claimed

    def always(run_id: str, run: Run, attempt: int, *rest: Any) -> dict[str, Any]:
        return original(run_id, evolve(run, status=RunStatus.STARTING, attempt=attempt, worker=None), attempt, *rest)

    monkeypatch.setattr(runs, "claimed", always)


def a_step_claimed_twice(monkeypatch: pytest.MonkeyPatch, trial: Trial) -> None:
    """Let a second claimant of a step go on."""
    original = events._change_step  # noqa: SLF001 - as above

    def lenient(*given: Any) -> None:
        with suppress(SupersededError):
            original(*given)

    monkeypatch.setattr(events, "_change_step", lenient)


def a_slot_leaked_by_each_death(monkeypatch: pytest.MonkeyPatch, trial: Trial) -> None:
    """Count the runs that were under way when a daemon died as if they were so for ever."""

    def leaky(active: Sequence[Run], *rest: Any) -> Any:
        ghosts = [evolve(run, run_id=f"ghost-{number}") for number in range(len(trial.deaths)) for run in active[:1]]
        leaked.extend(ghosts[len(leaked) :])
        return places_of([*active, *leaked], *rest)

    leaked: list[Run] = []
    monkeypatch.setattr(queue, "places_of", leaky)


def a_limit_not_held(monkeypatch: pytest.MonkeyPatch, trial: Trial) -> None:
    """Have runs leave the queue by no rules."""
    monkeypatch.setattr(queue, "places_of", lambda active, rules, room: places_of(active, NO_LIMITS, room))


def keys_forgotten_with_their_runs(monkeypatch: pytest.MonkeyPatch, trial: Trial) -> None:
    """Delete run keys with the runs that they were for."""
    original = trial.storage.retention.delete_runs

    def with_keys(*given: Any) -> Any:
        chunk = original(*given)
        execute(trial, "DELETE FROM run_keys WHERE run_id NOT IN (SELECT run_id FROM runs)")
        return chunk

    monkeypatch.setattr(trial.storage.retention, "delete_runs", with_keys)


def missed_times_without_a_record(monkeypatch: pytest.MonkeyPatch, trial: Trial) -> None:
    """Forget what was missed, as if nothing had been due."""
    monkeypatch.setattr(due, "_caught_up", lambda *_: None)
    monkeypatch.setattr(due, "_missed", lambda *_: ())


def the_past_run_at_first_sight(monkeypatch: pytest.MonkeyPatch, trial: Trial) -> None:
    """Begin to count due times an hour before a schedule is seen first."""
    original = due.introduce
    monkeypatch.setattr(due, "introduce", lambda schedule, now: original(schedule, now - 3600.0))


def statuses_by_no_table(monkeypatch: pytest.MonkeyPatch, trial: Trial) -> None:
    """Let a run that is over become whatever somebody says."""
    original = rows.run_changes
    monkeypatch.setattr(events, "check_in_charge", lambda *_: None)
    monkeypatch.setattr(events, "run_changes", lambda run_id, old, event: original(run_id, _admitting(old), event))
    monkeypatch.setattr(events, "_IS_AS_READ", events._IS_AS_READ[:1])  # noqa: SLF001 - as above
    monkeypatch.setattr(events, "_CHANGE_RUN", {})


def a_part_of_the_outbox_lost(monkeypatch: pytest.MonkeyPatch, trial: Trial) -> None:
    """Take a part out of the outbox before its runs are queued."""
    original = trial.storage.automations.expand

    def taken_first(*given: Any) -> Batch | None:
        rows = execute(trial, "SELECT * FROM outbox ORDER BY tick_id, chunk LIMIT 1")
        for row in rows:
            execute(trial, "DELETE FROM outbox WHERE tick_id = ? AND chunk = ?", *row[:2])
        trial.point("fault.outbox")
        for row in rows:
            execute(trial, "INSERT INTO outbox VALUES (?, ?, ?, ?, ?)", *row)
        return original(*given)

    monkeypatch.setattr(trial.storage.automations, "expand", taken_first)


def an_end_without_its_event(monkeypatch: pytest.MonkeyPatch, trial: Trial) -> None:
    """Change a run's row, and lose the event that says so."""
    original = events.append_events

    def forgetful(database: Any, connection: Any, new: Sequence[Event]) -> None:
        original(database, connection, [each for each in new if not isinstance(each.fact, RunSucceeded)])

    monkeypatch.setattr(events, "append_events", forgetful)


def execute(trial: Trial, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Change the database behind everybody's back, and return what was found there."""
    with closing(sqlite3.connect(trial.database, isolation_level=None)) as connection:
        return connection.execute(statement, values).fetchall()


def _renamed(asked: Sequence[Run]) -> tuple[Run, ...]:
    return tuple(evolve(run, run_id=f"{run.run_id}-again") for run in asked)


def _create(trial: Trial, run: Run) -> None:
    queued = Event(run_id=run.run_id, run_attempt=1, fact=RunQueued(), timestamp=trial.clock.time())
    trial.storage.runs.create(run, [queued])


def _admitting(old: RunStatus) -> RunStatus:
    return RunStatus.STARTED if old.is_final else old


FAULTS: Mapping[Fault, str] = {
    a_tick_retried_twice: "one decision a tick: schedule sales:each_minute has decided ",
    the_cursor_first: "witness: what was asked for as ",
    requests_behind_the_tick: "of sales:each_minute has asked for 1 runs, of which 0 exist",
    no_fence: "a superseded attempt writes nothing: attempt 1 of run ",
    a_claim_without_comparison: "one execution an attempt: attempt 1 of the run was begun 2 times in run ",
    a_step_claimed_twice: "one execution an attempt: attempt 1 of step 'one' was begun 2 times in run ",
    a_slot_leaked_by_each_death: "slot: ",
    a_limit_not_held: "limit: ",
    keys_forgotten_with_their_runs: "witness: what was asked for as 'file-",
    missed_times_without_a_record: "no time is left out: ",
    the_past_run_at_first_sight: "which is from before the schedule was switched on",
    statuses_by_no_table: "statuses follow the table: run ",
    a_part_of_the_outbox_lost: "stuck: the daemon goes in circles at outbox.expand",
    an_end_without_its_event: "the row is what the events say: run ",
}
"""What must be said of each of them."""
