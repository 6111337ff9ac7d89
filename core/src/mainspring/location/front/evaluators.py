"""Evaluators: the processes in which a location's schedules and sensors are called, one evaluation at a time each."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress

from attrs import define, field

from mainspring.errors import MainspringError
from mainspring.location.frames import Message
from mainspring.location.front.descendants import resident_mb
from mainspring.location.front.forked import RoleProcess
from mainspring.location.front.output import Output

SLOW_SECONDS = 0.1
"""How long all evaluators are busy before there is one more than there are processors."""

DUMP_SECONDS = 0.2
"""How long a process gets to print where it stands before it is ended."""

IDLE_SECONDS = 60.0
"""How long an evaluator beyond the first stays without work."""

KEPT_ONE_IN = 4
"""One evaluator in so many takes no sensors: those that hang hold up no schedule."""

WORN_MB = 256
"""How much an evaluator may grow before another takes its place."""


@define(eq=False)
class Evaluation:
    """One evaluation that was asked for.

    Attributes:
        request: What to evaluate; it has an `id` and `deadline_seconds`.
        reply: Called once with what came of it.
    """

    request: Message
    reply: Callable[[Message], None]

    @property
    def is_of_sensor(self) -> bool:
        """Whether it looks at the outside world, which may take its time."""
        return bool(self.request.get("kind") == "sensor")

    def fail(self, kind: str, message: str, *, outcome: str = "failed") -> None:
        """Reply that it failed, for a reason that its code did not give itself."""
        error = {"type": kind, "message": message, "traceback": ""}
        self.reply({"id": self.request["id"], "outcome": outcome, "error": error})


@define(eq=False)
class Evaluator:
    """One evaluator.

    Attributes:
        process: Its process.
        output: What it prints.
        at_work: What it evaluates.
        since: When it began, or since when it is idle, on the loop's clock.
        first_mb: How large it was at first.
        is_worn: Whether another is to take its place.
    """

    process: RoleProcess
    output: Output
    at_work: Evaluation | None = None
    since: float = 0.0
    first_mb: float | None = None
    is_worn: bool = False
    deadline: asyncio.TimerHandle | None = field(default=None, repr=False)


class Evaluators:
    """The evaluators of one loading of the code; there are more of them the more they are waited for.

    Args:
        start: Starts a process for one.
        max_count: How many there may be.
        memory_limit_mb: How large one may be; 0 for no limit.
    """

    def __init__(
        self, start: Callable[[], Awaitable[tuple[RoleProcess, Output]]], max_count: int, memory_limit_mb: int
    ) -> None:
        self._start = start
        self._max_count = max_count
        self._memory_limit_mb = memory_limit_mb
        self._waiting: deque[Evaluation] = deque()
        self._urgent: deque[Evaluation] = deque()
        self._members: list[Evaluator] = []
        self._starting: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._look_again: asyncio.TimerHandle | None = None
        self._is_retired = False
        self._settled = asyncio.Event()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is evaluated or waits to be."""
        return not self._waiting and not self._urgent and all(each.at_work is None for each in self._members)

    @property
    def pids(self) -> list[int]:
        """The processes' numbers."""
        return [each.process.pid for each in self._members]

    def submit(self, evaluation: Evaluation) -> None:
        """Evaluate something as soon as may be."""
        (self._waiting if evaluation.is_of_sensor else self._urgent).append(evaluation)
        self._dispatch()

    def withdraw(self, evaluations: set[Evaluation]) -> None:
        """Forget evaluations that nobody waits for any more, unless they are under way."""
        self._waiting = deque(each for each in self._waiting if each not in evaluations)
        self._urgent = deque(each for each in self._urgent if each not in evaluations)
        self._end_if_done()

    def retire(self) -> None:
        """End each evaluator as soon as it has nothing left to do."""
        self._is_retired = True
        if self.is_idle:
            for each in self._members:
                each.process.retire()
            self._settled.set()

    async def settled(self) -> None:
        """Wait until the last evaluation has ended, once they are retired."""
        await self._settled.wait()

    def close(self, verdict: str) -> None:
        """End all of them now; what waits or is under way fails."""
        self._is_retired = True
        for task in self._starting:
            task.cancel()
        for each in list(self._members):
            each.process.condemn(verdict)
        self._fail_waiting("LocationClosed", verdict)
        self._settled.set()

    def look(self) -> None:
        """Look at how large the evaluators are and how long they had nothing to do."""
        now = self._loop.time()
        for each in list(self._members):
            size_mb = resident_mb(each.process.pid)
            each.first_mb = size_mb if each.first_mb is None else each.first_mb
            if 0 < self._memory_limit_mb < size_mb:
                each.process.condemn(f"held more than {self._memory_limit_mb} MB of memory and was ended")
            each.is_worn = size_mb - each.first_mb > WORN_MB
            spare = each.at_work is None and now - each.since > IDLE_SECONDS and len(self._members) > 1
            if each.at_work is None and (each.is_worn or spare):
                self._dismiss(each)

    def _dispatch(self) -> None:
        while (queue := self._next_queue()) is not None:
            idle = next((each for each in self._members if each.at_work is None), None)
            if idle is None:
                break
            self._give(idle, queue.popleft())
        is_waited_for = self._next_queue() is not None
        if is_waited_for and self._may_grow():
            task = self._loop.create_task(self._add())
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)
        if is_waited_for and self._look_again is None:
            self._look_again = self._loop.call_later(SLOW_SECONDS, self._dispatch_again)

    def _next_queue(self) -> deque[Evaluation] | None:
        """Return where the next evaluation is taken from: schedules go first, and sensors leave some evaluators to them."""
        if self._urgent:
            return self._urgent
        with_sensors = sum(each.at_work is not None and each.at_work.is_of_sensor for each in self._members)
        return (
            self._waiting if self._waiting and with_sensors < self._max_count - self._max_count // KEPT_ONE_IN else None
        )

    def _fail_waiting(self, kind: str, said: str) -> None:
        for queue in (self._urgent, self._waiting):
            while queue:
                queue.popleft().fail(kind, said, outcome="unavailable")

    def _dispatch_again(self) -> None:
        self._look_again = None
        self._dispatch()

    def _may_grow(self) -> bool:
        count = len(self._members) + len(self._starting)
        if count >= self._max_count or self._starting:
            return False
        slow = self._loop.time() - SLOW_SECONDS
        return count < (os.cpu_count() or 1) or all(each.since <= slow for each in self._members)

    async def _add(self) -> None:
        try:
            process, output = await self._start()
        except (MainspringError, OSError) as error:  # no descriptors are left, say
            if not self._members:
                self._fail_waiting("EvaluatorNotStarted", str(error))
            self._end_if_done()
            return
        member = Evaluator(process, output, since=self._loop.time())
        process.on_message = lambda message: self._take(member, message)
        process.on_end = lambda: self._bury(member)
        self._members.append(member)
        if process.has_ended:
            self._bury(member)
        self._loop.call_soon(self._dispatch)

    def _give(self, member: Evaluator, evaluation: Evaluation) -> None:
        member.at_work = evaluation
        member.since = self._loop.time()
        member.output.restart()
        seconds = float(evaluation.request.get("deadline_seconds", 60.0))
        member.deadline = self._loop.call_later(seconds, self._overdue, member, seconds)
        member.process.send(evaluation.request)

    def _take(self, member: Evaluator, message: Message) -> None:
        evaluation = member.at_work
        if evaluation is None or message.get("id") != evaluation.request["id"]:
            return
        self._free(member)
        evaluation.reply(message)
        if member.is_worn:
            self._dismiss(member)
        self._dispatch()
        self._end_if_done()

    def _end_if_done(self) -> None:
        """Let the processes of retired evaluators go once nothing is left to do."""
        if self._is_retired and self.is_idle:
            self.retire()

    def _free(self, member: Evaluator) -> None:
        member.at_work = None
        member.since = self._loop.time()
        if member.deadline is not None:
            member.deadline.cancel()
            member.deadline = None

    def _dismiss(self, member: Evaluator) -> None:
        if member in self._members:
            self._members.remove(member)
        member.process.on_end = None
        member.process.retire()

    def _overdue(self, member: Evaluator, seconds: float) -> None:
        with suppress(ProcessLookupError):
            os.kill(member.process.pid, signal.SIGQUIT)  # it prints where it stands
        self._loop.call_later(DUMP_SECONDS, self._end_overdue, member, member.at_work, seconds)

    def _end_overdue(self, member: Evaluator, evaluation: Evaluation | None, seconds: float) -> None:
        if member.at_work is evaluation:  # if it was a little late, the next one does not pay for that
            member.process.condemn(f"did not end within {seconds:g} s and was ended")

    def _bury(self, member: Evaluator) -> None:
        evaluation = member.at_work
        self._free(member)
        if member in self._members:
            self._members.remove(member)
        if evaluation is not None:
            evaluation.fail("EvaluatorEnded", f"its process {member.process.obituary()}")
        self._dispatch()
        self._end_if_done()
