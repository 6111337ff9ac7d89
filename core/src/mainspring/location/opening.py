"""Opening a code location: finding its front, or starting one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from attrs import frozen

from mainspring.errors import LocationError
from mainspring.location.client import LocationClient
from mainspring.location.interface import TAKEN
from mainspring.location.spec import LocationSpec

UP_SECONDS = 30.0
"""How long a front may take to come up; it loads nothing of people's."""

_TRY_SECONDS = 0.25
"""How long one try to speak with it takes at the most."""

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


def open_location(
    spec: LocationSpec, home: Path, socket: Path, crash_point: str | None = None, *, replace: bool = True
) -> OpenLocation:
    """Connect to the front of a location, starting it where there is none.

    Args:
        spec: The location.
        home: Its home.
        socket: Where its front listens.
        crash_point: For tests, `module:function` of what each of its processes calls at named points.
        replace: Whether a front that was told other settings is ended, for one that is told these.

    Raises:
        LocationError: It cannot be started, or does not answer.
    """
    process: subprocess.Popen[str] | None = None
    waited_seconds = 0.0
    try:
        while waited_seconds < UP_SECONDS:
            found = _connect(spec, socket, process, replace=replace) if process is not None or socket.exists() else None
            if found is not None:
                return found
            waited_seconds += 0.0 if process is None else _TRY_SECONDS
            code = None if process is None else process.poll()
            if process is None or code == TAKEN:  # whoever had the door may just have been on the way out
                process = _start(spec, home, socket, crash_point)
            elif code is not None:
                raise LocationError(spec.name, _why(spec, socket, f"exited with code {code}"))
        raise LocationError(spec.name, _why(spec, socket, f"did not answer within {UP_SECONDS:g} s"))
    except BaseException:
        if process is not None:
            process.kill()
            process.wait()
        raise


def _connect(
    spec: LocationSpec, socket: Path, process: subprocess.Popen[str] | None, *, replace: bool
) -> OpenLocation | None:
    """Return the front that listens, or None where none does, or one that is to be replaced."""
    client = LocationClient(spec.name, f"unix:{socket}")
    try:
        said = client.hello(_TRY_SECONDS)
        if replace and said["spec"] != spec.plain():
            client.stop()
            said = {}
    except LocationError as error:
        client.close()
        if error.is_answer:
            raise
        return None
    if not said:
        client.close()
        return None
    return OpenLocation(client, said["pid"], process)


def _start(spec: LocationSpec, home: Path, socket: Path, crash_point: str | None) -> subprocess.Popen[str]:
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
    with suppress(OSError):  # it may have ended already, and its exit code says why
        process.stdin.write(f"{json.dumps(told)}\n")
        process.stdin.close()
    return process


def _why(spec: LocationSpec, socket: Path, said: str) -> str:
    tail = socket.with_suffix(".log").read_text("utf-8", errors="replace")[-_TAIL_CHARACTERS:].strip()
    last = tail.rpartition("\n")[2]
    if "No module named" in last:
        return (
            f"location {spec.name!r} cannot be started: {spec.python or sys.executable} has no Mainspring that can serve it "
            f"({last}); install mainspring in that environment"
        )
    more = f": {last}" if last else ""
    return f"location {spec.name!r} cannot be started: its front {said}{more}"
