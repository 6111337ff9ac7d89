"""Watching the daemons of a storage: which of them are at work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from mainspring.clock import Clock
from mainspring.daemon.health import DaemonHealth, Life, health_of, identity_of
from mainspring.daemon.pulse import BEAT_SECONDS
from mainspring.run import WorkerIdentity
from mainspring.storage import DutyStore, Heartbeat

WATCH_SECONDS = 3 * BEAT_SECONDS
"""How long a daemon is watched that may have gone."""

_LOOK_SECONDS = 0.25

Liveness = Callable[[WorkerIdentity], Literal["alive", "dead", "elsewhere"]]


def watch_daemons(store: DutyStore, clock: Clock, liveness: Liveness) -> list[DaemonHealth]:
    """Return how the daemons do that have told of themselves; those that cannot be judged at once are watched for a while.

    Args:
        store: Where they tell it.
        clock: The time of this host.
        liveness: Whether a process lives, as far as this host can tell.
    """
    first = store.heartbeats()
    alive = {each.daemon_id: liveness(identity_of(each)) for each in first}
    unsure = [each for each in first if alive[each.daemon_id] != "dead" and not _is_fresh(each, clock, alive)]
    latest = _watched(unsure, store, clock)
    found: list[DaemonHealth] = []
    for each in first:
        now = latest.get(each.daemon_id, each)
        life: Life = "alive"
        if alive[each.daemon_id] == "dead":
            life = "gone"
        elif each in unsure and now.version == each.version:
            life = "stuck" if alive[each.daemon_id] == "alive" else "gone"
        found.append(health_of(now, life))
    return found


def _is_fresh(heartbeat: Heartbeat, clock: Clock, alive: Mapping[str, str]) -> bool:
    """Return whether a daemon of this host, whose clock it shares, has told something just now."""
    return alive[heartbeat.daemon_id] == "alive" and abs(clock.time() - heartbeat.beat_at) < WATCH_SECONDS


def _watched(unsure: Sequence[Heartbeat], store: DutyStore, clock: Clock) -> dict[str, Heartbeat]:
    """Return what daemons tell once each of them has told something more, or after a while."""
    latest = {each.daemon_id: each for each in unsure}
    until = clock.monotonic() + WATCH_SECONDS
    never = threading.Event()
    while any(latest[each.daemon_id].version == each.version for each in unsure) and clock.monotonic() < until:
        clock.wait(never, _LOOK_SECONDS)
        latest.update({each.daemon_id: each for each in store.heartbeats() if each.daemon_id in latest})
    return latest
