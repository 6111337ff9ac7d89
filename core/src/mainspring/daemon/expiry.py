"""What is kept for how long: pure rules, made of the settings."""

from __future__ import annotations

from typing import TypeAlias

from attrs import frozen

from mainspring.run import RunStatus
from mainspring.settings import RetentionSettings
from mainspring.storage import ExpiredRuns, ExpiredTicks


@frozen
class RunRule:
    """That runs go so long after they have ended.

    Attributes:
        status: Those that ended so.
        age_seconds: How long after.
    """

    status: RunStatus
    age_seconds: float

    def expired(self, now: float, read_to: int | None = None) -> ExpiredRuns:
        """Return what may go at a time; facts behind the event `read_to` are read by a follower still."""
        return ExpiredRuns(status=self.status, before=now - self.age_seconds, read_to=read_to)


@frozen
class TickRule:
    """That ticks go so long after their last change.

    Attributes:
        age_seconds: How long after.
        kind: Those of automations of this kind.
        status: Those in this status.
    """

    age_seconds: float
    kind: str | None = None
    status: str | None = None

    def expired(self, now: float) -> ExpiredTicks:
        """Return what may go at a time."""
        return ExpiredTicks(before=now - self.age_seconds, kind=self.kind, status=self.status)


Rule: TypeAlias = RunRule | TickRule


def rules_of(settings: RetentionSettings) -> tuple[Rule, ...]:
    """Return the rules that settings make; what is kept for ever has none."""
    rules: list[Rule] = []
    if settings.runs is not None:
        rules += [RunRule(each, settings.runs) for each in (RunStatus.SUCCESS, RunStatus.CANCELED)]
    if settings.failed_runs is not None:
        rules.append(RunRule(RunStatus.FAILURE, settings.failed_runs))
    # A schedule's skip says why a time was not run, and there are few of them; a sensor's says that nothing was new.
    if settings.skipped_ticks is not None and (settings.ticks is None or settings.skipped_ticks < settings.ticks):
        rules.append(TickRule(settings.skipped_ticks, "sensor", "SKIPPED"))
    if settings.ticks is not None:
        rules.append(TickRule(settings.ticks))
    return tuple(rules)
