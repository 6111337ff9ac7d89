"""The fold: what a run's events say of its state, which must be what its row says."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define, field, frozen

from mainspring.event import facts
from mainspring.event.effect import RUN_STATUS, STEP_BEGIN, STEP_END
from mainspring.event.event import Event
from mainspring.run import RunStatus, StepStatus


@frozen
class StoredOutput:
    """The pointer to one value: which attempt of which step of which run stored it, and what was told of it."""

    run_id: str
    step_key: str
    attempt: int
    fact: facts.StepOutput


@define
class RunState:
    """What a run's events add up to.

    Attributes:
        status: The run's status; None before its first event.
        attempt: The run's attempt.
        steps: The status of each step's latest attempt.
        attempts: How many attempts each step had.
        outputs: The values of steps that succeeded, by step, output and mapping key.
        keys: The mapping keys of dynamic outputs, in order, by step and output.
        reason: Why it failed or was canceled.
        pending: What steps under way have stored so far; it counts once they have succeeded.
    """

    status: RunStatus | None = None
    attempt: int = 0
    steps: dict[str, StepStatus] = field(factory=dict)
    attempts: dict[str, int] = field(factory=dict)
    outputs: dict[tuple[str, str, str | None], StoredOutput] = field(factory=dict)
    keys: dict[tuple[str, str], list[str]] = field(factory=dict)
    reason: str | None = None
    pending: dict[str, list[StoredOutput]] = field(factory=dict)


def fold(events: Iterable[Event], state: RunState | None = None) -> RunState:
    """Apply events in order to a state, a fresh one unless given, and return it."""
    state = RunState() if state is None else state
    for event in events:
        _apply(state, event)
    return state


def _apply(state: RunState, event: Event) -> None:
    fact = event.fact
    kind = type(fact)
    key = event.step_key
    if key is None:
        if kind in RUN_STATUS:
            state.status = RUN_STATUS[kind]
            state.attempt = event.run_attempt
            state.reason = getattr(fact, "reason", None) or None
        return
    attempt = event.step_attempt or 1
    status = STEP_BEGIN.get(kind) or STEP_END.get(kind)
    if status is not None:
        state.steps[key] = status
        state.attempts[key] = max(state.attempts.get(key, 0), attempt)
    match fact:
        case facts.StepStarted():
            state.pending[key] = []
        case facts.StepOutput():
            state.pending.setdefault(key, []).append(StoredOutput(event.run_id, key, attempt, fact))
        case facts.StepSucceeded():
            _publish(state, key)
        case _:
            pass


def _publish(state: RunState, key: str) -> None:
    """Outputs count once their step has succeeded; a later attempt's replace an earlier one's."""
    for stored in state.pending.pop(key, []):
        fact = stored.fact
        if fact.mapping_key is not None or fact.is_empty:
            known = state.keys.setdefault((key, fact.output), [])
            if fact.mapping_key is not None and fact.mapping_key not in known:
                known.append(fact.mapping_key)
        if not fact.is_empty:
            state.outputs[key, fact.output, fact.mapping_key] = stored
