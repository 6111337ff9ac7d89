"""Carrying a simulation out, from its first moment to its last."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING

from attrs import frozen

from mainspring.daemon.tick.evaluations import Evaluating
from mainspring.daemon.tick.offered import Offered, OfferedSchedule
from mainspring.run import RunStatus
from mainspring.simulation.code import Code, Live, Stub
from mainspring.simulation.outcome import Outcome, outcomes_of
from mainspring.simulation.state import choose, clock_before_all, instance_at, offers, switch
from mainspring.storage import RunQuery, Storage
from mainspring.testing.deployment.loop import Loop
from mainspring.testing.deployment.workers import Workers

if TYPE_CHECKING:
    from mainspring.settings import Settings

_ALL = 1_000_000_000
_PARTS = 100


@frozen(kw_only=True)
class Simulated:
    """What came of a simulation.

    Attributes:
        outcomes: What automations came to, with what repeats told once.
        left_out: The automations that were not simulated, as they are off or were not named.
        waiting: How many runs still waited in the queue at the end.
    """

    outcomes: tuple[Outcome, ...]
    left_out: tuple[Offered, ...]
    waiting: int


def simulate(
    codes: Mapping[str, Code],
    since: float,
    until: float,
    *,
    names: Collection[str] = (),
    home: Storage | None = None,
    are_all_on: bool = True,
    settings: Settings | None = None,
    is_stubbed: bool = False,
    on_progress: Callable[[float], None] = lambda share: None,
) -> Simulated:
    """Return what automations would ask for in a stretch of time, and why they would not.

    Args:
        codes: The locations' code, by their names.
        since: The first moment, in seconds since the epoch; automations count as switched on then.
        until: The last moment.
        names: Which automations; those that are on unless any is named.
        home: Where the state of a home is read: what is on, cursors, run keys; None for none.
        are_all_on: Whether all automations are on, whatever their definitions and the home say.
        settings: The home's settings.
        is_stubbed: Whether functions are not called: schedules ask for plain runs, and sensors are left out.
        on_progress: Called with the share of the time that has passed, from 0 to 1.

    Raises:
        UnknownNameError: There is no automation of a name.
        EndlessError: Runs call for each other without end.
    """
    clock = clock_before_all()
    instance = instance_at(since, clock, home, settings)
    for code in codes.values():
        code.record(instance)
    offered = offers(instance.storage)
    chosen = choose(offered, home, names, are_all_on=are_all_on, with_sensors=not is_stubbed)
    switch(instance.storage, offered, chosen, home)
    clients = {name: _client(name, code, offered, is_stubbed=is_stubbed) for name, code in codes.items()}
    loop = Loop(instance, clock, clients, Workers(instance, None, lambda run: 0.0))
    with loop.listening():
        for part in range(1, _PARTS + 1):
            loop.advance_to(since + (until - since) * part / _PARTS)
            on_progress(part / _PARTS)
    storage = instance.storage
    last = max((each.last_tick_id or 0 for each in storage.automations.states()), default=0)
    ticks = storage.automations.ticks_by_id(range(1, last + 1)).values()
    runs = storage.runs.find(RunQuery(limit=_ALL))[::-1]
    chosen_keys = {each.key for each in chosen}
    return Simulated(
        outcomes=outcomes_of(ticks, runs, since),
        left_out=tuple(each for each in offered if each.key not in chosen_keys),
        waiting=sum(run.status is RunStatus.QUEUED for run in runs),
    )


def _client(name: str, code: Code, offered: Collection[Offered], *, is_stubbed: bool) -> Evaluating:
    if not is_stubbed:
        return Live(code)
    of_location = [each for each in offered if each.location == name]
    return Stub({each.name: each for each in of_location if isinstance(each, OfferedSchedule)})
