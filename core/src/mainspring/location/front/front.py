"""The front's heart: loads the code, again where it must, and says how the location stands."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine, Mapping
from pathlib import Path
from typing import Any

from mainspring.clock import Clock
from mainspring.errors import MainspringError
from mainspring.location.front.code_process import CodeProcess
from mainspring.location.front.descendants import descendants, end_descendants
from mainspring.location.front.evaluators import Evaluation
from mainspring.location.front.generation import Generation
from mainspring.location.front.reaper import Reaper
from mainspring.location.front.workers import Workers

FIRST_BACK_OFF_SECONDS = 1.0
LAST_BACK_OFF_SECONDS = 30.0
"""How long it takes until code that failed to load is tried again, at first and at last; it is sooner where a file changes."""

SOON_SECONDS = 10.0
SOON_DEATHS = 3
"""How soon after the code was loaded its process dies where that says something of the code, and how often it may in a row
until it is waited before the code is loaded again, as where it fails to load."""

LOOK_SECONDS = 0.25
"""How often it is looked at how many processes there are and how large they are."""


class NotLoadedError(MainspringError):
    """The location has no code that could do what is asked for."""


class Front:
    """One location behind its door.

    Args:
        name: The location's name.
        told: What each process that loads the code is told.
        clock: The time.

    Attributes:
        workers: The workers of its runs.
    """

    def __init__(self, name: str, told: Mapping[str, Any], clock: Clock) -> None:
        self._name = name
        self._told = told
        self._spec: Mapping[str, Any] = told["spec"]
        self._clock = clock
        self._reaper = Reaper()
        self._serving: Generation | None = None
        self._loading: CodeProcess | None = None
        self._asked = asyncio.Event()
        self._begun = 0
        self._settled = 0
        self._changed = asyncio.Condition()
        self._status: dict[str, Any] = {"name": name, "status": "LOADING", "error": None, "traceback": ""}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._files: list[str] = []
        self.workers = Workers(Path(told["home"]), self.generation, self.reload)

    @property
    def status(self) -> Mapping[str, Any]:
        """How the location stands."""
        serving = self._serving
        return {
            **self._status,
            "snapshot": None if serving is None else serving.snapshot,
            "start": "" if serving is None else serving.start,
            "python": "" if serving is None else serving.python,
            "version": "" if serving is None else serving.version,
            "pids": [] if serving is None else serving.pids,
        }

    @property
    def serves(self) -> bool:
        """Whether there is code that could do what is asked for, though it may not be the latest."""
        return self._serving is not None and not self._serving.process.has_ended

    def generation(self) -> Generation:
        """Return the loading of the code that serves.

        Raises:
            NotLoadedError: There is none.
        """
        if self._serving is None or not self.serves:
            raise NotLoadedError(
                f"location {self._name!r} is {self._status['status']}: {self._status['error'] or 'wait'}"
            )
        return self._serving

    def start(self) -> None:
        """Begin to load the code, and to look after it."""
        for coroutine in (self._keep(), self._look()):
            self._spawn(coroutine)

    async def reload(self) -> Mapping[str, Any]:
        """Load the code anew, and return how the location stands then; what is under way goes on with the old code."""
        awaited = self._begun + 1
        self._asked.set()
        async with self._changed:
            await self._changed.wait_for(lambda: self._settled >= awaited)
        return self.status

    def evaluate(self, evaluation: Evaluation) -> None:
        """Evaluate a schedule or a sensor; its reply comes sooner or later, whatever happens."""
        try:
            self.generation().evaluators.submit(evaluation)
        except NotLoadedError as error:
            evaluation.fail("NotLoaded", str(error), outcome="unavailable")

    def withdraw(self, evaluations: set[Evaluation]) -> None:
        """Forget evaluations that nobody waits for any more."""
        if self._serving is not None:
            self._serving.evaluators.withdraw(evaluations)

    async def changes(self) -> AsyncIterator[Mapping[str, Any]]:
        """Yield how the location stands, now and after each change."""
        last: Mapping[str, Any] = {}
        while True:
            current = self._told_of()
            if current != last:
                last = current
                yield current
            async with self._changed:
                if self._told_of() == last:
                    await self._changed.wait()

    def close(self) -> None:
        """End every process of the location but for its workers."""
        verdict = "was ended, as the location was closed"
        for task in self._tasks:
            task.cancel()
        if self._loading is not None:
            self._loading.condemn(verdict)
        if self._serving is not None:
            self._serving.close(verdict)
        end_descendants(os.getpid(), self.workers.pids)

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run something beside everything else."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _told_of(self) -> Mapping[str, Any]:
        return {name: value for name, value in self.status.items() if name != "pids"}

    async def _keep(self) -> None:
        """Load the code, and load it again when that is asked for, when its process has died, or when it failed."""
        failures = deaths = 0
        while True:
            was_asked = self._asked.is_set() or self._begun == 0
            self._asked.clear()
            self._begun += 1
            loaded = await self._load(shown=was_asked)
            self._settled = self._begun
            await self._tell()
            since = self._clock.monotonic()
            if loaded:
                await self._until_it_fails()
                died_soon = not self._asked.is_set() and self._clock.monotonic() - since < SOON_SECONDS
                deaths = deaths + 1 if died_soon else 0
                failures = max(deaths - SOON_DEATHS, 0)
            else:
                failures += 1
            if failures and not self._asked.is_set():
                await self._back_off(failures)

    async def _load(self, *, shown: bool) -> bool:
        """Load the code; return whether that went well. While it is tried again by itself it stays FAILED."""
        if shown:
            self._status.update(status="LOADING", error=None, traceback="")
            await self._tell()
        process = self._loading = CodeProcess(self._told, self._reaper)
        await process.start()
        outcome = await process.outcome(self._spec["import_timeout"])
        self._loading = None
        if outcome["kind"] != "loaded" or process.has_ended:
            self._fail(outcome.get("error") or {"message": f"its process {process.obituary()}"}, outcome["files"])
            process.retire()
            return False
        generation = Generation(self._told, process, outcome, self._reaper, self._asked.set)
        generation.prepare()
        old, self._serving = self._serving, generation
        if old is not None:
            self._spawn(old.retire())
        self._files = generation.files
        self._status.update(status="LOADED", error=None, traceback="", loaded_at=self._clock.time())
        return True

    def _fail(self, error: Mapping[str, str], files: list[str]) -> None:
        self._files = files or self._files
        said = error["message"]
        self._status.update(status="FAILED", error=said, traceback=error.get("traceback", ""))

    async def _until_it_fails(self) -> None:
        """Wait until the serving process has died, or the code is to be loaded anew."""
        assert self._serving is not None  # noqa: S101 - it has just been loaded
        process = self._serving.process
        gone = asyncio.ensure_future(process.gone())
        asked = asyncio.ensure_future(self._asked.wait())
        await asyncio.wait({gone, asked}, return_when=asyncio.FIRST_COMPLETED)
        for each in (gone, asked):
            each.cancel()
        if process.has_ended and not self._asked.is_set():
            self._fail({"message": f"its process {process.obituary()}"}, [])
            self._serving.close("was ended, as the process behind it died")
            await self._tell()

    async def _back_off(self, failures: int) -> None:
        """Wait before the code is tried again: longer each time, but not where one of its files has changed."""
        seconds = min(FIRST_BACK_OFF_SECONDS * 2 ** (failures - 1), LAST_BACK_OFF_SECONDS)
        until = self._clock.monotonic() + seconds
        before = _times(self._files)
        while self._clock.monotonic() < until and _times(self._files) == before:
            try:
                await asyncio.wait_for(self._asked.wait(), LOOK_SECONDS)
            except TimeoutError:
                continue
            return

    async def _look(self) -> None:
        """Look after how many processes there are, and how large."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            limit = self._spec["max_processes"]
            spared = self.workers.pids
            if len(descendants(os.getpid(), spared, limit + 1)) > limit:
                self._end_all(f"had more than {limit} processes and was ended")
            if self._loading is not None:
                self._loading.limit_memory(self._spec["memory_limit_mb"])
            if self._serving is not None:
                self._serving.look()

    def _end_all(self, verdict: str) -> None:
        if self._loading is not None:
            self._loading.condemn(verdict)
        if self._serving is not None:
            self._serving.close(verdict)
        end_descendants(os.getpid(), self.workers.pids)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def _times(files: list[str]) -> list[float]:
    """Return when files were changed last."""
    found: list[float] = []
    for each in files:
        try:
            found.append(os.stat(each).st_mtime)  # noqa: PTH116 - looked at four times a second
        except OSError:
            found.append(0.0)
    return found
