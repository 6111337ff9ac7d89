"""How automations stand when a simulation begins."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from mainspring.daemon.tick.offered import Offered, OfferedSensor, read_offered
from mainspring.errors import UnknownNameError
from mainspring.instance import Instance
from mainspring.storage import AutomationState, Decision, DefinitionQuery, Storage, memory_storage
from mainspring.testing.clock import VirtualClock

if TYPE_CHECKING:
    from mainspring.settings import Settings

_ALL = 1_000_000_000


def instance_at(since: float, clock: VirtualClock, home: Storage | None, settings: Settings | None) -> Instance:
    """Return an instance in memory just before a moment, which knows the run keys of a home.

    Args:
        since: The moment, in seconds since the epoch; what is due just then is to be decided yet.
        clock: A clock that has not passed it.
        home: Where the home's state is; None for none.
        settings: The home's settings.
    """
    clock.advance_to(math.nextafter(since, -math.inf))
    storage = memory_storage(None if home is None else _Ledger(home))
    return evolve(Instance.ephemeral(clock=clock), storage=storage, settings=settings)


@frozen
class _Ledger:
    """The run keys of a home, but for those of followers: theirs tell of events, and the simulation has other ones."""

    home: Storage

    def __call__(self, location: str, name: str, keys: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        state = self.home.automations.get(location, name)
        if state is None or (state.kind == "sensor" and state.timing is not None):
            return set()
        return self.home.automations.known_keys(location, name, keys)


def clock_before_all() -> VirtualClock:
    """Return a clock that can go to any moment."""
    return VirtualClock(datetime.fromtimestamp(0, UTC))


def offers(storage: Storage) -> list[Offered]:
    """Return what the locations offer that are recorded as loaded."""
    found = storage.locations.definitions(DefinitionQuery(limit=_ALL))
    return [read_offered(each) for each in found if each.kind != "job"]


def choose(
    offered: Sequence[Offered],
    home: Storage | None,
    names: Collection[str],
    *,
    are_all_on: bool,
    with_sensors: bool,
) -> list[Offered]:
    """Return the automations that are simulated: those that are named, else those that are on.

    Args:
        offered: All there are.
        home: Where it is recorded which were switched; None for none.
        names: Their names, or LOCATION:NAME.
        are_all_on: Whether all are on, whatever their definitions and the home say.
        with_sensors: Whether sensors are among them.

    Raises:
        UnknownNameError: There is none of a name.
    """
    for name in names:
        if not any(_is_named(each, [name]) for each in offered):
            raise UnknownNameError("schedule or sensor", name, [each.name for each in offered])
    chosen = [each for each in offered if (_is_named(each, names) if names else are_all_on or _is_on(each, home))]
    return [each for each in chosen if with_sensors or not isinstance(each, OfferedSensor)]


def switch(storage: Storage, offered: Sequence[Offered], chosen: Collection[Offered], home: Storage | None) -> None:
    """Introduce automations: the chosen ones are on, and sensors go on from the cursors that a home has for them.

    Args:
        storage: Where the simulation is recorded.
        offered: All automations.
        chosen: Those that are simulated.
        home: Where the home's state is; None for none.
    """
    keys = {each.key for each in chosen}
    for each in offered:
        known = None if home is None else home.automations.get(*each.key)
        state = AutomationState(
            location=each.location,
            name=each.name,
            kind=each.kind,
            switch="running" if each.key in keys else "stopped",
            last_run_key=None if known is None else known.last_run_key,
        )
        storage.automations.introduce([state])
        if home is not None and isinstance(each, OfferedSensor) and each.follows is None:
            cursor = home.automations.cursors(each.location, [each.name]).get(each.name)
            storage.automations.commit([Decision(state=state, cursor=cursor, moves_cursor=True)])


def _is_named(offered: Offered, names: Collection[str]) -> bool:
    return offered.name in names or f"{offered.location}:{offered.name}" in names


def _is_on(offered: Offered, home: Storage | None) -> bool:
    state = None if home is None else home.automations.get(*offered.key)
    return offered.is_on(None if state is None else state.switch)
