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
from mainspring.event import Event, Fact, StepCanceled, StepStarted
from mainspring.execute.process.safety import is_fork_safe
from mainspring.execute.process.start import ForkStarter, SpawnStarter, Started, Starter
from mainspring.execute.process.step_process import StepProcess
from mainspring.execute.run_context import RunContext
from mainspring.execute.step import StepExecution
from mainspring.execute.task import StepTask
from mainspring.plan import Plan

LOOK_SECONDS = 0.1
"""How often deadlines and requests to end are looked at while nothing else happens."""

FORK_SECONDS = 5.0
"""How long a forked process may take to come up before the fork counts as hung, and spawned ones take over."""

SPAWN_SECONDS = 180.0
"""How long a spawned process may take to import what it needs."""


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
                tasks = crew.next_tasks()
                yield from run.write([run.event(StepStarted(), task) for task in tasks])  # with what is held
                for task in tasks:
                    yield from run.write(crew.start(task))
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
        self._starter: Starter = ForkStarter(plan, run.crash_point) if fork else self._spawn_starter()

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
        return tasks

    def start(self, task: StepTask) -> list[Event]:
        """Start a process for a task that is claimed; where that cannot be, return the events of the failed attempt."""
        try:
            started = self._starter.start(task)
        except (MainspringError, OSError) as error:
            return self._failed(task, error)
        self._launch(task, started)
        return []

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
        died = process.obituary(process.reap())
        task = process.task
        facts = process.facts or []
        if process.verdict is not None and (process.canceled or process.facts is None):
            return [*self._events(task, facts), *self._failed(task, died)]
        if process.canceled or (process.facts is None and self._asked_at is not None):
            return self._events(task, [*facts, StepCanceled()])
        if process.facts is None:
            return self._failed(task, died)
        return self._events(task, facts)

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
        self._starter.close()
        self._selector.close()

    def _events(self, task: StepTask, facts: Sequence[Fact]) -> list[Event]:
        return [self._run.event(fact, task) for fact in facts]

    def _failed(self, task: StepTask, error: Exception) -> list[Event]:
        return self._events(task, StepExecution(task, self._run.resources, self._run.chance).fail(error))

    def _begin(self, process: StepProcess) -> None:
        if process.is_ready and not process.has_begun:
            process.has_begun = True
            process.started.channel.settimeout(None)
            self._starter.begin(process.started, process.task)
            process.started.channel.settimeout(0)

    def _launch(self, task: StepTask, started: Started) -> None:
        process = StepProcess(task, started, self._run.logs, self._run.clock.monotonic())
        self._processes[started.pid] = process
        self._watch(started, process)

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
            if not process.is_ready and isinstance(self._starter, ForkStarter) and now - process.began > FORK_SECONDS:
                self._start_afresh(process)
                continue
            if process.verdict is None and self._asked_at is None:
                process.verdict = self._verdict(process, now)
                if process.verdict is not None:
                    process.ended_at = now
                    process.signal(signal.SIGTERM)
            asked_at = process.ended_at if process.verdict is not None else self._asked_at
            if asked_at is not None and now - asked_at > self._settings.grace:
                process.signal(signal.SIGKILL)

    def _start_afresh(self, process: StepProcess) -> None:
        """Replace a forked process that hangs before it has done anything, and fork no more in this run."""
        self._end(process)
        self._starter.close()
        self._starter = self._spawn_starter()
        self._launch(process.task, self._starter.start(process.task))

    def _spawn_starter(self) -> SpawnStarter:
        return SpawnStarter(self._plan, self._run.crash_point, self._settings.max_concurrent)

    def _end(self, process: StepProcess) -> None:
        process.signal(signal.SIGKILL)
        self._forget(process)
        process.reap()

    def _verdict(self, process: StepProcess, now: float) -> str | None:
        settings = self._settings
        if not process.is_ready and now - process.began > SPAWN_SECONDS:
            return f"did not come up within {SPAWN_SECONDS:g} s and was ended"
        if settings.step_timeout is not None and now - process.began > settings.step_timeout:
            return f"ran longer than its time-out of {settings.step_timeout:g} s and was ended"
        if process.output_bytes > settings.output_limit_bytes:
            return f"printed more than {settings.output_limit_bytes:,} bytes and was ended"
        return None
