"""Switching automations on and off, and setting a sensor's cursor: what a person changes, by compare-and-set."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from mainspring.daemon.tick.due import switched_on
from mainspring.daemon.tick.introduction import seen
from mainspring.daemon.tick.offered import Offered, OfferedSchedule, OfferedSensor
from mainspring.errors import MainspringError
from mainspring.storage import AutomationState, Decision, Storage

_TRIES = 100
"""How often a change is tried that a daemon's decisions come before."""


def start(offered: Offered, storage: Storage, now: float) -> bool:
    """Switch an automation on; False where it was on already.

    Raises:
        MainspringError: It is changed time and again meanwhile.
    """

    def decide(state: AutomationState) -> Decision | None:
        if offered.is_on(state.switch):
            return None
        if isinstance(offered, OfferedSchedule):
            due = switched_on(offered, state, now)
            return Decision(state=evolve(due.state, updated_at=now), ticks=due.ticks)
        return Decision(state=evolve(state, switch="running", not_before=None, failures=0, updated_at=now))

    return _change(offered, storage, now, decide)


def stop(offered: Offered, storage: Storage, now: float) -> bool:
    """Switch an automation off; False where it was off already.

    A daemon records what is left of a schedule's past as dropped; where none is up, `start` does.

    Raises:
        MainspringError: It is changed time and again meanwhile.
    """

    def decide(state: AutomationState) -> Decision | None:
        return Decision(state=evolve(state, switch="stopped", updated_at=now)) if offered.is_on(state.switch) else None

    return _change(offered, storage, now, decide)


def move_cursor(sensor: OfferedSensor, cursor: str | None, storage: Storage, now: float) -> None:
    """Have a sensor go on from another cursor; an evaluation that began with the old one is not recorded.

    Raises:
        MainspringError: It is changed time and again meanwhile.
    """

    def decide(state: AutomationState) -> Decision:
        moved = evolve(state, last_skip=None, not_before=None, updated_at=now)
        return Decision(state=moved, cursor=cursor, moves_cursor=True)

    _change(sensor, storage, now, decide)


def _change(
    offered: Offered, storage: Storage, now: float, decide: Callable[[AutomationState], Decision | None]
) -> bool:
    """Apply a change to an automation as it stands; False where there is none."""
    for _ in range(_TRIES):
        decision = decide(seen(offered, storage, now))
        if decision is None:
            return False
        (committed,) = storage.automations.commit([decision]).committed
        if committed.state is not None:
            return True
    raise MainspringError(
        f"{offered.kind} {offered.name!r} of location {offered.location!r} is being changed time and again; try once more"
    )
