"""The executor of a mode that names none: one step after the other, in this process."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from mainspring.definition.executor import Executor
from mainspring.event import Event
from mainspring.execute.run_context import RunContext
from mainspring.plan import Plan


@frozen
class InProcessExecutor(Executor):
    """Runs steps one after the other in the run's own process.

    The end of a step and the claim of the next one share a commit.
    """

    def execute(self, plan: Plan, run: RunContext) -> Iterator[Event]:
        while not run.cancelled:
            step = run.next_step()
            if step is not None:
                yield from run.execute_step(step, hold=True)
            elif not run.wait_for_retry():
                return
