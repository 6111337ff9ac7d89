"""Speaking with a code location: one method for each that its front answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import grpc

from mainspring.errors import LocationError
from mainspring.location.interface import INTERFACE, OLDEST_INTERFACE, OPTIONS, SERVICE, dump, load

_IMPATIENT = (
    ("grpc.initial_reconnect_backoff_ms", 20),
    ("grpc.min_reconnect_backoff_ms", 20),
    ("grpc.max_reconnect_backoff_ms", 500),
    ("grpc.enable_http_proxy", 0),
    # A front that does not answer at all, as one that was stopped, is given up, with all that was asked of it.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.ping_timeout_ms", 10_000),
    ("grpc.http2.max_pings_without_data", 0),
)
"""A front on this machine comes up within a moment or not at all."""

_NAMES_A_CALL = 2000


class LocationClient:
    """A connection to the front of a location; safe to use from several threads.

    Args:
        name: The location's name, for errors.
        address: Where its front listens.
    """

    def __init__(self, name: str, address: str) -> None:
        self._name = name
        self._channel = grpc.insecure_channel(address, options=(*OPTIONS, *_IMPATIENT))
        self._unary: dict[str, grpc.UnaryUnaryMultiCallable[Any, Any]] = {}
        self._watching: Any = None

    def close(self) -> None:
        """Disconnect."""
        self._channel.close()

    def hello(self, timeout_seconds: float) -> Mapping[str, Any]:
        """Wait for the front to come up, agree on the interface's version, and return who is there.

        Raises:
            LocationError: It does not answer in time, or speaks another version.
        """
        request = {"interface": INTERFACE, "oldest": OLDEST_INTERFACE}
        return self._call("Hello", request, timeout_seconds, wait=True)

    def watch(self) -> Iterator[Mapping[str, Any]]:
        """Yield how the location stands, now and after each change, until this client is closed or the front has ended.

        The front lives for as long as somebody watches.

        Raises:
            LocationError: The front has ended.
        """
        yield from self._stream("Watch", {})

    def index(self) -> tuple[str, dict[tuple[str, str], str]]:
        """Return the hash of the location's snapshot, and that of each definition in it, by kind and name.

        Raises:
            LocationError: It has loaded no code, or the front has ended.
        """
        snapshot = ""
        hashes: dict[tuple[str, str], str] = {}
        for page in self._stream("Index", {}):
            snapshot = page["snapshot"]
            hashes.update({(kind, name): each for kind, name, each in page["entries"]})
        return snapshot, hashes

    def entries(self, names: Sequence[tuple[str, str]]) -> Iterator[Mapping[str, str]]:
        """Yield definitions by kind and name; those that are not there any more are left out.

        Raises:
            LocationError: It has loaded no code, or the front has ended.
        """
        for start in range(0, len(names), _NAMES_A_CALL):
            for page in self._stream("Entries", {"names": names[start : start + _NAMES_A_CALL]}):
                yield from page["entries"]

    def evaluate(self, evaluations: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """Evaluate a batch of schedules and sensors, and yield a reply for each as soon as it is there.

        Raises:
            LocationError: The front has ended; what is not replied to by then may have been evaluated or not.
        """
        for page in self._stream("Evaluate", {"evaluations": list(evaluations)}):
            yield from page["replies"]

    def reload(self) -> Mapping[str, Any]:
        """Load the code anew, and return how the location stands then.

        Raises:
            LocationError: The front has ended, or there is none.
        """
        return self._call("Reload", {}, None)

    def launch(self, request: Mapping[str, Any], timeout_seconds: float) -> Mapping[str, Any]:
        """Start a worker for an attempt of a run, unless there is one, and return how far it has come.

        Raises:
            LocationError: No worker was started, or nobody knows whether one was.
        """
        return self._call("Launch", request, timeout_seconds)

    def terminate(self, run_id: str, attempt: int, grace_seconds: float, timeout_seconds: float) -> bool:
        """Ask a worker to end, and have it ended if it has not done so in time; return whether there is one.

        Raises:
            LocationError: The front does not answer.
        """
        request = {"run_id": run_id, "attempt": attempt, "grace_seconds": grace_seconds}
        return bool(self._call("Terminate", request, timeout_seconds)["found"])

    def check(self, run_id: str, attempt: int, timeout_seconds: float) -> Mapping[str, Any]:
        """Return how a worker does; its `status` is None where this front has not started it.

        Raises:
            LocationError: The front does not answer.
        """
        return self._call("Check", {"run_id": run_id, "attempt": attempt}, timeout_seconds)

    def stop(self) -> None:
        """End the front and all behind it but for workers.

        Raises:
            LocationError: It has ended already.
        """
        self._call("Stop", {}, 5.0)

    def _call(
        self, method: str, request: Mapping[str, Any], timeout_seconds: float | None, *, wait: bool = False
    ) -> Mapping[str, Any]:
        if method not in self._unary:
            self._unary[method] = self._channel.unary_unary(f"/{SERVICE}/{method}", dump, load)
        try:
            reply: Mapping[str, Any] = self._unary[method](request, timeout=timeout_seconds, wait_for_ready=wait)
        except grpc.RpcError as error:
            raise self._explained(error) from error
        return reply

    def _stream(self, method: str, request: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        call = self._channel.unary_stream(f"/{SERVICE}/{method}", dump, load)(request)
        try:
            yield from call
        except grpc.RpcError as error:
            raise self._explained(error) from error
        finally:
            call.cancel()

    def _explained(self, error: Any) -> LocationError:
        code = error.code()
        match code:
            case grpc.StatusCode.FAILED_PRECONDITION:
                return LocationError(self._name, str(error.details()), is_answer=True)
            case grpc.StatusCode.DEADLINE_EXCEEDED:
                return LocationError(
                    self._name, f"location {self._name!r} does not answer in time; look at it again soon"
                )
            case _:
                return LocationError(
                    self._name,
                    f"location {self._name!r} cannot be reached ({code.name}); it is open while `mainspring daemon` runs",
                )
