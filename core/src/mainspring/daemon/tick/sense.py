"""When a sensor is evaluated: a pure function of how it stands and of the time."""

from __future__ import annotations

from mainspring.daemon.tick.offered import OfferedSensor
from mainspring.storage import AutomationState

LAST_BACK_OFF_SECONDS = 300.0
"""How long a sensor that fails time and again is left alone at the most, unless it is evaluated less often anyway."""


def next_evaluation(sensor: OfferedSensor, state: AutomationState, now: float) -> float | None:
    """Return when a sensor is to be evaluated, in seconds since the epoch; None while that waits for something else.

    A clock that was set back delays it by no more than one round. One that follows the log waits for no round.
    """
    if not sensor.is_on(state.switch) or state.outbox:
        return None
    if state.mark is None or state.mark > now + sensor.every_seconds:
        return now
    due = state.mark + (sensor.every_seconds if sensor.follows is None else 0.0)
    if state.not_before is None:
        return due
    return max(due, min(state.not_before, now + back_off_seconds(sensor.every_seconds, state.failures)))


def back_off_seconds(every_seconds: float, failures: int) -> float:
    """Return how long a sensor is left alone that has failed so often in a row: twice as long each time."""
    return max(every_seconds, min(every_seconds * 2.0 ** min(failures - 1, 20), LAST_BACK_OFF_SECONDS))
