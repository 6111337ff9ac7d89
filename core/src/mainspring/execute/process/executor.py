"""The executor that gives each step a process of its own."""

from __future__ import annotations

import os
import selectors
import signal
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, ClassVar, Literal

from attrs import field, frozen, validators

from mainspring.definition.executor import Executor
from mainspring.definition.setting import above, at_least, one_of
from mainspring.errors import MainspringError
from mainspring.event import Event, Fact, StepCanceled
from mainspring.execute.interrupt import shield
from mainspring.execute.process.foreman import ForemanLostError
from mainspring.execute.process.fork import ForkStarter
from mainspring.execute.process.safety import is_fork_safe
from mainspring.execute.process.spawn import SpawnStarter
from mainspring.execute.process.start import Started, Starter
from mainspring.execute.process.step_process import StepProcess
from mainspring.execute.run_context import RunContext
from mainspring.execute.step import StepExecution
from mainspring.execute.task import StepTask
from mainspring.plan import Plan

LOOK_SECONDS = 0.1
"""How often deadlines and requests to end are looked at while nothing else happens."""

AHEAD = 2
"""How many processes are forked ahead at most."""


@frozen
class MultiprocessExecutor(Executor):
    """Runs each step in a process of its own, several at a time.

    Processes are forked where that is safe and spawned elsewhere: a fork copies one thread only, so that it may hang
    where a library has left others (pandas, pyarrow and polars do).

    Attributes:
        max_concurrent: How many steps run at a time; the number of processors unless given.
        start: `fork` or `spawn`, or `auto` to choose what is safe.
        step_timeout: Seconds after which a step's attempt is ended and failed; None for never.
        grace: Seconds between asking a step to end and ending it.
        output_limit_bytes: How much a step may print before it is ended as a runaway.
    """

    shares_memory: ClassVar[bool] = False

    max_concurrent: int = field(factory=lambda: os.cpu_count() or 1, validator=at_least(1))
    start: Literal["auto", "fork", "spawn"] = field(default="auto", validator=one_of("auto", "fork", "spawn"))
    step_timeout: float | None = field(default=None, validator=validators.optional(above(0)))
    grace: float = field(default=5.0, validator=at_least(0))
    output_limit_bytes: int = field(default=256 * 1024 * 1024, validator=at_least(1))

    def execute(self, plan: Plan, run: RunContext) -> Iterator[Event]:
        """Start what may start, take note of what ends, until nothing is left."""
        crew = _Crew(self, plan, run)
        try:
            while True:
                yield from _start_steps(crew, run)
                crew.prepare()
                if crew.is_idle:
                    if not run.cancelled and (run.has_ready_step or run.wait_for_retry()):
                        continue
                    return
                for process in crew.wait():
                    yield from run.write(crew.outcome(process), hold=True)
        except KeyboardInterrupt:
            yield from crew.cancel()
            raise
        except GeneratorExit:
            for _ in crew.cancel():
                pass  # nobody listens any more, but it is recorded
            raise
        finally:
            crew.close()


def _start_steps(crew: _Crew, run: RunContext) -> Iterator[Event]:
    """Claim what may start, with what is held, and start it; a step that waits for its pool takes up no process."""
    while True:
        tasks = crew.next_tasks()
        claimed, events = run.claim(tasks)
        yield from events
        for task in claimed:
            yield from run.write(crew.start(task))
        if not claimed or len(claimed) == len(tasks):
            return


