"""The peers: what they are told not to do while measured, and how each gets an environment of its own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.process import System, last_line
from tests.benchmarks.row import HERE

ROOT = HERE.parents[1]
ENVIRONMENTS = ROOT / ".peers"
"""Where the peers' environments lie; delete one and it is made anew."""

PEERS = {
    "dagster": {"DAGSTER_DISABLE_TELEMETRY": "yes"},
    "luigi": {},
    "prefect": {
        "DO_NOT_TRACK": "1",
        "PREFECT_LOGGING_LEVEL": "ERROR",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    },
}
"""What each is told through its environment: to send nothing anywhere, and to have the time to start."""


class PeerUnavailableError(Exception):
    """A peer cannot be installed here."""


def prepare(name: str, say: Callable[[str], None], *, environments: Path = ENVIRONMENTS) -> System:
    """Return a peer ready to be measured; make its environment first if there is none with these requirements.

    Args:
        name: The peer's name.
        say: Told what takes long.
        environments: The folder of the environments.

    Raises:
        PeerUnavailableError: It cannot be installed.
    """
    requirements = HERE / "peers" / f"requirements-{name}.txt"
    folder = environments / name
    installed = folder / "requirements.txt"
    if not installed.exists() or installed.read_text() != requirements.read_text():
        uv = find_uv()
        if uv is None:
            raise PeerUnavailableError(f"{name}: uv, which would install it, is not found")
        python = folder / "bin" / "python"
        say(f"{name}: making an environment in {folder}")
        _run(name, uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder))
        say(f"{name}: installing and compiling it; this takes up to a few minutes the first time")
        _run(
            name,
            uv,
            "pip",
            "install",
            "--quiet",
            "--compile-bytecode",
            "--python",
            str(python),
            "-r",
            str(requirements),
        )
        shutil.copyfile(requirements, installed)
    return System(folder / "bin" / "python", PEERS[name])


def find_uv() -> str | None:
    """Return the path of uv: the one beside this interpreter, else the one on PATH."""
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if beside.exists() else shutil.which("uv")


def _run(name: str, *command: str) -> None:
    # Trust what the machine trusts: uv by itself trusts only the certificates that it brings.
    environment = {"UV_SYSTEM_CERTS": "1", **os.environ}
    environment.pop("VIRTUAL_ENV", None)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PeerUnavailableError(f"{name}: {' '.join(command[1:3])} failed: {last_line(done.stderr)}")
