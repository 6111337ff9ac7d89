"""What a run in the queue waits for, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mainspring.daemon.health import identity_of
from mainspring.daemon.rules import queue_rules
from mainspring.execute.worker import liveness
from mainspring.run.queue import places_of
from mainspring.storage import LocationStatus

if TYPE_CHECKING:
    from mainspring.instance import Instance
    from mainspring.run import Run


def waits_for(run: Run, instance: Instance) -> list[str]:
    """Return what a QUEUED run waits for; nothing where it is to start in a moment."""
    return list(_waits(run, instance))


def _waits(run: Run, instance: Instance) -> Iterator[str]:
    heartbeats = instance.storage.duties.heartbeats()
    if all(liveness(identity_of(each)) == "dead" for each in heartbeats):
        yield "a daemon, of which none is at work (`mainspring daemon` starts one)"
    location = None if run.location is None else instance.storage.locations.get(run.location)
    if run.location is not None and location is None:
        yield f"location {run.location}, which nobody has opened yet"
    elif location is not None and location.status is not LocationStatus.LOADED:
        error = f": {location.error.partition(chr(10))[0]}" if location.error else ""
        yield f"location {location.name}, which is {location.status}{error}"
    places = places_of(instance.storage.runs.active(), queue_rules(instance.settings))
    obstacle = places.obstacle(run, instance.clock.time())
    if obstacle is not None:
        yield obstacle
