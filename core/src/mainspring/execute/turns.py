"""Turns: which step is to start next, of those that are ready, are tried again later, or wait for a place in their pool."""

from __future__ import annotations

import heapq
from collections.abc import Collection

from attrs import define, field

from mainspring.plan import Progress, Step

FIRST_LOOK_SECONDS = 0.1
"""After how long a run looks again whether a pool that was full has a place."""

LAST_LOOK_SECONDS = 1.0
"""How long that grows, twofold with each look in vain."""


@define
class _Line:
    """The steps of a run that wait for a place in one pool: those of a higher priority first, then the earlier ones.

    Attributes:
        looks_at: When the next of them is to ask for a place, on the monotonic clock.
        delay_seconds: How long the one after it waits.
    """

    looks_at: float = 0.0
    delay_seconds: float = 0.0
    _waiting: list[tuple[int, int, int, Step]] = field(factory=list)
    _sequence: int = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def push(self, step: Step) -> None:
        self._sequence += 1
        heapq.heappush(self._waiting, (-step.op.priority, step.index, self._sequence, step))

    def pop(self) -> Step:
        return heapq.heappop(self._waiting)[3]

    def back_off(self, now: float) -> None:
        self.delay_seconds = min(max(2 * self.delay_seconds, FIRST_LOOK_SECONDS), LAST_LOOK_SECONDS)
        self.looks_at = now + self.delay_seconds


class Turns:
    """Gives out the steps of a run.

    Once a pool was found full, its steps stand in a line: one at a time asks again, while the other steps go on.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._retries: list[tuple[float, str]] = []
        self._lines: dict[str, _Line] = {}
        self._asking: set[str] = set()

    @property
    def has_lines(self) -> bool:
        """Whether a pool was found full."""
        return bool(self._lines)

    def next_step(self, now: float) -> Step | None:
        """Give out the step that may start now, or may ask for a place in its pool; None for none."""
        if self._retries or self._lines:
            self._release(now)
        while (step := self._progress.next_step()) is not None and self._lines:
            line = self._line_of(step)
            if line is None or step.key in self._asking:
                break
            line.push(step)
        return step

    def has_step(self, now: float) -> bool:
        """Whether `next_step` would give out a step now."""
        if self._retries or self._lines:
            self._release(now)
        if not self._lines:
            return self._progress.has_ready
        step = self.next_step(now)
        if step is not None:
            self._progress.retry(step.key)
        return step is not None

    def next_at(self) -> float | None:
        """Return when the next step that waits is to be given out, on the monotonic clock; None where none waits."""
        return min(
            (*(at for at, _ in self._retries), *(line.looks_at for line in self._lines.values() if line)), default=None
        )

    def retry(self, key: str, at: float) -> None:
        """Give a step out again from some time on."""
        self._retries.append((at, key))

    def is_asking(self, step: Step) -> bool:
        """Whether a step that was given out comes from the line of a pool that was full."""
        return step.key in self._asking

    def refuse(self, steps: Collection[Step], now: float) -> None:
        """Take back steps that found no place in their pools."""
        for step in steps:
            self._asking.discard(step.key)
            self._lines.setdefault(step.op.pool or "", _Line()).push(step)
        for pool in {step.op.pool or "" for step in steps}:
            self._lines[pool].back_off(now)

    def admit(self, step: Step, now: float) -> None:
        """Note that a step was claimed; the next in its line asks soon."""
        line = self._line_of(step)
        if line is None:
            return
        self._asking.discard(step.key)
        if line:
            line.delay_seconds = 0.0
            line.looks_at = min(line.looks_at, now + FIRST_LOOK_SECONDS)
        else:
            del self._lines[step.op.pool or ""]

    def free(self, key: str, now: float) -> None:
        """Note that a step of this run has ended, so that its pool has a place."""
        line = self._line_of(self._progress.steps[key])
        if line is not None:
            line.looks_at = now

    def _line_of(self, step: Step) -> _Line | None:
        pool = step.op.pool
        return None if pool is None else self._lines.get(pool)

    def _release(self, now: float) -> None:
        """Make ready what is due."""
        if self._retries:
            for _, key in [each for each in self._retries if each[0] <= now]:
                self._progress.retry(key)
            self._retries = [each for each in self._retries if each[0] > now]
        for line in self._lines.values():
            if line and line.looks_at <= now:
                line.looks_at = now + max(line.delay_seconds, FIRST_LOOK_SECONDS)
                step = line.pop()
                self._asking.add(step.key)
                self._progress.retry(step.key)
