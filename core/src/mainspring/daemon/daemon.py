"""The daemon's one loop: look, decide, apply, and sleep until the next moment that matters."""

from __future__ import annotations

import json
import logging
import math
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from mainspring.daemon.expiry import rules_of
from mainspring.daemon.lease import RENEW_SECONDS, Leases
from mainspring.daemon.pulse import Pulse
from mainspring.daemon.reconcilers import Reconcilers
from mainspring.daemon.retention import Retention
from mainspring.daemon.tick.interest import smallest
from mainspring.errors import MainspringError
from mainspring.execute.worker import liveness, own_identity
from mainspring.launch import RunLauncher
from mainspring.location.keeper import LocationKeeper, close_locations, open_locations
from mainspring.location.spec import LocationSpec
from mainspring.run import Run, WorkerIdentity
from mainspring.settings import RetentionSettings
from mainspring.storage import Duty, Topic

if TYPE_CHECKING:
    from mainspring.instance import Instance
    from mainspring.location.client import LocationClient

POLL_SECONDS = 1.0
"""How often it looks by itself: wake-ups may be lost, and the clock may be set."""

POLLS_A_READING = 15
"""How often it looks by itself until it reads, too, how all automations stand: that somebody has switched one may be all
that was lost, as where the sockets of that process are in another folder."""

HICCUP_SECONDS = 1.0
"""How long a storage that fails is left alone."""

DRAIN_SECONDS = 10.0
"""How long evaluations may take to end once the daemon is to stop."""

GONE_SECONDS = 14.0
"""How long all of its end may take: launches, workers that are to end and fronts that hang are then left behind."""

_LOGGER = logging.getLogger("mainspring.daemon")


