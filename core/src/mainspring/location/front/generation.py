"""One loading of a location's code: the process that holds it, and what comes out of that process."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Literal

from mainspring.errors import MainspringError
from mainspring.location.front.code_process import CodeProcess, NoAnswerError, ProcessEndedError
from mainspring.location.front.evaluators import Evaluators
from mainspring.location.front.forked import ForkedProcess, RoleProcess
from mainspring.location.front.output import Output
from mainspring.location.front.reaper import Reaper

UP_SECONDS = 5.0
"""How long a forked evaluator may take to come up; nothing is lost where it is given longer than a worker."""

END_SECONDS = 5.0
"""How long the process that has loaded the code may take to end; one that hangs does not by itself."""

_MEGABYTE = 1024 * 1024


class StaleCodeError(MainspringError):
    """The code on disk is not what was loaded any more."""


class Generation:
    """One loading of the code.

    Args:
        told: What each process of it is told at its start.
        process: The process that has loaded the code.
        reaper: Tells how processes end.
        on_stale: Called when a process that was spawned later has loaded other code.

    Attributes:
        process: The process that has loaded the code.
        snapshot: The hash of what the code offers.
        files: The files that it was loaded from.
        python: The version of its Python.
        version: The version of its Mainspring.
        start: How evaluators and workers come into being.
        evaluators: Its evaluators.
    """

    def __init__(
        self,
        told: Mapping[str, Any],
        process: CodeProcess,
        loaded: Mapping[str, Any],
        reaper: Reaper,
        on_stale: Callable[[], None],
    ) -> None:
        self.process = process
        self.snapshot: str = loaded["snapshot"]
        self.files: list[str] = loaded["files"]
        self.python: str = loaded["python"]
        self.version: str = loaded["version"]
        self.start: Literal["fork", "spawn"] = _start_of(told["spec"], loaded)
        self.entries = process.entries
        self.is_retired = False
        self._told = told
        self._spec = told["spec"]
        self._reaper = reaper
        self._on_stale = on_stale
        self._standby: deque[CodeProcess] = deque()
        self.evaluators = Evaluators(self._start_evaluator, self._spec["max_evaluators"], self._spec["memory_limit_mb"])
        self._tasks: set[asyncio.Task[None]] = set()

    def distrust_forks(self) -> None:
        """Fork no more: a fork has hung."""
        self.start = "spawn"
        self.prepare()

    def prepare(self) -> None:
        """Start the processes that are kept ready where nothing is forked."""
        while self.start == "spawn" and not self.is_retired and len(self._standby) < self._spec["standby"]:
            process = CodeProcess(self._told, self._reaper)
            self._standby.append(process)
            task = asyncio.get_running_loop().create_task(process.start())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def new_worker(self) -> RoleProcess:
        """Return a process that waits for its run.

        Raises:
            ProcessEndedError: None can be had.
            StaleCodeError: The code on disk has changed since it was loaded.
        """
        if self.start == "fork":
            forked = ForkedProcess(self._reaper, None)
            try:
                await forked.start(self.process, "worker")
            except NoAnswerError:
                self.distrust_forks()
            else:
                return forked
        process = await self._take_standby()
        process.become("worker")
        return process

    def look(self) -> None:
        """Look at how large its processes are."""
        for each in (self.process, *self._standby):
            each.limit_memory(self._spec["memory_limit_mb"])
        self.evaluators.look()

    @property
    def pids(self) -> list[int]:
        """The numbers of its processes, workers excepted."""
        return [self.process.pid, *self.evaluators.pids, *(each.pid for each in self._standby)]

    async def retire(self) -> None:
        """Let evaluations end, then its processes; workers go on."""
        self.is_retired = True
        self.evaluators.retire()
        self._close_standby()
        await self.evaluators.settled()
        self.process.retire()
        try:
            await asyncio.wait_for(self.process.gone(), END_SECONDS)
        except TimeoutError:
            self.process.condemn("did not end when it was not needed any more, and was ended")

    def close(self, verdict: str) -> None:
        """End all of its processes now; workers go on."""
        self.is_retired = True
        self.evaluators.close(verdict)
        self._close_standby()
        self.process.condemn(verdict)

    async def _start_evaluator(self) -> tuple[RoleProcess, Output]:
        if self.start == "fork":
            output: Output
            forked: ForkedProcess

            def too_much() -> None:
                forked.condemn(f"printed more than {self._spec['output_limit_mb']} MB and was ended")

            output = Output(self._spec["output_limit_mb"] * _MEGABYTE, too_much)
            forked = ForkedProcess(self._reaper, output)
            try:
                await forked.start(self.process, "evaluator")
            except NoAnswerError:
                output.close()
            else:
                if await _is_up(forked):
                    return forked, output
                forked.condemn("hung after it was forked, and was ended")
            self.distrust_forks()
        process = await self._take_standby()
        process.become("evaluator")
        return process, process.output

    async def _take_standby(self) -> CodeProcess:
        self.prepare()
        while True:
            if not self._standby:
                raise ProcessEndedError("the location is being closed")
            process = self._standby.popleft()
            self.prepare()
            outcome = await process.outcome(self._spec["import_timeout"])
            if process.has_ended and outcome["kind"] == "loaded":
                continue  # it has died since
            if outcome["kind"] != "loaded":
                raise ProcessEndedError(f"a process that loads the code again failed: {outcome['error']['message']}")
            if outcome["snapshot"] != self.snapshot:
                process.retire()
                self._on_stale()
                raise StaleCodeError("the code has changed since it was loaded; it is loaded anew")
            return process

    def _close_standby(self) -> None:
        while self._standby:
            self._standby.popleft().condemn("was not needed any more")


async def _is_up(forked: ForkedProcess) -> bool:
    """Wait until a fork has said that it is up; one that says nothing hangs, and has done nothing."""
    up = asyncio.Event()
    forked.on_message = lambda _: up.set()
    forked.on_end = up.set
    try:
        await asyncio.wait_for(up.wait(), UP_SECONDS)
    except TimeoutError:
        return False
    return not forked.has_ended


def _start_of(spec: Mapping[str, Any], loaded: Mapping[str, Any]) -> Literal["fork", "spawn"]:
    """Return how processes are started: forked only where one thread is all that there is."""
    if spec["start"] != "auto":
        return "fork" if spec["start"] == "fork" else "spawn"
    return "fork" if loaded["threads"] == 1 and loaded["forks"] else "spawn"
