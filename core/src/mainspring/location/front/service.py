"""What a front answers over gRPC: generic handlers, JSON both ways, each method by its name."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import grpc

from mainspring.errors import MainspringError
from mainspring.location.front.evaluators import Evaluation
from mainspring.location.front.front import Front, NotLoadedError
from mainspring.location.interface import INTERFACE, OLDEST_INTERFACE, SERVICE, dump, load

Request = Mapping[str, Any]
Reply = Mapping[str, Any]

_PAGE_BYTES = 512 * 1024


class Service:
    """Answers for one location.

    Args:
        front: The location.
        spec: The location as it was described when this front was started.
        stop: Called to end the front.

    Attributes:
        holders: How many watch; a front that nobody watches ends.
    """

    def __init__(self, front: Front, spec: Mapping[str, Any], stop: Callable[[], None]) -> None:
        self._front = front
        self._spec = spec
        self._stop = stop
        self.holders = 0
        self.was_held = False

    def handler(self) -> grpc.GenericRpcHandler:
        """Return all methods, for a server."""
        unary = {
            "Hello": self.hello,
            "Reload": self.reload,
            "Launch": self.launch,
            "Terminate": self.terminate,
            "Check": self.check,
            "Stop": self.stop,
        }
        streams = {"Watch": self.watch, "Index": self.index, "Entries": self.entries, "Evaluate": self.evaluate}
        methods: dict[str, Any] = {
            name: grpc.unary_unary_rpc_method_handler(_guarded(method), load, dump) for name, method in unary.items()
        }
        methods |= {
            name: grpc.unary_stream_rpc_method_handler(_without_context(method), load, dump)
            for name, method in streams.items()
        }
        return grpc.method_handlers_generic_handler(SERVICE, methods)

    async def hello(self, request: Request) -> Reply:
        """Agree on the version of the interface, and tell who is here."""
        newest = min(int(request["interface"]), INTERFACE)
        if newest < max(int(request["oldest"]), OLDEST_INTERFACE):
            raise MainspringError(
                f"location {self._front.status['name']!r} speaks interface {OLDEST_INTERFACE} to {INTERFACE}, and the other "
                f"side {request['oldest']} to {request['interface']}; upgrade Mainspring in the older environment"
            )
        return {
            "interface": newest,
            "pid": os.getpid(),
            "spec": self._spec,
        }

    async def watch(self, request: Request) -> AsyncIterator[Reply]:
        """Tell how the location stands, now and after each change; the front lives for as long as somebody watches."""
        self.holders += 1
        self.was_held = True
        try:
            async for status in self._front.changes():
                yield status
        finally:
            self.holders -= 1

    async def index(self, request: Request) -> AsyncIterator[Reply]:
        """List the kind, name and hash of all that the location offers; one list says which snapshot it is of."""
        generation = self._front.generation()
        listed = [(each["kind"], each["name"], each["hash"]) for each in generation.entries.values()]
        for start in range(0, max(len(listed), 1), 2000):
            yield {"snapshot": generation.snapshot, "entries": listed[start : start + 2000]}

    async def entries(self, request: Request) -> AsyncIterator[Reply]:
        """Return definitions by kind and name, in pages; what is not there any more is left out."""
        entries = self._front.generation().entries
        page: list[Mapping[str, str]] = []
        size = 0
        for kind, name in request["names"]:
            entry = entries.get((kind, name))
            if entry is None:
                continue
            page.append(entry)
            size += len(entry["body"])
            if size > _PAGE_BYTES:
                yield {"entries": page}
                page, size = [], 0
        if page:
            yield {"entries": page}

    async def evaluate(self, request: Request) -> AsyncIterator[Reply]:
        """Evaluate a batch; replies come as they are ready, each evaluation has exactly one."""
        replies: asyncio.Queue[Reply] = asyncio.Queue()
        asked = [Evaluation(each, replies.put_nowait) for each in request["evaluations"]]
        for each in asked:
            self._front.evaluate(each)
        left = len(asked)
        try:
            while left:
                ready = [await replies.get()]
                while not replies.empty():
                    ready.append(replies.get_nowait())
                left -= len(ready)
                yield {"replies": ready}
        finally:
            if left:
                self._front.withdraw(set(asked))

    async def reload(self, request: Request) -> Reply:
        """Load the code anew, and tell how the location stands then."""
        return await self._front.reload()

    async def launch(self, request: Request) -> Reply:
        """Start a worker for an attempt of a run, unless there is one."""
        return await self._front.workers.launch(request)

    async def terminate(self, request: Request) -> Reply:
        """Ask a worker to end."""
        grace = float(request["grace_seconds"])
        return {"found": self._front.workers.terminate(request["run_id"], request["attempt"], grace)}

    async def check(self, request: Request) -> Reply:
        """Tell how a worker does; one that this front has not started is looked for by what is recorded of it."""
        found = self._front.workers.check(request["run_id"], request["attempt"])
        if found is None:
            return {"status": None, "message": ""}
        return {"status": found[0], "message": found[1]}

    async def stop(self, request: Request) -> Reply:
        """End this front and all behind it but for workers."""
        asyncio.get_running_loop().call_later(0.05, self._stop)
        return {}


def _guarded(method: Callable[[Request], Awaitable[Reply]]) -> Callable[[Request, Any], Awaitable[Reply]]:
    async def call(request: Request, context: Any) -> Reply:
        try:
            return await method(request)
        except MainspringError as error:  # UNAVAILABLE is what gRPC says where nobody answers
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        raise AssertionError("abort raises")

    return call


def _without_context(
    method: Callable[[Request], AsyncIterator[Reply]],
) -> Callable[[Request, Any], AsyncIterator[Reply]]:
    async def call(request: Request, context: Any) -> AsyncIterator[Reply]:
        try:
            async for each in method(request):
                yield each
        except NotLoadedError as error:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))

    return call


def read_told(text: str) -> Mapping[str, Any]:
    """Read what a front is told at its start."""
    told: Mapping[str, Any] = json.loads(text)
    return told
