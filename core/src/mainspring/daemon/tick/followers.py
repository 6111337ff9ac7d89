"""Deciding the ticks of followers: sensors that are evaluated with what is new in the log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from mainspring.daemon.tick.follower import ended, look_at_follower
from mainspring.daemon.tick.interest import read_follows
from mainspring.daemon.tick.offered import OfferedSensor
from mainspring.daemon.tick.page import Page
from mainspring.daemon.tick.roster import Entry, Roster
from mainspring.daemon.tick.sense import next_evaluation
from mainspring.daemon.tick.work import AtWork, Decided, InHand
from mainspring.location.evaluation import ask_sensor
from mainspring.location.frames import Message
from mainspring.storage import Storage

PAGES_AT_A_TIME = 50
"""How many pages of the log a location is given at a time."""

LOOKS_AT_A_TIME = 200
"""How many followers of a location are looked at before others have their turn."""

FEW = 4
"""Of how many followers each is looked at without asking first where the log ends."""

MOMENT_SECONDS = 0.02
"""When a follower is looked at for which there was no room."""


def is_follower(entry: Entry) -> bool:
    """Return whether an automation follows the log, or did until its location did not offer it any more."""
    return entry.follows is not None or (entry.offered is None and read_follows(entry.state.timing) is not None)


def look_at_followers(
    storage: Storage, in_hand: InHand, roster: Roster, due: Sequence[Entry], now: float
) -> tuple[list[Decided], list[Message]]:
    """Look at followers that are due: return what can be decided, and what the location is to be asked for."""
    decided: list[Decided] = []
    asks: list[Message] = []
    for entry in due[LOOKS_AT_A_TIME:]:
        roster.plan(entry, now)
    for entry, cursor, end in _ready(storage, roster, due[:LOOKS_AT_A_TIME], now, decided):
        assert isinstance(entry.offered, OfferedSensor)  # noqa: S101 - others are not ready
        found = look_at_follower(storage, entry.offered, entry.state, cursor, read_to=entry.read_to, end=end, now=now)
        match found:
            case Page(items=()):
                roster.plan(entry, None)
                entry.rests, entry.read_to = True, found.read_to
            case Page():
                id_ = in_hand.begin(AtWork(roster, entry, now, cursor=cursor))
                asks.append(_ask(id_, entry.offered, entry, found, cursor))
            case _:
                decided.append(Decided(roster, entry, found))
    return decided, asks


def _ready(
    storage: Storage, roster: Roster, due: Sequence[Entry], now: float, decided: list[Decided]
) -> Iterator[tuple[Entry, str | None, int | None]]:
    """Yield the followers to be looked at in the log, with their cursors and its end; the others are planned, or ended."""
    if not due:
        return
    cursors = storage.automations.cursors(roster.location, [each.state.name for each in due])
    end = storage.events.last_followed() if len(due) > FEW else None
    room = PAGES_AT_A_TIME - sum(each.is_at_work for each in roster.following)
    for entry in due:
        entry.rests = False
        sensor = entry.offered
        if not isinstance(sensor, OfferedSensor) or not sensor.is_on(entry.state.switch):
            roster.plan(entry, None)
            if entry.state.timing is not None:
                decided.append(Decided(roster, entry, ended(entry.state, now)))
            continue
        at = next_evaluation(sensor, entry.state, now)
        if at is None or at > now:
            roster.plan(entry, at)
        elif room <= 0:
            roster.plan(entry, now + MOMENT_SECONDS)
        else:
            yield entry, cursors.get(sensor.name), end
            room -= entry.is_at_work


def _ask(id_: str, sensor: OfferedSensor, entry: Entry, page: Page, cursor: str | None) -> Message:
    mark = entry.state.mark
    return ask_sensor(
        id_,
        sensor.name,
        sensor.deadline_seconds,
        cursor=cursor,
        last_tick_time=None if mark is None else datetime.fromtimestamp(mark, UTC),
        last_run_key=entry.state.last_run_key,
        followed=page.items,
    )
