"""What becomes of a run that is watched: a pure decision from what was seen of it and what its launcher says."""

from __future__ import annotations

from typing import TypeAlias, assert_never

from attrs import evolve, frozen

from mainspring.launch import WorkerHealth
from mainspring.run import Run, RunStatus
from mainspring.settings import MonitorSettings

BAD_ANSWERS = 2
"""How often, in a row, a launcher must say that a worker is gone until it is believed (scar: D#33209)."""

LOOK_GAP_SECONDS = 10.0
"""What counts between two looks at the most: a time in which nobody could look is held against no run."""

TERMINATE_AGAIN_SECONDS = 10.0
"""How often a worker that is to end is asked to."""


@frozen
class Sighting:
    """What was seen of an attempt of a run. Times are in seconds on the observer's monotonic clock.

    Attributes:
        status: How it stood at the last look.
        looked_at: When that was.
        claim: The event that says that it is launched; None where no launcher has started it.
        status_seconds: How long it has been seen to stand so.
        started_at: When it was first seen at work.
        ran_before_seconds: How long it had been at work by then.
        health: What its launcher said last.
        bad_answers: How often, in a row, it said that there is no worker any more.
        is_dead: Whether this host itself sees that the worker's process is gone.
        silent_since: Since when the launcher cannot tell, in a row.
        silent_until: When it last could not tell.
        terminated_at: When the worker was last asked to end.
    """

    status: RunStatus
    looked_at: float
    claim: int | None = None
    status_seconds: float = 0.0
    started_at: float | None = None
    ran_before_seconds: float = 0.0
    health: WorkerHealth | None = None
    bad_answers: int = 0
    is_dead: bool = False
    silent_since: float | None = None
    silent_until: float = 0.0
    terminated_at: float | None = None

    @property
    def is_gone(self) -> bool:
        """Whether there is no worker any more."""
        return self.bad_answers >= (1 if self.is_dead else BAD_ANSWERS)

    @property
    def silent_seconds(self) -> float:
        """For how long its launcher has not been able to tell how the worker does."""
        return 0.0 if self.silent_since is None else self.silent_until - self.silent_since

    def ran_seconds(self, now: float) -> float:
        """Return for how long the attempt has been at work."""
        return 0.0 if self.started_at is None else self.ran_before_seconds + now - self.started_at

    def is_to_be_asked_to_end(self, now: float) -> bool:
        """Whether the worker is to be asked to end, for the first time or again."""
        return self.terminated_at is None or now - self.terminated_at >= TERMINATE_AGAIN_SECONDS


def first_sight(run: Run, now: float, claim: int | None, ran_before_seconds: float = 0.0) -> Sighting:
    """Return what is known of an attempt that is seen for the first time.

    Args:
        run: The run.
        now: Seconds on the monotonic clock.
        claim: The event that says that it is launched, if it is.
        ran_before_seconds: How long it has been at work.
    """
    started_at = None if run.status is RunStatus.STARTING else now
    return Sighting(run.status, now, claim, started_at=started_at, ran_before_seconds=ran_before_seconds)


def looked(seen: Sighting, run: Run, now: float) -> Sighting:
    """Return what is known of an attempt once it was looked at again."""
    if run.status is seen.status:
        passed = min(now - seen.looked_at, LOOK_GAP_SECONDS)
        return evolve(seen, looked_at=now, status_seconds=seen.status_seconds + passed)
    started_at = seen.started_at if seen.started_at is not None or run.status is RunStatus.STARTING else now
    return evolve(seen, status=run.status, looked_at=now, status_seconds=0.0, started_at=started_at)


def answered(seen: Sighting, health: WorkerHealth, now: float, *, is_dead: bool = False) -> Sighting:
    """Return what is known of an attempt once its launcher has said how the worker does.

    Args:
        seen: What was known before.
        health: What it said.
        now: Seconds on the monotonic clock.
        is_dead: Whether this host itself sees that the worker's process is gone.
    """
    match health.status:
        case "RUNNING":
            return evolve(seen, health=health, bad_answers=0, is_dead=False, silent_since=None)
        case "UNKNOWN":
            since = now if seen.silent_since is None else seen.silent_since
            return evolve(seen, health=health, bad_answers=0, is_dead=False, silent_since=since, silent_until=now)
        case "SUCCEEDED" | "FAILED" | "NOT_FOUND":
            bad = seen.bad_answers + 1
            return evolve(seen, health=health, bad_answers=bad, is_dead=is_dead, silent_since=None)
        case _ as never:
            assert_never(never)


