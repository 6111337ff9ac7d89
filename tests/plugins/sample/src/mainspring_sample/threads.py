"""Steps in threads."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue

from attrs import field, frozen, validators

import mainspring as ms


@frozen
class ThreadExecutor(ms.Executor):
    """Runs independent steps at the same time, in threads of the run's process.

    Attributes:
        max_threads: How many at once.
    """

    max_threads: int = field(default=4, validator=validators.ge(1))

    def execute(self, plan: ms.Plan, run: ms.RunContext) -> Iterator[ms.Event]:
        """Keep the threads busy until no step is left, or the run is to end; steps under way are waited for."""
        with ThreadPoolExecutor(self.max_threads, thread_name_prefix=plan.job_name) as pool:
            yield from _Dispatch(run, pool, self.max_threads)


class _Dispatch:
    """Hands steps to a pool, never more than it has threads, so that priorities and an early end are heeded."""

    def __init__(self, run: ms.RunContext, pool: ThreadPoolExecutor, slots: int) -> None:
        self.run = run
        self.pool = pool
        self.slots = slots
        self.under_way: set[Future[None]] = set()
        self.events: SimpleQueue[ms.Event | Future[None]] = SimpleQueue()

    def __iter__(self) -> Iterator[ms.Event]:
        while True:
            self._fill()
            if self.under_way:
                yield from self._next_event()
            elif self.run.cancelled or not self.run.wait_for_retry():
                return

    def _fill(self) -> None:
        while len(self.under_way) < self.slots and not self.run.cancelled:
            step = self.run.next_step()
            if step is None:
                return
            future = self.pool.submit(self._execute, step)
            self.under_way.add(future)
            future.add_done_callback(self.events.put)

    def _execute(self, step: ms.Step) -> None:
        for event in self.run.execute_step(step):
            self.events.put(event)

    def _next_event(self) -> Iterator[ms.Event]:
        """Wait for an event, for the end of a step, or until a step is due that was to wait."""
        try:
            got = self.events.get(timeout=self.run.due_in_seconds or None)  # what is due by now waits for a thread
        except Empty:
            return
        if isinstance(got, Future):
            self.under_way.remove(got)
            got.result()
            return
        yield got
