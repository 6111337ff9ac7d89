"""One attempt of a run under way: what an executor works with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence

from attrs import define, field

from mainspring.clock import Clock
from mainspring.crashpoint import CrashPoint, pass_by
from mainspring.errors import MainspringError
from mainspring.event import (
    ErrorInfo,
    Event,
    Fact,
    HookFailed,
    RunState,
    StepCanceled,
    StepFailed,
    StepOutput,
    StepRetried,
    StepSkipped,
    StepStarted,
    StepSucceeded,
    fold,
)
from mainspring.event.effect import STEP_END
from mainspring.execute.capture import StepLog
from mainspring.execute.claims import Claims
from mainspring.execute.error import error_info
from mainspring.execute.pointers import Pointers
from mainspring.execute.recorder import Recorder
from mainspring.execute.resources import OpenResources
from mainspring.execute.step import StepExecution
from mainspring.execute.task import StepTask, make_task, places
from mainspring.execute.turns import Turns
from mainspring.log.port import LogStore
from mainspring.plan import Plan, Progress, Step
from mainspring.run import Run, RunStatus, StepStatus
from mainspring.storage import RunStore

LOOK_AGAIN_SECONDS = 1.0
"""How often a run looks up whether someone asked for its end."""


@define(eq=False)
class RunContext:
    """One attempt of a run under way.

    Attributes:
        run: The run as it was when the attempt began.
        plan: Its steps.
        resources: Its resources in this process.
        recorder: Writes its events.
        logs: Keeps what its steps print.
        clock: The time.
        state: What its events add up to so far; of the outputs the latest, and those taken over from other runs.
        chance: Returns a random number from 0 to 1.
        runs: Where the run's row is read again, to see whether someone asked for its end.
        pools: How many places each pool has; one that is not named has as many as are asked for.
        crash_point: Where tests stop the process.
        is_ephemeral: Whether the run is recorded in the memory of this process only.
        errors: What steps raised in this process, by step.
        failures: Why steps failed for good, by step.
    """

    run: Run
    plan: Plan
    resources: OpenResources
    recorder: Recorder
    logs: LogStore
    clock: Clock
    state: RunState
    chance: Callable[[], float]
    runs: RunStore
    pools: Mapping[str, int] = field(factory=dict)
    crash_point: CrashPoint = pass_by
    is_ephemeral: bool = False
    progress: Progress = field(init=False)
    errors: dict[str, BaseException] = field(factory=dict, init=False)
    failures: dict[str, ErrorInfo] = field(factory=dict, init=False)
    _pointers: Pointers = field(init=False)
    _cancel: threading.Event = field(factory=threading.Event, init=False)
    _lock: threading.RLock = field(factory=threading.RLock, init=False)
    _turns: Turns = field(init=False)
    _claims: Claims = field(init=False)
    _look_again_at: float = field(default=0.0, init=False)

    def __attrs_post_init__(self) -> None:
        """Begin at the plan's beginning."""
        self.progress = Progress(self.plan)
        self._turns = Turns(self.progress)
        self._claims = Claims(self.recorder, self.state, self._turns, self.pools, self.clock)
        self._look_again_at = self.clock.monotonic() + LOOK_AGAIN_SECONDS
        self._pointers = Pointers(self.run.run_id, self.state, self.recorder.log)

    @property
    def cancelled(self) -> bool:
        """Whether the run is to end: start no more steps. What others recorded is looked up once a second."""
        now = self.clock.monotonic()
        if not self._cancel.is_set() and now >= self._look_again_at:
            self._look_again_at = now + LOOK_AGAIN_SECONDS
            recorded = self.runs.get(self.run.run_id)
            if recorded is None or recorded.attempt != self.run.attempt or recorded.status is RunStatus.CANCELING:
                self._cancel.set()
        return self._cancel.is_set()

    def restore(self) -> list[Event]:
        """Take over what ended well before, record the skips that follow from it, and return their events."""
        state = self.state
        succeeded = {key for key, status in state.steps.items() if status is StepStatus.SUCCESS}
        outputs = [(key, output) for key, output, _ in state.outputs]
        skipped = self.progress.restore(succeeded, state.keys, outputs)
        new = [self._skip(key) for key in skipped if state.steps.get(key) is not StepStatus.SKIPPED]
        return self.write(new)

    def cancel(self) -> None:
        """Ask the run to end."""
        self._cancel.set()

    def cancel_open_steps(self) -> list[Event]:
        """Return events that cancel the steps which are under way, for an attempt that ends without them."""
        open_steps = [key for key, status in self.state.steps.items() if status is StepStatus.STARTED]
        events = [self.recorder.event(StepCanceled(), key, self.state.attempts[key]) for key in open_steps]
        fold(events, self.state)
        return events

    def next_step(self) -> Step | None:
        """Give out a step that may start now; None when, for the moment, none may.

        Each attempt is given out once, and again only after it found no place in its pool.
        """
        with self._lock:
            return self._turns.next_step(self.clock.monotonic())

    @property
    def has_ready_step(self) -> bool:
        """Whether `next_step` would give out a step now."""
        with self._lock:
            return self._turns.has_step(self.clock.monotonic())

    @property
    def due_in_seconds(self) -> float | None:
        """How long until a delayed retry, or another look for a place in a pool, is due; None where none is."""
        with self._lock:
            due = self._turns.next_at()
        return None if due is None else max(due - self.clock.monotonic(), 0.0)

    def wait_for_retry(self) -> bool:
        """Wait until a delayed retry, or another look for a place in a pool, is due; return False at once where none is.

        Held events are written first, so that the log does not lag behind.
        """
        with self._lock:
            due = self._turns.next_at()
        if due is None:
            return False
        self.recorder.write()
        while not self.cancelled and (left := due - self.clock.monotonic()) > 0:
            self.clock.wait(self._cancel, min(left, LOOK_AGAIN_SECONDS))
        return not self.cancelled

    def execute_step(self, step: Step, *, hold: bool = False) -> Iterator[Event]:
        """Run one attempt of a step in this process, yielding its events once they are recorded.

        Where its pool is full it does not run: `next_step` gives it out again.

        Args:
            step: A step that `next_step` gave out.
            hold: Whether its last events wait for the next step's claim, to share its commit; for executors that start
                one step after the other.
        """
        task = self.task(step)
        claimed, events = self.claim([task])
        yield from events
        if not claimed:
            return
        execution = StepExecution(task, self.resources, self.chance, self.crash_point)
        try:
            with StepLog(self.logs, self.run.run_id, step.key, task.attempt) as log:
                facts = execution.perform()
        except KeyboardInterrupt:
            self.write([self.event(StepCanceled(), task)])
            raise
        if execution.error is not None:
            self.errors[step.key] = execution.error
        if log.error is not None:
            facts.append(HookFailed("keeping the log", error_info(log.error)))
        yield from self.write([self.event(fact, task) for fact in facts], hold=hold)

    def task(self, step: Step) -> StepTask:
        """Return the task of a step's next attempt: what it takes to run it here or elsewhere.

        Raises:
            MainspringError: The step is under way or over.
        """
        with self._lock:
            if self.progress.is_over(step.key) or self.state.steps.get(step.key) is StepStatus.STARTED:
                raise MainspringError(
                    f"step {step.key!r} is under way or over, so it cannot be executed again; an executor runs each step that next_step() gives out once"
                )
            outputs = self._pointers.find(places(self, step))
            attempt = self.state.attempts.get(step.key, 0) + 1
            return make_task(self, step, attempt, outputs, is_ephemeral=self.is_ephemeral)

    def claim(self, tasks: Sequence[StepTask]) -> tuple[list[StepTask], list[Event]]:
        """Claim tasks, in one transaction with what is held.

        Returns:
            Those that are claimed, and the events of all. What finds no place in its pool is not: `next_step` gives its step
            out again, once another look is due.
        """
        if all(task.step.op.pool is None for task in tasks):
            return list(tasks), self.write([self.event(StepStarted(), task) for task in tasks])
        with self._lock:
            try:
                claimed, events = self._claims.claim(tasks)
            except BaseException:
                self.cancel()
                raise
            if not self.is_ephemeral:
                self._pointers.drop()
            if len(claimed) < len(tasks):
                refused = [task for task in tasks if task not in claimed]
                events += self.write(self._claims.take_back(refused, self.logs))
        return claimed, events

    def write(self, events: Sequence[Event], *, hold: bool = False) -> list[Event]:
        """Record events, follow them in the state and the progress, and return them with the skips they entail.

        Nobody is given a step that these events set free before they are recorded; when they cannot be, no more start.
        """
        with self._lock:
            events = [*events, *self._follow(events)]
            try:
                (self.recorder.hold if hold else self.recorder.write)(events)
            except BaseException:
                self.cancel()
                raise
            self._pointers.note(events)
            if not hold and not self.is_ephemeral:
                self._pointers.drop()
        return events

    def event(self, fact: Fact, task: StepTask) -> Event:
        """Return a new event about an attempt of a step."""
        return self.recorder.event(fact, task.step.key, task.attempt)

    def _follow(self, events: Sequence[Event]) -> list[Event]:
        fold(events, self.state)
        skips: list[Event] = []
        for event in events:
            key = event.step_key or ""
            match event.fact:
                case StepOutput(output=output, mapping_key=mapping_key):
                    self.progress.output(key, output, mapping_key)
                case StepSucceeded():
                    skips += [self._skip(each) for each in self.progress.succeed(key)]
                case StepFailed(error=error):
                    self.progress.fail(key)
                    self.failures[key] = error
                case StepRetried(delay_seconds=delay):
                    self._turns.retry(key, self.clock.monotonic() + delay)
                case _:
                    pass
            if self._turns.has_lines and type(event.fact) in STEP_END:
                self._turns.free(key, self.clock.monotonic())
        fold(skips, self.state)
        return skips

    def _skip(self, key: str) -> Event:
        return self.recorder.event(StepSkipped(), key, self.state.attempts.get(key, 0) + 1)
