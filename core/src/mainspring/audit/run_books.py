"""What a run's row, its steps and its events say of it, against each other. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from mainspring.audit.books import Finding
from mainspring.event import Event, facts, fold
from mainspring.event.effect import RUN_STATUS, STEP_BEGIN, STEP_END
from mainspring.run import Run, RunStatus, StepRecord, StepStatus
from mainspring.run.status import TRANSITIONS

ONE_EXECUTION = "one execution an attempt"
TABLE = "statuses follow the table"
ROW = "the row is what the events say"
FENCE = "a superseded attempt writes nothing"

_HALF_DONE = frozenset({StepStatus.STARTED, StepStatus.FAILURE, StepStatus.CANCELED})


def check_run(run: Run, steps: Sequence[StepRecord], events: Sequence[Event]) -> Iterator[Finding]:
    """Yield what does not balance in one run.

    Args:
        run: Its row.
        steps: The rows of its steps' attempts.
        events: All its events, in order; read while neither row changed.
    """
    yield from _executions(run, events)
    yield from _changes(run, events)
    yield from _rows(run, steps, events)


def _executions(run: Run, events: Sequence[Event]) -> Iterator[Finding]:
    """Check that each attempt, of the run and of a step, was begun once and ended once."""
    begun: Counter[tuple[str | None, int]] = Counter()
    ended: Counter[tuple[str, int]] = Counter()
    for event in events:
        kind = type(event.fact)
        if event.step_key is None:
            begun[None, event.run_attempt] += kind is facts.RunStarted
            continue
        begun[event.step_key, event.step_attempt or 1] += kind in STEP_BEGIN
        ended[event.step_key, event.step_attempt or 1] += kind in STEP_END
    for (step, attempt), count in begun.items():
        if count > 1:
            what = "the run" if step is None else f"step {step!r}"
            yield Finding(
                ONE_EXECUTION, run.run_id, f"attempt {attempt} of {what} was begun {count} times in run {run.run_id}"
            )
    for (step, attempt), count in ended.items():
        if count > begun[step, attempt]:
            said = f"attempt {attempt} of step {step!r} ended {count} times and began {begun[step, attempt]} times"
            yield Finding(ONE_EXECUTION, run.run_id, f"{said} in run {run.run_id}")


def _changes(run: Run, events: Sequence[Event]) -> Iterator[Finding]:
    """Check the order of changes: of statuses by the table, of attempts upwards."""
    status: RunStatus | None = None
    attempt = 1
    for event in events:
        if event.run_attempt < attempt:
            said = f"attempt {event.run_attempt} of run {run.run_id} wrote {event.fact.kind} after attempt {attempt} had begun"
            yield Finding(FENCE, run.run_id, said)
        attempt = max(attempt, event.run_attempt)
        new = None if event.step_key is not None else RUN_STATUS.get(type(event.fact))
        if new is None:
            continue
        if new not in TRANSITIONS[status]:
            before = "beginning" if status is None else status.value
            yield Finding(TABLE, run.run_id, f"run {run.run_id} went from {before} to {new.value}, which no run may")
        status = new


def _rows(run: Run, steps: Sequence[StepRecord], events: Sequence[Event]) -> Iterator[Finding]:
    """Check the rows against the fold of the events."""
    state = fold(events)
    if state.status is not None and (state.status, state.attempt) != (run.status, run.attempt):
        said = (
            f"is {run.status.value} in attempt {run.attempt}, and by its events {state.status.value} in {state.attempt}"
        )
        yield Finding(ROW, run.run_id, f"run {run.run_id} {said}")
    if state.status is None:
        yield Finding(ROW, run.run_id, f"run {run.run_id} is {run.status.value} and has no event that says so")
    latest = {each.step_key: each for each in sorted(steps, key=lambda each: each.attempt)}
    for key in sorted(latest.keys() | state.steps.keys()):
        row, folded = latest.get(key), state.steps.get(key)
        if row is None or folded is None or (row.status, row.attempt) != (folded, state.attempts[key]):
            stored = "no row" if row is None else f"{row.status.value} in attempt {row.attempt}"
            told = "no event" if folded is None else f"{folded.value} in attempt {state.attempts[key]}"
            yield Finding(ROW, run.run_id, f"step {key!r} of run {run.run_id} has {stored}, and by its events {told}")
        elif run.status is RunStatus.SUCCESS and folded in _HALF_DONE:
            said = f"run {run.run_id} is SUCCESS, and its step {key!r} is {folded.value}"
            yield Finding(ROW, run.run_id, said)
