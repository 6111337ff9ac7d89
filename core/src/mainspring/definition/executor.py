"""The executor's interface: what decides where, and how many at once, a run's steps run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from mainspring.event import Event
    from mainspring.execute import RunContext
    from mainspring.plan import Plan


class Executor(ABC):
    """Carries out a plan's steps: derive an attrs class from it, its fields are its settings."""

    shares_memory: ClassVar[bool] = True
    """False where steps run in processes of their own, which cannot read values kept in this one's memory."""

    @abstractmethod
    def execute(self, plan: Plan, run: RunContext) -> Iterator[Event]:
        """Run the steps that `run.next_step()` gives out until it gives none, yielding events as they are recorded.

        A step in this process is `yield from run.execute_step(step)`; one whose pool is full is given out again. While none
        is under way, `run.wait_for_retry()` waits for what comes later. `run.cancelled` says to start no more.
        """
