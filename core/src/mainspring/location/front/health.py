"""gRPC's standard health checking, for what knows no more of a location: the service `grpc.health.v1.Health`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc

from mainspring.location.front.front import Front
from mainspring.location.interface import SERVICE


def health_handler(front: Front) -> grpc.GenericRpcHandler:
    """Return the service: SERVING while the location has code that serves, and NOT_SERVING else."""

    def state() -> Any:
        response = _messages().HealthCheckResponse
        return response(status=response.SERVING if front.serves else response.NOT_SERVING)

    async def check(request: Any, context: Any) -> Any:
        if request.service not in ("", SERVICE):
            await context.abort(grpc.StatusCode.NOT_FOUND, f"there is no service {request.service!r}")
        return state()

    async def watch(request: Any, context: Any) -> AsyncIterator[Any]:
        last = None
        async for _ in front.changes():
            current = state()
            if current != last:
                last = current
                yield current

    return grpc.method_handlers_generic_handler(
        "grpc.health.v1.Health",
        {
            "Check": grpc.unary_unary_rpc_method_handler(check, _read, _write),
            "Watch": grpc.unary_stream_rpc_method_handler(watch, _read, _write),
        },
    )


def _messages() -> Any:
    """Return the messages' module, which costs three megabytes, when somebody asks."""
    from grpc_health.v1 import health_pb2

    return health_pb2


def _read(data: bytes) -> Any:
    return _messages().HealthCheckRequest.FromString(data)


def _write(message: Any) -> bytes:
    written: bytes = message.SerializeToString()
    return written
