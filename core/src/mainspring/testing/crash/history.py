"""What a crash test does to which process, and when: drawn from a seed, so that it can be drawn again."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

from attrs import frozen

from mainspring.testing.crash.processes import Kind

How: TypeAlias = Literal["killed", "stopped"]

WEIGHTS: Mapping[Kind, int] = {
    Kind.WORKER: 8,
    Kind.EVALUATOR: 2,
    Kind.STEP: 2,
    Kind.DAEMON: 2,
    Kind.CODE: 1,
    Kind.FRONT: 1,
}
"""How often a process of each kind is chosen; what is soon there again is chosen more often."""

_IN_PLACE = (Kind.WORKER, Kind.STEP, Kind.EVALUATOR)

_RECOVERY_SECONDS: Mapping[Kind, float] = {Kind.DAEMON: 2.5, Kind.FRONT: 1.5, Kind.CODE: 1.0}
"""How long others may be left alone after one of these, so that its end is not all that is tested."""

_PAUSE_SECONDS = 0.15


@frozen
class Intent:
    """What is to be killed next.

    Attributes:
        wait_seconds: How long to wait before.
        kind: What to kill.
        share: Which one of those there are, from 0 for the first to 1.
    """

    wait_seconds: float
    kind: Kind
    share: float


@frozen
class Blow:
    """What was done to a process.

    Attributes:
        at_seconds: When, since the test began.
        how: What was done.
        kind: What the process was.
        pid: Its number.
        point: The point that it had reached; None for a random moment.
    """

    at_seconds: float
    how: How
    kind: Kind
    pid: int
    point: str | None = None

    def __str__(self) -> str:
        where = "" if self.point is None else f" at {self.point}"
        return f"{self.at_seconds:8.3f} s  {self.how} {self.kind} {self.pid}{where}"


def intents(seed: int, kills: int, weights: Mapping[Kind, int] = WEIGHTS) -> Iterator[Intent]:
    """Yield what is to be killed, the same for the same arguments.

    Args:
        seed: Where the dice begin.
        kills: How many.
        weights: How often a process of each kind is chosen.
    """
    dice = random.Random(seed)
    kinds, shares = list(weights), list(weights.values())
    wait_seconds = _RECOVERY_SECONDS[Kind.DAEMON]
    for _ in range(kills):
        (kind,) = dice.choices(kinds, shares)
        yield Intent(dice.random() * wait_seconds, kind, dice.random())
        wait_seconds = _RECOVERY_SECONDS.get(kind, _PAUSE_SECONDS)


def victim_of(intent: Intent, found: Mapping[Kind, Sequence[int]], *, is_late: bool = False) -> tuple[Kind, int] | None:
    """Return which process is killed, and what it is; None where there is none to be killed in its place.

    What takes its time to be up again, or is left alone for longer each time that it dies, is killed only where it is
    meant; but for a daemon, where nothing else has been there for long: automations wait whose evaluators were killed.

    Args:
        intent: What is meant.
        found: The processes that there are.
        is_late: Whether that was to be killed long ago.
    """
    places = (intent.kind, *_IN_PLACE, *((Kind.DAEMON,) if is_late else ()))
    kind = next((each for each in places if found.get(each)), None)
    if kind is None:
        return None
    pids = found[kind]
    return kind, pids[min(int(intent.share * len(pids)), len(pids) - 1)]
