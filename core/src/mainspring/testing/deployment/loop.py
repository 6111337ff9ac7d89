"""The loop: has the daemon's reconcilers look whenever something is due, and lets the time in between pass at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mainspring.daemon.hands import InTurn
from mainspring.daemon.reconcilers import Reconcilers
from mainspring.daemon.tick.evaluations import Evaluating
from mainspring.errors import MainspringError
from mainspring.run import Run, RunStatus
from mainspring.storage import Duty, Lease, Topic
from mainspring.testing.clock import VirtualClock
from mainspring.testing.deployment.workers import Workers
from mainspring.text import utc

if TYPE_CHECKING:
    from mainspring.instance import Instance

ROUNDS_AT_A_MOMENT = 20_000
"""How often the reconcilers look at one moment, at the most."""

LEAST_SECONDS = 0.001
"""How long a monitor waits at the least, whatever is lost in adding up its seconds."""

_DAEMON = "testing"


class EndlessError(MainspringError):
    """At one moment there is always more to do.

    Attributes:
        at: The moment, in seconds since the epoch.
    """

    def __init__(self, at: float) -> None:
        self.at = at
        super().__init__(
            f"at {utc(at)} there was still something to do after {ROUNDS_AT_A_MOMENT:,} rounds; look for sensors whose runs "
            "call for each other without end"
        )


class Loop:
    """Takes a deployment from one moment at which something is due to the next.

    Args:
        instance: Its instance.
        clock: The instance's clock.
        clients: Who evaluates what locations offer, by location; that they are loaded is recorded already.
        workers: Carries out its runs.

    Attributes:
        rounds: How often the reconcilers have looked.
        wakeups: How many moments there were at which something was due.
    """

    def __init__(
        self, instance: Instance, clock: VirtualClock, clients: Mapping[str, Evaluating], workers: Workers
    ) -> None:
        self.rounds = 0
        self.wakeups = 0
        self._instance = instance
        self._clock = clock
        self._clients = clients
        self._workers = workers
        self._topics: set[Topic] = set()
        self._is_told = False
        self._monitor_wait_seconds = 0.0
        for location in clients:
            instance.storage.duties.take_lease(Lease(location, _DAEMON, 1), None)
        self._reconcilers = self._made()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Be told of what changes in storage."""
        with self._instance.storage.wakeups.listen(self._topics.add):
            yield

    def settle(self) -> None:
        """Do what is to be done now, until there is nothing left.

        Raises:
            EndlessError: There is always something left.
        """
        for _ in range(ROUNDS_AT_A_MOMENT):
            if not self._look():
                return
        raise EndlessError(self._clock.time())

    def advance_to(self, until: float) -> None:
        """Let time pass, and do what falls due on the way, when it does.

        Args:
            until: Up to when, in seconds since the epoch; what falls due just then is done, too.
        """
        self.settle()
        while (at := self._next_at()) is not None and at <= until:
            self._clock.advance_to(at)
            self.wakeups += 1
            self.settle()
        self._clock.advance_to(until)

    def pass_by(self, until: float) -> None:
        """Let time pass while no daemon is up: runs under way go on, and nothing is decided. Then one comes up."""
        while (at := self._workers.next_at()) is not None and at <= until:
            self._clock.advance_to(at)
            self._workers.carry_out()
        self._clock.advance_to(until)
        self._reconcilers = self._made()
        self.settle()

    def tell(self, topic: Topic) -> None:
        """Have it taken up, at the next look, that something was changed."""
        self._topics.add(topic)

    def _made(self) -> Reconcilers:
        """Return reconcilers that know of nothing yet, as those of a daemon that comes up."""
        return Reconcilers(
            self._instance,
            self._workers,
            lambda run: (),
            self._clients.get,
            lambda location: Duty(location, _DAEMON),
            lambda location: None,
            self._note,
            InTurn(),
            pause_seconds=0.0,
        )

    def _note(self) -> None:
        self._is_told = True

    def _look(self) -> bool:
        """Have each reconciler look once, and return whether there may be more to do now."""
        self.rounds += 1
        self._is_told = False
        for topic in Topic:
            if topic in self._topics:
                self._topics.discard(topic)
                self._reconcilers.take_up(topic)
        wait = self._reconcilers.decide(self._clients)
        has_started = self._reconcilers.start()
        has_ended = self._workers.carry_out()
        self._monitor_wait_seconds = self._reconcilers.watch()
        return self._is_told or bool(self._topics) or has_started or has_ended or wait == 0.0

    def _next_at(self) -> float | None:
        """Return when something is due next, in seconds since the epoch."""
        now = self._clock.time()
        times = [
            self._reconcilers.automations.next_at(now),
            self._workers.next_at(),
            *self._ends_of_waits(now),
            *self._looks_of_monitor(now),
        ]
        return min((at for at in times if at is not None), default=None)

    def _ends_of_waits(self, now: float) -> Iterator[float]:
        """Yield until when attempts wait that follow failed ones."""
        for run in self._instance.storage.runs.queued(ROUNDS_AT_A_MOMENT):
            if run.not_before is not None and run.not_before > now:
                yield run.not_before

    def _looks_of_monitor(self, now: float) -> Iterator[float]:
        """Yield when the monitor finds something to do: it looks all the time, and mostly at runs that just go on."""
        next_look = now + max(self._monitor_wait_seconds, LEAST_SECONDS)
        runs = self._instance.storage.runs
        if runs.to_retry(1):
            yield next_look
        for run in runs.active():
            limit_at = _limit_at(run)
            if run.status is RunStatus.CANCELING:
                yield next_look
            elif limit_at is not None:
                yield max(limit_at, next_look)


def _limit_at(run: Run) -> float | None:
    limit_seconds = run.policy.time_limit_seconds
    return None if limit_seconds is None or run.started_at is None else run.started_at + limit_seconds