@frozen
class Leave:
    """Nothing is to be done now."""


@frozen
class Terminate:
    """The worker is to be asked to end."""


@frozen
class Fail:
    """The attempt has failed.

    Attributes:
        kind: What the failure is called.
        reason: Why, in a sentence.
        terminates: Whether there may be a worker, which is to end.
    """

    kind: str
    reason: str
    terminates: bool


@frozen
class Cancel:
    """The attempt is canceled.

    Attributes:
        reason: Why that is recorded here and not by its worker, in a sentence.
    """

    reason: str


@frozen
class QueueNext:
    """The next attempt is to wait in the queue.

    Attributes:
        terminates: Whether there may be a worker of this one, which is to end.
    """

    terminates: bool


Action: TypeAlias = Leave | Terminate | Fail | Cancel | QueueNext


def decide(run: Run, seen: Sighting, settings: MonitorSettings, now: float) -> Action:
    """Return what is to be done about a run.

    Args:
        run: The run: one that is live, or one that has failed and has attempts left.
        seen: What was seen of its attempt.
        settings: How long it may stand so.
        now: Seconds on the monotonic clock.
    """
    match run.status:
        case RunStatus.STARTING:
            return _of_starting(seen, settings)
        case RunStatus.STARTED:
            return _of_started(run, seen, settings, now)
        case RunStatus.CANCELING:
            return _of_canceling(seen, settings, now)
        case RunStatus.FAILURE if run.retries_left > 0:
            return _of_failed(seen, settings)
        case _:
            return Leave()


def _of_starting(seen: Sighting, settings: MonitorSettings) -> Action:
    limit = settings.start_timeout_seconds
    if seen.status_seconds < limit:
        return Leave()
    return Fail("StartTimeout", f"no worker has begun it within {limit:g} s of its launch", terminates=True)


def _of_started(run: Run, seen: Sighting, settings: MonitorSettings, now: float) -> Action:
    if seen.is_gone:
        return Fail("WorkerDied", f"its worker died while it carried out the run{_said(seen)}", terminates=False)
    limit = run.policy.time_limit_seconds
    if limit is not None and seen.claim is not None and seen.ran_seconds(now) >= limit:
        return Fail("TimeLimit", f"it ran longer than its limit of {limit:g} s", terminates=True)
    lost_after = settings.lost_after_seconds
    if lost_after is not None and seen.silent_since is not None and seen.silent_seconds >= lost_after:
        said = f"its worker is lost: for {lost_after:g} s nobody could tell how it does{_said(seen)}"
        return Fail("WorkerLost", said, terminates=True)
    return Leave()


def _of_canceling(seen: Sighting, settings: MonitorSettings, now: float) -> Action:
    if seen.is_gone:
        return Cancel(f"it was asked to end, and its worker is gone{_said(seen)}")
    limit = settings.cancel_timeout_seconds
    if seen.status_seconds >= limit:
        return Cancel(
            f"its worker has not ended within {limit:g} s of being asked, and may still be at work{_said(seen)}"
        )
    return Terminate() if seen.is_to_be_asked_to_end(now) else Leave()


def _of_failed(seen: Sighting, settings: MonitorSettings) -> Action:
    """Two attempts do not work side by side if that can be helped: the worker of the one that failed ends first."""
    if seen.health is not None and seen.health.status != "RUNNING":
        return QueueNext(terminates=False)
    return QueueNext(terminates=True) if seen.status_seconds >= settings.cancel_timeout_seconds else Leave()


def _said(seen: Sighting) -> str:
    return f" ({seen.health.message})" if seen.health is not None and seen.health.message else ""