class _Crew:
    """The processes of a run that are under way."""

    def __init__(self, settings: MultiprocessExecutor, plan: Plan, run: RunContext) -> None:
        self._settings = settings
        self._plan = plan
        self._run = run
        self._selector = selectors.DefaultSelector()
        self._processes: dict[int, StepProcess] = {}
        self._pidfds: dict[int, int] = {}
        self._asked_at: float | None = None
        fork = settings.start == "fork" or (settings.start == "auto" and is_fork_safe())
        self._starter: Starter = ForkStarter(run.run, plan, run.crash_point) if fork else self._spawn_starter()
        self._former_starters: list[Starter] = []

    @property
    def is_idle(self) -> bool:
        """Whether no process is under way."""
        return not self._processes

    def next_tasks(self) -> list[StepTask]:
        """Return the tasks that may start now."""
        tasks: list[StepTask] = []
        while not self._run.cancelled and len(self._processes) + len(tasks) < self._settings.max_concurrent:
            step = self._run.next_step()
            if step is None:
                break
            tasks.append(self._run.task(step))
        self._prepare(len(tasks))  # while they are claimed
        return tasks

    def start(self, task: StepTask) -> list[Event]:
        """Start a process for a task that is claimed; where that cannot be, return the events of the failed attempt."""
        try:
            with shield:  # an interrupt would leave a process that nobody knows of
                self._launch(task)
        except (MainspringError, OSError) as error:
            return self._failed(task, error)
        return []

    def prepare(self) -> None:
        """Have processes started ahead for steps that are to come, in time that would pass with waiting."""
        to_come = self._run.progress.open_count - len(self._processes)
        self._prepare(min(to_come, self._settings.max_concurrent, AHEAD))

    def wait(self) -> list[StepProcess]:
        """Wait until something happens; return the processes that have ended."""
        ended: list[StepProcess] = []
        for key, _ in self._selector.select(LOOK_SECONDS):
            process, what = key.data
            if what == "end":
                ended.append(process)
            elif what != "channel":
                if not process.read_output(what):
                    self._selector.unregister(key.fileobj)
            elif process.read_channel():
                self._begin(process)
            else:
                self._selector.unregister(key.fileobj)
                if process.pid not in self._pidfds:
                    ended.append(process)
        self._enforce()
        return ended

    def outcome(self, process: StepProcess) -> list[Event]:
        """Take leave of a process that has ended, and return the events of its attempt."""
        self._forget(process)
        died = process.reap()
        facts = process.facts or []
        if died is None:
            return self._events(process.task, facts)
        if process.verdict is None and self._asked_at is not None:
            return self._events(process.task, [*facts, StepCanceled()])
        return [*self._events(process.task, facts), *self._failed(process.task, died)]

    def cancel(self) -> Iterator[Event]:
        """Ask all processes to end, end those that do not, and yield the events of their attempts."""
        self._ask_to_end()
        while self._processes:
            for process in self.wait():
                yield from self._run.write(self.outcome(process))

    def close(self) -> None:
        """End whatever is left, recording nothing: this attempt of the run is no longer in charge."""
        for process in list(self._processes.values()):
            self._end(process)
        for starter in (*self._former_starters, self._starter):
            starter.close()
        self._selector.close()

    def _events(self, task: StepTask, facts: Sequence[Fact]) -> list[Event]:
        return [self._run.event(fact, task) for fact in facts]

    def _failed(self, task: StepTask, error: Exception) -> list[Event]:
        return self._events(task, StepExecution(task, self._run.resources, self._run.chance).fail(error))

    def _prepare(self, count: int) -> None:
        with shield:
            self._starter.prepare(count)

    def _begin(self, process: StepProcess) -> None:
        """Tell a process that is up to begin, once; one that does not listen is found to have ended, or to hang."""
        if process.is_ready and not process.has_begun:
            process.has_begun = True
            try:
                process.started.starter.begin(process.started, process.task)
            except TimeoutError:
                self._condemn(process, "took no task and was ended")
            except OSError:
                pass  # it has died, of which it will be told

    def _launch(self, task: StepTask) -> None:
        try:
            started = self._starter.start(task)
        except ForemanLostError:
            self._fork_no_more()
            started = self._starter.start(task)
        process = StepProcess(task, started, self._run.logs, self._run.clock.monotonic())
        self._processes[started.pid] = process
        try:
            self._watch(started, process)
        except OSError:
            self._forget(process)
            started.discard()
            raise
        process.read_channel()
        self._begin(process)

    def _watch(self, started: Started, process: StepProcess) -> None:
        self._selector.register(started.channel, selectors.EVENT_READ, (process, "channel"))
        self._selector.register(started.stdout, selectors.EVENT_READ, (process, "stdout"))
        self._selector.register(started.stderr, selectors.EVENT_READ, (process, "stderr"))
        if hasattr(os, "pidfd_open"):  # elsewhere the end of its channel tells of a process's end
            pidfd = os.pidfd_open(started.pid)
            self._pidfds[started.pid] = pidfd
            self._selector.register(pidfd, selectors.EVENT_READ, (process, "end"))

    def _forget(self, process: StepProcess) -> None:
        started = process.started
        pidfd = self._pidfds.pop(process.pid, None)
        registered: Sequence[Any] = (started.channel, started.stdout, started.stderr, pidfd)
        for each in registered:
            with suppress(KeyError, ValueError):  # it had ended before its process did
                self._selector.unregister(each)
        if pidfd is not None:
            os.close(pidfd)
        del self._processes[process.pid]

    def _ask_to_end(self) -> None:
        self._asked_at = self._run.clock.monotonic()
        for process in self._processes.values():
            process.signal(signal.SIGTERM)

    def _enforce(self) -> None:
        """End what runs too long, prints too much, or was asked to end and did not."""
        now = self._run.clock.monotonic()
        if self._asked_at is None and self._run.cancelled:
            self._ask_to_end()
        for process in list(self._processes.values()):
            is_late = not process.is_ready and now - process.began > process.started.starter.patience_seconds
            if is_late and isinstance(process.started.starter, ForkStarter):
                self._start_afresh(process)
                continue
            if process.verdict is None and self._asked_at is None:
                verdict = self._verdict(process, now, is_late=is_late)
                if verdict is not None:
                    self._condemn(process, verdict)
            asked_at = process.ended_at if process.verdict is not None else self._asked_at
            if asked_at is not None and now - asked_at > self._settings.grace:
                process.signal(signal.SIGKILL)

    def _start_afresh(self, process: StepProcess) -> None:
        """Replace a forked process that hangs before it has done anything, and fork no more in this run."""
        self._end(process)
        self._fork_no_more()
        self._launch(process.task)

    def _fork_no_more(self) -> None:
        self._former_starters.append(self._starter)  # whose processes may yet be at work
        self._starter = self._spawn_starter()

    def _spawn_starter(self) -> SpawnStarter:
        return SpawnStarter(self._plan, self._run.crash_point, self._settings.max_concurrent)

    def _end(self, process: StepProcess) -> None:
        process.signal(signal.SIGKILL)
        self._forget(process)
        process.reap()

    def _condemn(self, process: StepProcess, verdict: str) -> None:
        """Ask a process to end, and note why."""
        process.verdict = verdict
        process.ended_at = self._run.clock.monotonic()
        process.signal(signal.SIGTERM)

    def _verdict(self, process: StepProcess, now: float, *, is_late: bool) -> str | None:
        settings = self._settings
        if is_late:
            return f"did not come up within {process.started.starter.patience_seconds:g} s and was ended"
        if settings.step_timeout is not None and now - process.began > settings.step_timeout:
            return f"ran longer than its time-out of {settings.step_timeout:g} s and was ended"
        if process.output_bytes > settings.output_limit_bytes:
            return f"printed more than {settings.output_limit_bytes:,} bytes and was ended"
        return None
