"""The monitor: asks after the workers of runs, ends runs whose worker is gone or too slow, and queues next attempts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias, assert_never

from attrs import evolve

from mainspring.daemon.errands import Errands
from mainspring.daemon.hands import Hands
from mainspring.daemon.inquiries import Inquiries
from mainspring.daemon.watch import (
    Action,
    Cancel,
    Fail,
    Leave,
    QueueNext,
    Sighting,
    Terminate,
    answered,
    decide,
    first_sight,
    looked,
)
from mainspring.errors import MainspringError, SupersededError, TransitionError
from mainspring.event import Event, RunCanceled, RunFailed, RunStarting
from mainspring.execute.end_attempt import end_attempt, failure
from mainspring.execute.next_attempt import queue_next_attempt
from mainspring.launch import RunLauncher
from mainspring.run import Run, RunStatus
from mainspring.settings import MonitorSettings

if TYPE_CHECKING:
    from mainspring.instance import Instance

CLOSE_SECONDS = 2.0
"""How long what is under way is waited for at the end."""

_PAGE = 200

_LOGGER = logging.getLogger("mainspring.daemon")

_Key: TypeAlias = tuple[str, int]
"""An attempt of a run."""


class Monitor:
    """Watches the runs that are under way; any number of monitors may watch the same ones.

    Args:
        instance: Where they are recorded.
        launcher: What has started their workers.
        settings: How often it looks, and how long runs may stand as they do.
        on_change: Called when there may be more to do.
        hands: Who asks after workers and has them end; threads unless given.
    """

    def __init__(
        self,
        instance: Instance,
        launcher: RunLauncher,
        settings: MonitorSettings,
        on_change: Callable[[], None] = lambda: None,
        hands: Hands | None = None,
    ) -> None:
        self._instance = instance
        self._launcher = launcher
        self._settings = settings
        self._on_change = on_change
        self._inquiries = Inquiries(launcher, on_change, hands)
        self._endings = Errands("end", hands)
        self._sightings: dict[_Key, Sighting] = {}
        self._unseen: set[_Key] = set()
        self._after: str | None = None
        self._next_look_at = 0.0

    def reconcile(self) -> float:
        """Do what is to be done now, and return how many seconds may pass until the next look."""
        for run_id in self._take_answers():
            run = self._instance.storage.runs.get(run_id)
            if run is not None and (run_id, run.attempt) in self._sightings:
                self._treat(run, asks=False)  # answers that are to count together are a look apart
        now = self._instance.clock.monotonic()
        if now >= self._next_look_at and self._look_around():
            self._next_look_at = now + self._settings.check_every_seconds
        return max(self._next_look_at - now, 0.0)

    def join(self) -> None:
        """Wait for the answers and endings that are under way."""
        self._inquiries.join()
        self._endings.join()

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Ask after no more workers, and wait a moment, or as long as is given, until those that are to end are told so."""
        self._inquiries.close()
        self._endings.close(min(seconds, CLOSE_SECONDS))

    def _take_answers(self) -> list[str]:
        """Note what was found out, and return the runs whose worker is gone."""
        answers = self._inquiries.take()
        now = self._instance.clock.monotonic()
        for each in answers:
            key = (each.run_id, each.attempt)
            if key in self._sightings:
                self._sightings[key] = answered(self._sightings[key], each.health, now, is_dead=each.is_dead)
        return [each.run_id for each in answers if each.is_bad]

    def _look_around(self) -> bool:
        """Look at the next page of runs; return whether that was the last one."""
        if self._after is None:
            self._unseen = set(self._sightings)
        page = self._instance.storage.runs.active(_PAGE, self._after)
        self._look_at_all(page)
        self._after = page[-1].run_id if len(page) == _PAGE else None
        if self._after is not None:
            return False
        self._look_at_all(self._instance.storage.runs.to_retry(_PAGE))
        for key in self._unseen:
            self._sightings.pop(key, None)
        return True

    def _look_at_all(self, runs: Sequence[Run]) -> None:
        for run in runs:
            self._treat(run, asks=run.status is not RunStatus.STARTING)  # the starter asks after launches

    def _treat(self, run: Run, *, asks: bool) -> None:
        """Look at a run and do what is to be done about it; where it has gone on meanwhile, that stands."""
        try:
            seen = self._look_at(run)
            if asks:
                self._inquiries.ask(run, is_launched=seen.claim is not None)
            self._carry_out(run, seen, decide(run, seen, self._settings, self._instance.clock.monotonic()))
        except (TransitionError, SupersededError):
            return
        except MainspringError as error:  # what is wrong with one run keeps no other from being looked at
            _LOGGER.warning("run %s stays as it is for now: %s", run.run_id, error)

    def _look_at(self, run: Run) -> Sighting:
        key = (run.run_id, run.attempt)
        before = self._sightings.get(key)
        now = self._instance.clock.monotonic()
        seen = self._first_look(run) if before is None else looked(before, run, now)
        self._sightings[key] = seen
        self._unseen.discard(key)
        return seen

    def _first_look(self, run: Run) -> Sighting:
        """Return what is known of an attempt that this monitor has not seen before.

        How long it has been at work is taken from what its worker and a daemon have recorded, the later of both: a
        worker's clock that is behind ends no run too early.
        """
        launch = self._last_launch(run)
        ran_seconds = 0.0
        if launch is not None and run.started_at is not None and run.policy.time_limit_seconds is not None:
            ran_seconds = max(self._instance.clock.time() - max(run.started_at, launch.timestamp), 0.0)
        claim = None if launch is None else launch.event_id
        return first_sight(run, self._instance.clock.monotonic(), claim, ran_seconds)

    def _last_launch(self, run: Run) -> Event | None:
        found = self._instance.storage.events.read(run.run_id, kinds=[RunStarting.kind])
        return next((each for each in reversed(found) if each.run_attempt == run.attempt), None)

    def _carry_out(self, run: Run, seen: Sighting, action: Action) -> None:
        match action:
            case Leave():
                pass
            case Terminate():
                self._terminate(run, seen)
            case Fail(kind=kind, reason=reason, terminates=terminates):
                if self._end(run, seen, failure(kind, reason)) and terminates:
                    self._terminate(run, seen)
            case Cancel(reason=reason):
                self._end(run, seen, RunCanceled(reason))
            case QueueNext(terminates=terminates):
                if terminates:
                    self._terminate(run, seen)
                queue_next_attempt(self._instance, run)
                self._on_change()
            case _ as never:
                assert_never(never)

    def _end(self, run: Run, seen: Sighting, ending: RunFailed | RunCanceled) -> bool:
        """Record that an attempt is over, unless it has gone on since it was read; return whether it is."""
        found = self._instance.storage.runs.get(run.run_id)
        if found is None or (found.status, found.attempt) != (run.status, run.attempt):
            return False
        if run.status is RunStatus.STARTING and self._is_launched_anew(run, seen):
            self._sightings[run.run_id, run.attempt] = self._first_look(run)
            return False
        end_attempt(self._instance, found, ending)
        _LOGGER.warning("run %s is over: %s", run.run_id, ending.reason)
        self._on_change()
        return True

    def _is_launched_anew(self, run: Run, seen: Sighting) -> bool:
        """Whether the starter has begun with it again between two looks, so that its time begins again."""
        launch = self._last_launch(run)
        return launch is not None and launch.event_id != seen.claim

    def _terminate(self, run: Run, seen: Sighting) -> None:
        """Have a worker end that a launcher has started; any other process is its owner's to end."""
        key = (run.run_id, run.attempt)
        self._sightings[key] = evolve(seen, terminated_at=self._instance.clock.monotonic())
        if seen.claim is not None:
            self._endings.send(key, run.location, lambda: self._have_end(run))

    def _have_end(self, run: Run) -> None:
        self._instance.crash_point("worker.terminate")
        try:
            self._launcher.terminate(run)
        except Exception:
            _LOGGER.exception("the launcher failed to end the worker of run %s", run.run_id)
        self._instance.crash_point("worker.terminated")
