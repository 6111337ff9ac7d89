"""One process that loads a location's code, as its front sees it."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from attrs import frozen

from mainspring.errors import MainspringError
from mainspring.location.frames import Message
from mainspring.location.front.descendants import resident_mb
from mainspring.location.front.link import Link, connect
from mainspring.location.front.output import Output
from mainspring.location.front.reaper import Reaper, say_end

_START = "import sys; from mainspring.location.loaded import main; main(int(sys.argv[1]), int(sys.argv[2]))"

_MEGABYTE = 1024 * 1024

_LAST_WORDS_SECONDS = 0.2

_NOT_STARTED = 127 << 8
"""The wait status of a process that there has never been."""


@frozen
class Forked:
    """A process that was forked: its number, and when it began in clock ticks since the boot."""

    pid: int
    start_time: int


class ProcessEndedError(MainspringError):
    """A process of a location that was needed has ended."""


class NoAnswerError(ProcessEndedError):
    """A process of a location hangs when it is to fork."""


class CodeProcess:
    """A process that loads the code and then forks, or becomes a worker.

    Attributes:
        pid: Its number.
        entries: What the code offers, by kind and name, once it is loaded.
        loaded: What it said once it had loaded the code.
        output: What it printed.
    """

    def __init__(self, told: Mapping[str, Any], reaper: Reaper) -> None:
        self.pid = 0
        self.entries: dict[tuple[str, str], Mapping[str, str]] = {}
        self.output = Output(told["spec"]["output_limit_mb"] * _MEGABYTE, self._end_runaway)
        self.on_message: Callable[[Message], None] | None = None
        self.on_end: Callable[[], None] | None = None
        self._told = told
        self._reaper = reaper
        self._verdict: str | None = None
        self._link = Link(self._take, self._note_silence)
        self.status: int | None = None
        self._is_silent = False
        self._orders: socket.socket | None = None
        self._tokens = itertools.count()
        self._forks: dict[str, asyncio.Future[Forked]] = {}
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._outcome: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

    @property
    def has_ended(self) -> bool:
        """Whether it is gone."""
        return self._ended.done()

    @property
    def is_ready(self) -> bool:
        """Whether it has loaded the code and lives."""
        return self._outcome.done() and not self.has_ended and self._outcome.result()["kind"] == "loaded"

    async def start(self) -> None:
        """Start it; where the system refuses, it counts as one that has ended."""
        near, far = socket.socketpair()
        self._orders, far_orders = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._orders.settimeout(0)
        for each in (far, far_orders):
            each.set_inheritable(True)
        try:
            self.pid = os.posix_spawn(  # noqa: ASYNC221 - it starts within a millisecond and is not waited for
                sys.executable,
                [sys.executable, "-P", "-c", _START, str(far.fileno()), str(far_orders.fileno())],
                os.environ,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, self.output.write_end, 1),
                    (os.POSIX_SPAWN_DUP2, self.output.write_end, 2),
                ],
            )
        except OSError as error:
            near.close()
            self._verdict = f"could not be started: {error.strerror}"
            self.status = _NOT_STARTED
            self._finish()
            return
        finally:
            self.output.opened()
            far.close()
            far_orders.close()
        self._reaper.watch(self.pid, self._note_end)
        await connect(near, self._link)
        self._link.send(dict(self._told, front=os.getpid()))

    async def outcome(self, timeout_seconds: float) -> Message:
        """Wait until the code is loaded or has failed to, and return what the process said of that."""
        done, _ = await asyncio.wait({self._outcome}, timeout=timeout_seconds)
        if not done:
            self._verdict = f"did not load the code within {timeout_seconds:g} s and was ended"
            await self._dump_and_kill()
        return await self._outcome

    async def fork(self, role: str, descriptors: list[int], timeout_seconds: float) -> Forked:
        """Have it fork, and return the new process.

        Args:
            role: What the fork becomes.
            descriptors: Its channel and, unless it prints where it will, what to print to.
            timeout_seconds: How long that may take.

        Raises:
            ProcessEndedError: It has ended.
            NoAnswerError: It does not answer.
        """
        token = str(next(self._tokens))
        answer: asyncio.Future[Forked] = asyncio.get_running_loop().create_future()
        self._forks[token] = answer
        try:
            if self.has_ended or self._orders is None:
                raise ProcessEndedError(f"the location's process {self.obituary()}")
            socket.send_fds(self._orders, [f"{role} {token}".encode()], descriptors)
            return await asyncio.wait_for(answer, timeout_seconds)
        except (TimeoutError, OSError) as error:
            raise NoAnswerError(
                "the location's process does not answer; from now on nothing is forked from it"
            ) from error
        finally:
            self._forks.pop(token, None)

    def become(self, role: str) -> None:
        """Have it take a role itself; from then on its messages are those of the role."""
        self._link.send({"kind": "become", "role": role})

    def send(self, message: Message) -> None:
        """Send a message."""
        self._link.send(message)

    def obituary(self) -> str:
        """Say what became of it, with what it printed last."""
        if self._verdict is not None:
            said = self._verdict
        else:
            said = say_end(self._ended.result()) if self.has_ended else "does not answer"
        tail = self.output.tail()
        return f"{said}; its last output was:\n{tail}" if tail else said

    def kill(self) -> None:
        """End it, and all that is in its session's first process group."""
        if self.pid and not self.has_ended:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)  # it may not lead a group of its own yet

    def retire(self) -> None:
        """Let it end by itself; what it has forked goes on."""
        self._link.close()

    async def gone(self) -> None:
        """Wait until it has ended."""
        await asyncio.wait({self._ended})

    def condemn(self, verdict: str) -> None:
        """End it, for a reason that its obituary will give."""
        self._verdict = self._verdict or verdict  # the first reason is the one
        self.kill()

    def limit_memory(self, limit_mb: int) -> None:
        """End it if it holds more than that; 0 is no limit."""
        if not self.has_ended and 0 < limit_mb < resident_mb(self.pid):
            self.condemn(f"held more than {limit_mb} MB of memory and was ended")

    async def _dump_and_kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGQUIT)  # it prints where it stands
        await asyncio.sleep(0.2)
        self.kill()

    def _end_runaway(self) -> None:
        self.condemn(f"printed more than {self._told['spec']['output_limit_mb']} MB and was ended")

    def _take(self, message: Message) -> None:
        match message["kind"]:
            case "entries":
                self.entries.update({(each["kind"], each["name"]): each for each in message["entries"]})
            case "loaded" | "failed":
                if not self._outcome.done():
                    self._outcome.set_result(message)
            case "forked":
                self._answer(message["token"], Forked(message["pid"], message["start_time"]))
            case "not_forked":
                answer = self._forks.get(message["token"])
                if answer is not None and not answer.done():
                    answer.set_exception(ProcessEndedError(f"the system refuses another process: {message['error']}"))
            case "ended":
                self._reaper.tell(message["pid"], message["status"])
            case _ if self.on_message is not None:
                self.on_message(message)

    def _answer(self, token: str, forked: Forked) -> None:
        answer = self._forks.get(token)
        if answer is not None and not answer.done():
            answer.set_result(forked)

    def _note_silence(self) -> None:
        self._is_silent = True
        if self.status is not None:
            self._finish()

    def _note_end(self, status: int) -> None:
        """Note that it has ended; what it said last may still be on its way, unless a child of its own holds the line."""
        self.status = status
        if self._is_silent:
            self._finish()
        else:
            asyncio.get_running_loop().call_later(_LAST_WORDS_SECONDS, self._finish)

    def _finish(self) -> None:
        if self._ended.done() or self.status is None:
            return
        self._ended.set_result(self.status)
        if not self._outcome.done():
            error = {"type": "ProcessEnded", "message": f"the process that loads it {self.obituary()}", "traceback": ""}
            self._outcome.set_result({"kind": "failed", "error": error, "files": []})
        for answer in self._forks.values():
            if not answer.done():
                answer.set_exception(ProcessEndedError(f"the location's process {self.obituary()}"))
        if self._orders is not None:
            self._orders.close()
            self._orders = None
        self._link.close()
        self.output.close()
        if self.on_end is not None:
            self.on_end()
