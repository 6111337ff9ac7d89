"""What a front remembers of workers: those that live, and a few words on so many that have ended."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from mainspring.location.frames import Message
from mainspring.location.front import workers
from mainspring.location.front.generation import Generation
from mainspring.location.front.workers import Workers


class Puppet:
    """Stands for a worker's process: gets ready, claims, and ends when it is told to."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.status: int | None = None
        self.on_message: Callable[[Message], None] | None = None
        self.on_end: Callable[[], None] | None = None

    @property
    def has_ended(self) -> bool:
        return self.status is not None

    def send(self, message: Message) -> None:
        assert self.on_message is not None
        self.on_message({"kind": "up"} if message["kind"] == "run" else {"kind": "claimed"})

    def obituary(self) -> str:
        return f"exited with code {self.status}"

    def end(self, status: int) -> None:
        self.status = status
        assert self.on_end is not None
        self.on_end()


class Source:
    """Stands for a loading of the code, which workers come from."""

    def __init__(self) -> None:
        self.started: list[Puppet] = []

    async def new_worker(self) -> Puppet:
        self.started.append(Puppet(2**30 + len(self.started)))  # there is no such process
        return self.started[-1]


async def nothing() -> None:
    """Load nothing anew."""


def launched(home: Path, count: int, status: int = 0) -> tuple[Workers, Source, Callable[[int], Any]]:
    source = Source()
    found = Workers(home, lambda: cast("Generation", source), nothing)

    async def launch() -> None:
        for number in range(count):
            await found.launch({"run_id": f"run-{number}", "attempt": 1})
            assert found.check(f"run-{number}", 1) == ("RUNNING", "")
            assert found.pids == {source.started[-1].pid}
            source.started[-1].end(status)

    asyncio.run(launch())
    return found, source, lambda number: asyncio.run(found.launch({"run_id": f"run-{number}", "attempt": 1}))


def test_of_a_worker_that_has_ended_a_few_words_are_kept(tmp_path: Path) -> None:
    found, source, launch = launched(tmp_path, 1)

    assert found.pids == set()
    assert found.check("run-0", 1) == ("SUCCEEDED", "its process exited with code 0")
    assert launch(0) == {"kind": "claimed", "pid": source.started[0].pid}
    assert len(source.started) == 1, "it was not started once more"


def test_a_worker_that_failed_is_started_again_when_that_is_asked_for(tmp_path: Path) -> None:
    found, source, launch = launched(tmp_path, 1, status=256)
    health = found.check("run-0", 1)
    assert health is not None
    assert health[0] == "FAILED"

    assert launch(0) == {"kind": "claimed", "pid": source.started[1].pid}
    assert found.check("run-0", 1) == ("RUNNING", "")


def test_what_is_remembered_is_bounded(tmp_path: Path) -> None:
    count = workers._KEPT + 5  # noqa: SLF001 - how many that may be is its own business
    found, _, _ = launched(tmp_path, count)

    assert found.check("run-4", 1) is None
    assert found.check("run-5", 1) == ("SUCCEEDED", "its process exited with code 0")
    assert len(found._workers) == 0  # noqa: SLF001 - what lives
