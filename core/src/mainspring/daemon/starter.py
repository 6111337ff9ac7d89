"""The starter: has runs leave the queue by its rules and launches them, a few of a location at a time."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from mainspring.daemon.errands import AT_A_TIME, Errands
from mainspring.daemon.hands import Hands
from mainspring.daemon.start import UNACKNOWLEDGED_SECONDS, Refusal, fate_of_starting
from mainspring.errors import LaunchError, MainspringError, SupersededError, TransitionError
from mainspring.event import Event, Fact, RunQueued, RunStarting
from mainspring.launch import Launch, RunLauncher
from mainspring.run import Run, RunStatus
from mainspring.run.queue import NO_LIMITS, QueueRules, Room
from mainspring.storage import Admission, LocationStatus, RunQuery

if TYPE_CHECKING:
    from mainspring.instance import Instance

CLOSE_SECONDS = 3.0
"""How long launches that are under way are waited for at the end."""

LOOK_AT_STARTING_SECONDS = 2.0
"""How often runs are looked at that were to be started and are not."""

_PAGE = 200

_LOGGER = logging.getLogger("mainspring.daemon")


class Starter:
    """Starts the runs that wait.

    Args:
        instance: Where they are recorded.
        launcher: What starts their workers.
        command: Returns the command line of a run's worker.
        rules: How many runs may be under way.
        on_change: Called when there may be more to do.
        hands: Who speaks with the launcher; threads unless given.
    """

    def __init__(
        self,
        instance: Instance,
        launcher: RunLauncher,
        command: Callable[[Run], Sequence[str]],
        rules: QueueRules = NO_LIMITS,
        on_change: Callable[[], None] = lambda: None,
        hands: Hands | None = None,
    ) -> None:
        self._instance = instance
        self._launcher = launcher
        self._command = command
        self._rules = rules
        self._on_change = on_change
        self._errands = Errands("launch", hands)
        self._lock = threading.Lock()
        self._under_way: dict[str, Run] = {}
        self._begun: set[str] = set()
        self._refusals: dict[str, Refusal] = {}
        self._location_refusals: dict[str | None, Refusal] = {}
        self._look_at_starting_at = 0.0
        self._seen: dict[tuple[str, int | None], float] = {}

    def admission(self) -> Admission:
        """Return by which rules runs leave the queue now."""
        now = self._instance.clock.monotonic()
        with self._lock:
            under_way = Counter(run.location for run in self._under_way.values())
            backing_off = {run_id for run_id, each in self._refusals.items() if each.again_at > now}
            # A location that could not start a run is tried with one, now and then, until it can.
            held_back = {name: int(each.again_at <= now) for name, each in self._location_refusals.items()}
        room = Room(self._launches_of_a_location(), under_way, held_back)
        return Admission(rules=self._rules, now=self._instance.clock.time(), room=room, without=backing_off)

    def _launches_of_a_location(self) -> int:
        """Return how many launches of a location may be under way: one that hangs leaves others half of the places."""
        most = self._rules.max_concurrent_runs
        return AT_A_TIME * 2 if most is None else max(1, min(AT_A_TIME * 2, most // 2))

    def location_changed(self) -> None:
        """Try again at once where a location has come to be loaded that could not start runs."""
        with self._lock:
            refused = set(self._location_refusals)
        loaded = {each.name for each in self._instance.storage.locations.all() if each.status is LocationStatus.LOADED}
        with self._lock:
            for name in refused & loaded:
                self._location_refusals.pop(name, None)
            if refused & loaded:
                self._refusals.clear()

    def reconcile(self) -> int:
        """Start what may be started now, and return how many runs that were."""
        now = self._instance.clock.monotonic()
        if now >= self._look_at_starting_at:
            self._look_at_starting_at = now + LOOK_AT_STARTING_SECONDS
            self._look_at_starting()
        if not self._instance.storage.runs.queued(1):
            self._forget_refusals()
            return 0
        self._instance.crash_point("queue.admit")
        started = self._instance.storage.runs.admit(self.admission())
        self._instance.crash_point("queue.admitted")
        self.launch(started)
        return len(started)

    def launch(self, started: Sequence[Run]) -> None:
        """Launch runs that have left the queue."""
        for run in started:
            with self._lock:
                self._under_way[run.run_id] = run
            self._errands.send(("launch", run.run_id, run.attempt), run.location, partial(self._launch, run))
        for run in started if self._instance.observers else ():
            self._tell(run)

    def _tell(self, run: Run) -> None:
        event = Event(
            run_id=run.run_id, run_attempt=run.attempt, fact=RunStarting(), timestamp=self._instance.clock.time()
        )
        for observer in self._instance.observers:
            observer(event)

    def _forget_refusals(self) -> None:
        """Forget runs that could not be started, once none waits any more."""
        with self._lock:
            if not self._under_way:
                self._refusals.clear()
                self._location_refusals.clear()

    def join(self) -> None:
        """Wait for the launches that are under way."""
        self._errands.join()

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Begin no more launches, wait a moment for those under way, and put the others back into the queue.

        Args:
            seconds: How long that moment may be; never more than by default.
        """
        self._errands.close(min(seconds, CLOSE_SECONDS))
        with self._lock:
            left = [run for run in self._under_way.values() if run.run_id not in self._begun]
        for run in left:
            self._record(run, RunQueued("the daemon that was to start it has ended"))

    def _launch(self, run: Run) -> None:
        with self._lock:
            self._begun.add(run.run_id)
        try:
            self._instance.crash_point("launch.claimed")
            self._launcher.launch(Launch(run, tuple(self._command(run)), self._address(run)))
            self._instance.crash_point("launch.acknowledged")
        except LaunchError as error:
            self._refuse(run, str(error))
        except Exception as error:
            _LOGGER.exception("the launcher failed with run %s", run.run_id)
            self._refuse(run, f"{type(error).__name__}: {error}")
        else:
            with self._lock:
                self._refusals.pop(run.run_id, None)
                self._location_refusals.pop(run.location, None)
        finally:
            self._done(run)
            self._on_change()

    def _refuse(self, run: Run, said: str) -> None:
        """Put a run back into the queue that could not be started, to be tried again later."""
        with self._lock:
            now = self._instance.clock.monotonic()
            before = self._refusals.get(run.run_id, Refusal(0, 0.0))
            self._refusals[run.run_id] = Refusal(before.count + 1, now)
            if run.location is not None:
                earlier = self._location_refusals.get(run.location, Refusal(0, 0.0))
                self._location_refusals[run.location] = Refusal(earlier.count + 1, now)
        _LOGGER.warning("run %s is tried again: %s", run.run_id, said)
        self._record(run, RunQueued(said))

    def _look_at_starting(self) -> None:
        """Put runs back into the queue whose launch came to nothing, as when the daemon that began it has died."""
        query = RunQuery(statuses=(RunStatus.STARTING,), limit=_PAGE)
        now = self._instance.clock.monotonic()
        seen: dict[tuple[str, int | None], float] = {}
        for run in self._instance.storage.runs.find(query):
            claim = (run.run_id, self._claim_of(run))
            seen[claim] = self._seen.get(claim, now)  # other hosts' clocks say nothing here
            with self._lock:
                is_own = run.run_id in self._under_way
            if not is_own and now - seen[claim] >= UNACKNOWLEDGED_SECONDS:
                self._errands.send(("look", run.run_id, run.attempt), run.location, partial(self._look_after, run))
        self._seen = seen

    def _look_after(self, run: Run) -> None:
        """Ask after a run that nobody has claimed for too long; its launcher may take its time to answer."""
        if fate_of_starting(self._launcher.check(run)) == "requeue":
            said = "it was to be started and was not; it is tried again"
            _LOGGER.warning("run %s: %s", run.run_id, said)
            self._record(run, RunQueued(said))

    def _claim_of(self, run: Run) -> int | None:
        claims = self._instance.storage.events.read(run.run_id, kinds=[RunStarting.kind])
        return claims[-1].event_id if claims else None

    def _address(self, run: Run) -> str | None:
        location = None if run.location is None else self._instance.storage.locations.get(run.location)
        return None if location is None else location.address

    def _record(self, run: Run, fact: Fact) -> bool:
        """Record a change of a run's status; False where the run has gone on meanwhile."""
        event = Event(run_id=run.run_id, run_attempt=run.attempt, fact=fact, timestamp=self._instance.clock.time())
        self._instance.crash_point("launch.requeue")
        try:
            self._instance.storage.events.record(run.run_id, run.attempt, [event])
        except (TransitionError, SupersededError):
            return False
        except MainspringError as error:
            _LOGGER.warning("run %s stays as it is for now: %s", run.run_id, error)
            return False
        self._instance.crash_point("launch.requeued")
        for observer in self._instance.observers:
            observer(event)
        return True

    def _done(self, run: Run) -> None:
        with self._lock:
            self._under_way.pop(run.run_id, None)
            self._begun.discard(run.run_id)