class Daemon:
    """Holds the locations of a home open, decides ticks, starts runs and watches them, until it is told to stop.

    Args:
        instance: The home's instance.
        home: The home.
        specs: Its code locations.
        launcher: What starts the workers of runs.
        command: Returns the command line of a run's worker.
        on_location: Called when it has changed how a location stands.
        crash_point: For tests, `module:function` of what each process of a location calls at named points.
        poll_seconds: How often it looks by itself.
    """

    def __init__(
        self,
        instance: Instance,
        home: Path,
        specs: Mapping[str, LocationSpec],
        launcher: RunLauncher,
        command: Callable[[Run], Sequence[str]],
        on_location: Callable[[], None] = lambda: None,
        crash_point: str | None = None,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._instance = instance
        self._home = home
        self._specs = specs
        self._on_location = on_location
        self._crash_point = crash_point
        self._poll_seconds = poll_seconds
        self._stopped = threading.Event()
        self._awake = threading.Event()
        self._changed: set[Topic] = set()
        self._keepers: list[LocationKeeper] = []
        identity = own_identity(interruptible=False)
        self.daemon_id = f"{identity.host}-{identity.pid}-{os.urandom(3).hex()}"
        told = json.dumps(attrs.asdict(identity))
        self._leases = Leases(instance.storage.duties, self.daemon_id, told, _is_dead)
        self._renew_at = 0.0
        self._read_at = 0.0
        self._reconcilers = Reconcilers(
            instance, launcher, command, self._client, self._duty, self._lose, self._awake.set
        )
        self._starter = self._reconcilers.starter
        self._automations = self._reconcilers.automations
        self._pulse = Pulse(instance, self.daemon_id, identity)
        kept = RetentionSettings() if instance.settings is None else instance.settings.retention
        self._retention = Retention(
            instance, rules_of(kept), lambda: smallest(instance.storage.automations.follower_cursors())
        )
        self._look_at_retention_at = 0.0
        self._gone_at = math.inf

    def stop(self) -> None:
        """Have `run` come to its end; from any thread, though not in a signal's handler: see `on_signals`."""
        self._stopped.set()
        self._awake.set()

    def run(self) -> None:
        """Work until `stop` is called."""
        self._keepers = open_locations(
            self._specs, self._home, self._instance, self._location_changed, self._crash_point
        )
        try:
            with self._instance.storage.wakeups.listen(self._told):
                while not self._stopped.is_set():
                    self._sleep(self._reconcile())
                self._gone_at = self._instance.clock.monotonic() + GONE_SECONDS
                self._drain()
        finally:
            self._starter.close(self._seconds_left())
            self._reconcilers.monitor.close(self._seconds_left())
            self._give_up()
            close_locations(self._keepers, self._seconds_left())

    def _sleep(self, seconds: float) -> None:
        self._instance.clock.wait(self._awake, seconds)
        self._awake.clear()

    def _reconcile(self) -> float:
        """Do what is to be done now, and return how many seconds may pass before the next look.

        What fails in one part keeps no other from its work.
        """
        waits = [self._attempt(part) for part in (self._lead, self._decide, self._start, self._watch, self._retain)]
        waits.append(self._attempt(self._beat))
        wait = min(self._poll_seconds, *waits)
        self._pulse.expect(wait)
        return wait

    def _attempt(self, part: Callable[[], float]) -> float:
        """Do one part of the work, and return how many seconds may pass before it is done again."""
        try:
            return part()
        except MainspringError as error:
            self._pulse.falter(str(error))
            _LOGGER.warning("the daemon looks again in a moment: %s", error)
        except Exception as error:  # a fault of ours, or of a plugin's: whatever it is, the others' work goes on
            self._pulse.falter(f"{type(error).__name__}: {error}")
            _LOGGER.exception("the daemon has met a fault and looks again in a moment")
        return HICCUP_SECONDS

    def _lead(self) -> float:
        """Take and renew leases, and take up what has changed."""
        now = self._instance.clock.monotonic()
        if now >= self._renew_at:
            self._instance.crash_point("lease.take")
            self._leases.reconcile([_lease_of(name) for name in self._specs], now)
            self._instance.crash_point("lease.taken")
            self._renew_at = now + RENEW_SECONDS
        self._take_up_changes()
        return max(self._renew_at - now, 0.0)

    def _decide(self) -> float:
        """Decide ticks, and launch the runs that start with them."""
        wait = self._reconcilers.decide(self._held())
        return self._poll_seconds if wait is None else wait

    def _start(self) -> float:
        """Have runs leave the queue; where some have, others may follow."""
        return 0.0 if self._reconcilers.start() else self._poll_seconds

    def _watch(self) -> float:
        """Look at the runs under way."""
        return self._reconcilers.watch()

    def _beat(self) -> float:
        """Tell how this daemon does."""
        self._pulse.beat(self._automations.progress, self._held())
        return self._poll_seconds

    def _take_up_changes(self) -> None:
        now = self._instance.clock.monotonic()
        if now >= self._read_at:
            self._read_at = now + POLLS_A_READING * self._poll_seconds
            self._changed.add(Topic.AUTOMATIONS)
            for keeper in self._keepers:
                keeper.look()
        while self._changed:
            self._reconcilers.take_up(self._changed.pop())

    def _drain(self) -> None:
        """Let evaluations end that are under way, and commit what they come to; begin no more."""
        clock = self._instance.clock
        until = clock.monotonic() + DRAIN_SECONDS
        while self._automations.progress.evaluating and clock.monotonic() < until:
            try:
                self._starter.launch(self._automations.conclude())
            except MainspringError as error:
                _LOGGER.warning("what was evaluated last is evaluated again: %s", error)
                return
            self._sleep(0.05)

    def _seconds_left(self) -> float:
        """Return how much of its end's time is left."""
        return max(self._gone_at - self._instance.clock.monotonic(), 0.0)

    def _give_up(self) -> None:
        """Give up leases and say goodbye; where that fails they run out by themselves."""
        for goodbye in (self._leases.release, self._pulse.end):
            try:
                goodbye()
            except Exception:  # whatever it is, locations are to be closed
                _LOGGER.exception("its leases run out by themselves")

    def _held(self) -> frozenset[str]:
        """Return the locations whose ticks this daemon decides."""
        return frozenset(name for name in self._specs if _lease_of(name) in self._leases.held)

    def _duty(self, location: str) -> Duty:
        return Duty(_lease_of(location), self.daemon_id)

    def _lose(self, location: str) -> None:
        _LOGGER.warning("another daemon has taken over location %s", location)
        self._leases.lose(_lease_of(location))

    def _client(self, location: str) -> LocationClient | None:
        return next((each.client for each in self._keepers if each.spec.name == location), None)

    def _retain(self) -> float:
        """Delete some of what is too old, if it is time to."""
        now = self._instance.clock.monotonic()
        if now >= self._look_at_retention_at:
            self._look_at_retention_at = now + self._retention.reconcile()
        return max(self._look_at_retention_at - now, 0.0)

    def _location_changed(self) -> None:
        self._on_location()
        self._told(Topic.AUTOMATIONS)

    def _told(self, topic: Topic) -> None:
        self._changed.add(topic)
        self._awake.set()


def _lease_of(location: str) -> str:
    return f"location {location}"


def _is_dead(identity: str) -> bool:
    try:
        return liveness(WorkerIdentity(**json.loads(identity))) == "dead"
    except (ValueError, TypeError):
        return False
