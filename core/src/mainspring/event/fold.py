"""The fold: what a run's events say of its state, which must be what its row says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from attrs import define, field, frozen

from mainspring.event import facts
from mainspring.event.event import Event
from mainspring.run import RunStatus, StepStatus


@frozen
class StoredOutput:
    """The pointer to one value: which attempt of which step stored it, and what was told of it."""

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
    """

    status: RunStatus | None = None
    attempt: int = 0
    steps: dict[str, StepStatus] = field(factory=dict)
    attempts: dict[str, int] = field(factory=dict)
    outputs: dict[tuple[str, str, str | None], StoredOutput] = field(factory=dict)
    keys: dict[tuple[str, str], list[str]] = field(factory=dict)
    reason: str | None = None
    _pending: dict[str, list[StoredOutput]] = field(factory=dict)


def fold(events: Iterable[Event], state: RunState | None = None) -> RunState:
    """Apply events in order to a state, a fresh one unless given, and return it."""
    state = RunState() if state is None else state
    for event in events:
        _apply(state, event)
    return state


def _apply(state: RunState, event: Event) -> None:
    match event.fact:
        case facts.RunQueued():
            _run(state, event, RunStatus.QUEUED)
        case facts.RunStarting():
            _run(state, event, RunStatus.STARTING)
        case facts.RunStarted():
            _run(state, event, RunStatus.STARTED)
        case facts.RunSucceeded():
            _run(state, event, RunStatus.SUCCESS)
        case facts.RunFailed(reason=reason):
            _run(state, event, RunStatus.FAILURE, reason)
        case facts.RunCanceling():
            _run(state, event, RunStatus.CANCELING)
        case facts.RunCanceled(reason=reason):
            _run(state, event, RunStatus.CANCELED, reason)
        case facts.StepStarted():
            _step(state, event, StepStatus.STARTED)
            state._pending[event.step_key or ""] = []
        case facts.StepOutput():
            key = event.step_key or ""
            state._pending.setdefault(key, []).append(StoredOutput(key, event.step_attempt or 1, event.fact))
        case facts.StepSucceeded():
            _step(state, event, StepStatus.SUCCESS)
            _publish(state, event.step_key or "")
        case facts.StepFailed():
            _step(state, event, StepStatus.FAILURE)
        case facts.StepRetried():
            _step(state, event, StepStatus.RETRY)
        case facts.StepSkipped():
            _step(state, event, StepStatus.SKIPPED)
        case facts.StepCanceled():
            _step(state, event, StepStatus.CANCELED)
        case facts.InputLoaded() | facts.AssetMaterialized() | facts.HookFailed():
            pass
        case _ as never:
            assert_never(never)


def _run(state: RunState, event: Event, status: RunStatus, reason: str | None = None) -> None:
    state.status = status
    state.attempt = event.run_attempt
    state.reason = reason


def _step(state: RunState, event: Event, status: StepStatus) -> None:
    key = event.step_key or ""
    state.steps[key] = status
    state.attempts[key] = max(state.attempts.get(key, 0), event.step_attempt or 1)


def _publish(state: RunState, key: str) -> None:
    """Outputs count once their step has succeeded; a later attempt's replace an earlier one's."""
    for stored in state._pending.pop(key, []):
        fact = stored.fact
        if fact.mapping_key is not None or fact.is_empty:
            known = state.keys.setdefault((key, fact.output), [])
            if fact.mapping_key is not None and fact.mapping_key not in known:
                known.append(fact.mapping_key)
        if not fact.is_empty:
            state.outputs[key, fact.output, fact.mapping_key] = stored
