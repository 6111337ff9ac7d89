"""An executor that watches another one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import define, field

import mainspring as ms


@define(eq=False)
class WatchedExecutor(ms.Executor):
    """Has another executor do the work, notes what it yields, and may ask the run to end on the way.

    Attributes:
        inner: The other executor.
        cancel_after: How many steps succeed before the run is asked to end; None for never.
        watch: Called with each event before it is yielded, and with the run.
        yielded: The events so far.
    """

    inner: ms.Executor
    cancel_after: int | None = None
    watch: Callable[[ms.Event, ms.RunContext], None] = lambda event, run: None
    yielded: list[ms.Event] = field(factory=list, init=False)

    def __attrs_post_init__(self) -> None:
        self.shares_memory = self.inner.shares_memory  # type: ignore[misc]

    def __reduce__(self) -> tuple[type[WatchedExecutor], tuple[ms.Executor]]:
        """Leave the watch behind where a mode is sent to a step's process, as it may hold what cannot be sent."""
        return WatchedExecutor, (self.inner,)

    def execute(self, plan: ms.Plan, run: ms.RunContext) -> Iterator[ms.Event]:
        """Run the plan with the other executor."""
        for event in self.inner.execute(plan, run):
            self.yielded.append(event)
            self.watch(event, run)
            succeeded = sum(each.kind == "STEP_SUCCESS" for each in self.yielded)
            if self.cancel_after is not None and succeeded >= self.cancel_after:
                run.cancel()
            yield event
