"""Introducing automations that storage has not seen: nothing of their past is due, unless they go by another name."""

from __future__ import annotations

import logging
from collections.abc import Collection

from mainspring.daemon.tick import due
from mainspring.daemon.tick.offered import Offered, OfferedSchedule
from mainspring.storage import AutomationState, Storage

_LOGGER = logging.getLogger("mainspring.daemon")


def introduced(offered: Offered, now: float) -> AutomationState:
    """Return how an automation stands that was never seen before."""
    if isinstance(offered, OfferedSchedule):
        return due.introduce(offered, now)
    return AutomationState(location=offered.location, name=offered.name, kind=offered.kind, updated_at=now)


def adopts(offered: Offered, known: Collection[str], others: Collection[str], storage: Storage, now: float) -> bool:
    """Have an automation take over the state of the one that it names, if that is not offered any more.

    Args:
        offered: The automation.
        known: The names in its location that storage has seen.
        others: The names that its location offers.
        storage: Where they stand.
        now: Seconds since the epoch.
    """
    old = offered.adopts
    if old is None or offered.name in known or old not in known or old in others:
        return False
    adopted = storage.automations.adopt(offered.location, old, offered.name, now)
    if adopted:
        _LOGGER.info("%s %r has taken over the state and the run keys of %r", offered.kind, offered.name, old)
    return adopted


def seen(offered: Offered, storage: Storage, now: float) -> AutomationState:
    """Return how an automation stands, introducing it where it was not seen before."""
    state = storage.automations.get(*offered.key)
    if state is None:
        names = {name for kind, name in storage.locations.hashes(offered.location) if kind != "job"}
        known = {each.name for each in storage.automations.states(offered.location)}
        if not adopts(offered, known, names, storage, now):
            storage.automations.introduce([introduced(offered, now)])
        state = storage.automations.get(*offered.key)
    return introduced(offered, now) if state is None else state
