"""Opening a code location: finding its front, or starting one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from attrs import frozen

from mainspring.errors import LocationError
from mainspring.location.client import LocationClient
from mainspring.location.interface import TAKEN
from mainspring.location.spec import LocationSpec

UP_SECONDS = 30.0
"""How long a front may take to come up; it loads nothing of people's."""

_FIRST_SECONDS = 0.25

_TAIL_CHARACTERS = 2000


@frozen(eq=False)
class OpenLocation:
    """A location whose front answers.

    Attributes:
        client: Speaks with it.
        pid: The front's number.
        process: The front, where this process has started it.
    """

    client: LocationClient
    pid: int
    process: subprocess.Popen[str] | None


def open_location(spec: LocationSpec, home: Path, socket: Path, crash_point: str | None = None) -> OpenLocation:
    """Connect to the front of a location, starting it where there is none; one with other settings is replaced.

    Args:
        spec: The location.
        home: Its home.
        socket: Where its front listens.
        crash_point: For tests, `module:function` of what each of its processes calls at named points.

    Raises:
        LocationError: It cannot be started, or does not answer.
    """
    found = _connect(spec, socket, None, _FIRST_SECONDS) if socket.exists() else None
    if found is None:
        found = _start(spec, home, socket, crash_point)
    return found


def _connect(
    spec: LocationSpec, socket: Path, process: subprocess.Popen[str] | None, timeout_seconds: float
) -> OpenLocation | None:
    """Return the front that listens, or None where none does, or one that was told something else."""
    client = LocationClient(spec.name, f"unix:{socket}")
    try:
        said = client.hello(timeout_seconds)
    except LocationError as error:
        client.close()
        if error.is_answer:
            raise
        return None
    if said["spec"] != spec.plain():
        client.stop()
        client.close()
        return None
    return OpenLocation(client, said["pid"], process)


def _start(spec: LocationSpec, home: Path, socket: Path, crash_point: str | None) -> OpenLocation:
    told = {"home": str(home), "socket": str(socket), "spec": spec.plain(), "crash_point": crash_point}
    log = socket.with_suffix(".log")
    python = spec.python or sys.executable
    try:
        with log.open("w", encoding="utf-8") as output:
            os.chmod(log, 0o600)  # noqa: PTH101 - beside the socket, in a folder that is closed to others anyway
            process = subprocess.Popen(
                [python, "-P", "-m", "mainspring.location.front.main"],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=home,
                start_new_session=True,
                text=True,
            )
    except OSError as error:
        raise LocationError(
            spec.name, f"location {spec.name!r} cannot be started with python {python!r}: {error.strerror}"
        ) from error
    assert process.stdin is not None  # noqa: S101 - it is a pipe
    try:
        process.stdin.write(f"{json.dumps(told)}\n")
        process.stdin.close()
    except OSError:
        pass  # it has ended already, and says below why
    try:
        return _await(spec, socket, process, log)
    except BaseException:
        process.kill()
        process.wait()
        raise


def _await(spec: LocationSpec, socket: Path, process: subprocess.Popen[str], log: Path) -> OpenLocation:
    """Wait until a front answers, or has ended; one that found another at the door leaves the word to that."""
    tried_seconds = 0.0
    while tried_seconds < UP_SECONDS:
        found = _connect(spec, socket, process, _FIRST_SECONDS)
        if found is not None:
            return found
        tried_seconds += _FIRST_SECONDS
        code = process.poll()
        if code is not None and code != TAKEN:
            raise LocationError(spec.name, _why(spec, log, f"exited with code {code}"))
    raise LocationError(spec.name, _why(spec, log, f"did not answer within {UP_SECONDS:g} s"))


def _why(spec: LocationSpec, log: Path, said: str) -> str:
    tail = log.read_text("utf-8", errors="replace")[-_TAIL_CHARACTERS:].strip()
    last = tail.rpartition("\n")[2]
    if "No module named" in last:
        return (
            f"location {spec.name!r} cannot be started: {spec.python or sys.executable} has no Mainspring that can serve it "
            f"({last}); install mainspring in that environment"
        )
    more = f": {last}" if last else ""
    return f"location {spec.name!r} cannot be started: its front {said}{more}"
