"""What becomes of a follower that is looked at: it begins, is evaluated, is moved on, rests or ends."""

from __future__ import annotations

from attrs import evolve

from mainspring.daemon.tick.interest import common, follows_text, position_of, read_follows
from mainspring.daemon.tick.offered import OfferedSensor
from mainspring.daemon.tick.page import PASSED_FACTS, Page, read_page
from mainspring.storage import AutomationState, Decision, Storage


def look_at_follower(
    storage: Storage,
    sensor: OfferedSensor,
    state: AutomationState,
    cursor: str | None,
    *,
    read_to: int,
    end: int | None,
    now: float,
) -> Decision | Page:
    """Return what a follower that is on calls for: a decision, or the page that it is to be evaluated with, empty for none.

    Args:
        storage: Where the log is.
        sensor: The sensor.
        state: How it stands.
        cursor: Its cursor.
        read_to: Up to which event it is known that nothing concerns it, though its cursor may be behind.
        end: The last fact that others follow, as it was just now; None where that was not looked for.
        now: Seconds since the epoch.
    """
    assert sensor.follows is not None  # noqa: S101 - that is what makes it a follower
    followed, position = read_follows(state.timing), position_of(cursor)
    text = follows_text(sensor.follows)
    is_other = state.timing != text
    if end is None and (is_other or position is None):
        end = storage.events.last_followed()  # read first: what comes after it is read below
    if followed is None or position is None:
        return moved(evolve(state, timing=text), end or 0, now)
    after = max(position, read_to)
    if end is not None and after >= end and not is_other:
        return Page((), after)
    page = read_page(storage, common(followed, sensor.follows), after, sensor.location, sensor.name)
    if page.items:
        return page
    if is_other:
        return moved(evolve(state, timing=text), max(end or 0, position), now)
    if page.read_to - position >= PASSED_FACTS:
        return moved(state, page.read_to, now)
    return page


def moved(state: AutomationState, position: int, now: float) -> Decision:
    """Return the decision that moves a follower's cursor to an event, without a tick."""
    return Decision(state=evolve(state, updated_at=now), cursor=str(position), moves_cursor=True)


def ended(state: AutomationState, now: float) -> Decision:
    """Return the decision about a follower that is off, or not offered any more: it will begin anew."""
    after = evolve(state, timing=None, not_before=None, failures=0, updated_at=now)
    return Decision(state=after, cursor=None, moves_cursor=True)
