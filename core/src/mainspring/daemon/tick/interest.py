"""What sensors follow in the log: which facts concern which. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias, assert_never

from attrs import evolve, frozen

from mainspring.storage import RunFact

_NAME = "follows"


@frozen
class FollowedAssets:
    """The materializations of some assets."""

    assets: frozenset[str]


@frozen
class FollowedRuns:
    """The changes of runs' statuses.

    Attributes:
        statuses: To these statuses.
        jobs: Of runs of these jobs; None for all of the location.
        own_runs: Whether of runs that the sensor asked for, too.
    """

    statuses: frozenset[str]
    jobs: frozenset[str] | None
    own_runs: bool

    @property
    def kinds(self) -> list[str]:
        """The kinds of the facts that lead to these statuses."""
        return [f"RUN_{status}" for status in sorted(self.statuses)]

    def concerns(self, fact: RunFact, location: str, sensor: str) -> bool:
        """Return whether a fact is one of these."""
        return (
            fact.location == location
            and fact.event.kind.removeprefix("RUN_") in self.statuses
            and (self.jobs is None or fact.job_name in self.jobs)
            and (self.own_runs or fact.automation != sensor)
        )


Follows: TypeAlias = FollowedAssets | FollowedRuns


def follows_of(plain: Mapping[str, Any] | None) -> Follows | None:
    """Return what a sensor follows, of what its location says; None for one that looks elsewhere."""
    if plain is None:
        return None
    if "assets" in plain:
        return FollowedAssets(frozenset(plain["assets"]))
    jobs = plain["jobs"]
    return FollowedRuns(frozenset(plain["statuses"]), None if jobs is None else frozenset(jobs), plain["own_runs"])


def follows_text(follows: Follows) -> str:
    """Return what is followed as text, which is no timing: equal for equal ones."""
    match follows:
        case FollowedAssets(assets=assets):
            plain: dict[str, Any] = {"assets": sorted(assets)}
        case FollowedRuns(statuses=statuses, jobs=jobs, own_runs=own_runs):
            listed = None if jobs is None else sorted(jobs)
            plain = {"statuses": sorted(statuses), "jobs": listed, "own_runs": own_runs}
        case _:
            assert_never(follows)
    return json.dumps({_NAME: plain})


def read_follows(text: str | None) -> Follows | None:
    """Return what was followed; None for a schedule's timing, or nothing."""
    return None if text is None else follows_of(json.loads(text).get(_NAME))


def common(one: Follows, other: Follows) -> Follows:
    """Return what is part of both."""
    match one, other:
        case FollowedAssets(), FollowedAssets():
            return FollowedAssets(one.assets & other.assets)
        case FollowedRuns(), FollowedRuns():
            jobs = one.jobs if other.jobs is None else other.jobs if one.jobs is None else one.jobs & other.jobs
            return evolve(
                one, statuses=one.statuses & other.statuses, jobs=jobs, own_runs=one.own_runs and other.own_runs
            )
        case _:
            return FollowedAssets(frozenset())


def position_of(cursor: str | None) -> int | None:
    """Return the event that a follower's cursor names; None for what is no such cursor."""
    return int(cursor) if cursor is not None and cursor.isascii() and cursor.isdigit() else None


def smallest(cursors: Iterable[str | None]) -> int | None:
    """Return the first event that a follower's cursor names; None for none."""
    return min((found for each in cursors if (found := position_of(each)) is not None), default=None)
