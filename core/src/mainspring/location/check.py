"""Trying a location's code, and having it loaded anew where it is open."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mainspring.errors import LocationError
from mainspring.location.address import socket_path
from mainspring.location.client import LocationClient
from mainspring.location.opening import open_location
from mainspring.location.spec import LocationSpec
from mainspring.runtime import within_limit

_ANSWER_SECONDS = 5.0


def check_location(spec: LocationSpec, home: Path) -> dict[str, Any]:
    """Load a location's code in processes of its own, as a daemon would, and return how that went.

    What is open already is not touched, and nothing is recorded.

    Raises:
        InstanceError: The system's folder for temporary files has too long a path for a socket.
    """
    try:
        with opened_apart(spec, home) as (_, status):
            return _result(spec, status)
    except LocationError as error:
        return _result(spec, {"status": "FAILED", "error": str(error)})


@contextmanager
def opened_apart(spec: LocationSpec, home: Path) -> Iterator[tuple[LocationClient, Mapping[str, Any]]]:
    """Load a location's code in processes of its own, and give who speaks with them, with how that went.

    Raises:
        LocationError: The processes cannot be started, or have ended.
        InstanceError: The system's folder for temporary files has too long a path for a socket.
    """
    with tempfile.TemporaryDirectory(prefix="mainspring-") as folder:
        found = open_location(spec, home, within_limit(Path(folder) / "check.sock", "TMPDIR"))
        try:
            statuses = found.client.watch()  # kept to the end, as a front ends that nobody watches
            yield found.client, next(each for each in statuses if each["status"] != "LOADING")
        finally:
            with suppress(LocationError):  # it may have ended already
                found.client.stop()
            found.client.close()
            if found.process is not None:
                found.process.wait()


def reload_location(spec: LocationSpec, home: Path) -> dict[str, Any]:
    """Load an open location's code anew, and return how it stands then.

    Raises:
        LocationError: Nobody has it open.
    """
    socket = socket_path(home, spec.name)
    client = LocationClient(spec.name, f"unix:{socket}")
    try:
        client.hello(_ANSWER_SECONDS if socket.exists() else 0.0)
        return _result(spec, client.reload())
    except LocationError as error:
        if error.is_answer:
            raise
        raise LocationError(
            spec.name,
            f"location {spec.name!r} is not open, so there is nothing to load anew; start `mainspring daemon`",
        ) from error
    finally:
        client.close()


def _result(spec: LocationSpec, status: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": spec.name,
        "source": str(spec.source),
        "status": status["status"],
        "error": status.get("error"),
        "traceback": status.get("traceback") or "",
        "start": status.get("start") or "",
        "python": status.get("python") or "",
    }
