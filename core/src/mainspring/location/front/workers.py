"""Workers: the processes that carry out runs, one an attempt; they outlive the front, which only starts and watches them."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from mainspring.errors import MainspringError
from mainspring.location.frames import Message
from mainspring.location.front.descendants import end_session
from mainspring.location.front.forked import ForkedProcess, RoleProcess
from mainspring.location.front.generation import Generation, StaleCodeError
from mainspring.location.worker_output import last_output

UP_SECONDS = 1.0
"""How long a forked worker may take until it could claim its run; one that takes longer hangs, and has done nothing."""

SPAWNED_UP_SECONDS = 30.0
"""The same for a worker that was spawned, which cannot hang for having been forked."""

CLAIM_SECONDS = 5.0
"""How long whoever launches a run waits for its claim; one that takes longer still stands."""

_KEPT = 1_000
"""How many ends of workers are remembered: for launches that are asked for again, and for whoever asks after a worker."""


class LaunchFailedError(MainspringError):
    """A worker could not be started."""


@define(eq=False)
class Worker:
    """One attempt of a run.

    Attributes:
        key: The run's id, and the attempt.
        start: Its being started, which goes on when whoever asked for it has gone: half a start would be a worker that
            neither carries out its run nor ends.
        process: Its process, once there is one.
        outcome: What it said of its claim, or that it ended.
        ended: How it ended, for people; None before.
        succeeded: Whether its process ended as it should.
    """

    key: tuple[str, int]
    start: asyncio.Task[None] = field(init=False)
    process: RoleProcess | None = None
    up: asyncio.Future[bool] = field(factory=lambda: asyncio.get_running_loop().create_future())
    outcome: asyncio.Future[Message] = field(factory=lambda: asyncio.get_running_loop().create_future())
    ended: str | None = None
    succeeded: bool = False


@frozen
class End:
    """What is remembered of a worker that has ended.

    Attributes:
        said: How it ended, for people.
        succeeded: Whether its process ended as it should.
        outcome: What it said of its claim, or that it ended.
        pid: The number that its process had; 0 where there was none.
    """

    said: str
    succeeded: bool
    outcome: Message
    pid: int


class Workers:
    """The workers of a location.

    Args:
        home: The location's home.
        generation: Returns what they come from; it raises where no code is loaded.
        reload: Has the code loaded anew.
    """

    def __init__(
        self, home: Path, generation: Callable[[], Generation], reload: Callable[[], Awaitable[object]]
    ) -> None:
        self._home = home
        self._generation = generation
        self._reload = reload
        self._workers: dict[tuple[str, int], Worker] = {}
        self._ends: OrderedDict[tuple[str, int], End] = OrderedDict()

    @property
    def pids(self) -> set[int]:
        """The numbers of those that live."""
        return {each.process.pid for each in self._workers.values() if each.process is not None}

    async def launch(self, request: Message) -> Mapping[str, Any]:
        """Start a worker for an attempt of a run, unless there is one, and return how far it has come.

        Raises:
            LaunchFailedError: None could be started; nothing was done.
        """
        key = (request["run_id"], request["attempt"])
        worker = self._workers.get(key)
        if worker is None:
            end = self._ends.pop(key, None)
            if end is not None and end.succeeded:
                self._remember(key, end)
                return {**end.outcome, "pid": end.pid}
            worker = self._workers[key] = Worker(key)
            worker.start = asyncio.create_task(self._start(worker, request))
        await asyncio.shield(worker.start)
        await asyncio.wait({worker.outcome}, timeout=CLAIM_SECONDS)
        said = worker.outcome.result() if worker.outcome.done() else {"kind": "started"}
        return {**said, "pid": 0 if worker.process is None else worker.process.pid}

    def terminate(self, run_id: str, attempt: int, grace_seconds: float) -> bool:
        """Ask a worker to end, and end it if it has not done so in time; return whether there was one."""
        worker = self._workers.get((run_id, attempt))
        if worker is None or worker.process is None:
            return False
        with suppress(ProcessLookupError):
            os.kill(worker.process.pid, signal.SIGTERM)
        asyncio.get_running_loop().call_later(grace_seconds, self._end_by_force, worker)
        return True

    def check(self, run_id: str, attempt: int) -> tuple[str, str] | None:
        """Return how a worker does: the status of its health, and why; None where there is none of this front's."""
        if (run_id, attempt) in self._workers:
            return "RUNNING", ""
        end = self._ends.get((run_id, attempt))
        return None if end is None else ("SUCCEEDED" if end.succeeded else "FAILED", end.said)

    async def _start(self, worker: Worker, request: Message) -> None:
        try:
            await self._start_process(worker, request)
        except MainspringError as error:
            self._end(worker, str(error))
            raise LaunchFailedError(str(error)) from error
        except BaseException as error:
            self._end(worker, f"it could not be started: {type(error).__name__}: {error}")
            raise

    async def _start_process(self, worker: Worker, request: Message) -> None:
        for _ in range(2):
            generation = self._generation()
            try:
                process = await generation.new_worker()
            except StaleCodeError:
                await self._reload()
                continue
            is_forked = isinstance(process, ForkedProcess)
            self._attach(worker, process)
            process.send({**request, "kind": "run"})
            await asyncio.wait({worker.up}, timeout=UP_SECONDS if is_forked else SPAWNED_UP_SECONDS)
            if worker.up.done():
                process.send({"kind": "go"})
                return
            process.on_end = process.on_message = None
            process.condemn("did not get ready for its run and was ended")
            if is_forked:
                generation.distrust_forks()
        raise LaunchFailedError("no worker of the location gets ready for its run; look at the location's code")

    def _attach(self, worker: Worker, process: RoleProcess) -> None:
        worker.process = process
        process.on_message = lambda message: self._take(worker, message)
        process.on_end = lambda: self._bury(worker, process)
        if process.has_ended:
            self._bury(worker, process)

    def _take(self, worker: Worker, message: Message) -> None:
        if message["kind"] == "up":
            if not worker.up.done():
                worker.up.set_result(True)
        elif not worker.outcome.done():
            worker.outcome.set_result(message)

    def _bury(self, worker: Worker, process: RoleProcess) -> None:
        worker.succeeded = process.status == 0
        tail = "" if worker.succeeded else last_output(self._home, *worker.key)
        said = f"its process {process.obituary()}"
        self._end(worker, f"{said}; its last output was:\n{tail}" if tail else said)
        end_session(process.pid)

    def _end(self, worker: Worker, said: str) -> None:
        worker.ended = said
        if not worker.up.done():
            worker.up.set_result(False)
        if not worker.outcome.done():
            worker.outcome.set_result({"kind": "ended", "message": said})
        if self._workers.get(worker.key) is worker:  # all else of it goes, as a location has very many in its time
            del self._workers[worker.key]
            pid = 0 if worker.process is None else worker.process.pid
            self._remember(worker.key, End(said, worker.succeeded, worker.outcome.result(), pid))

    def _end_by_force(self, worker: Worker) -> None:
        if worker.ended is None and worker.process is not None:
            worker.process.condemn("did not end when it was asked to, and was ended")
            end_session(worker.process.pid)

    def _remember(self, key: tuple[str, int], end: End) -> None:
        self._ends[key] = end
        while len(self._ends) > _KEPT:
            self._ends.popitem(last=False)
