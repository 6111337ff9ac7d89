"""Databases that cannot be used: one clear sentence each, and nothing half done."""

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from mainspring.errors import StorageError
from mainspring.run import Run, RunStatus
from mainspring.storage import RunQuery, open_storage

URL = "sqlite:///mainspring.db"


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "must be a database URL such as sqlite:///"),
        ("mainspring.db", "must be a database URL"),
        ("mysql://user:secret@host/db", "'mysql' is not supported"),
        ("sqlite+aiosqlite:///x.db", "'sqlite.aiosqlite' is not supported"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:///no/such/folder/x.db", "check that"),
        ("sqlite:///.", "check that"),
    ],
)
def test_a_url_that_names_no_database_is_refused(url: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=sentence) as caught:
        open_storage(url, tmp_path)

    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"hello", b"x" * 10_000, b"SQLite format 3\0" + b"x" * 10_000], ids=len)
def test_a_file_that_is_no_database_is_left_as_it_is(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "mainspring.db"
    path.write_bytes(content)

    with pytest.raises(StorageError, match=r"is not a database; move the file away|is damaged; restore it"):
        open_storage(URL, tmp_path)
    assert path.read_bytes() == content


def test_a_damaged_database_says_so(tmp_path: Path) -> None:
    with closing(open_storage(URL, tmp_path)) as storage:
        for number in range(200):
            run = Run(run_id=f"run-{number}", job_name="j" * 100, mode="m", status=RunStatus.STARTED)
            storage.runs.create(run, [])
    path = tmp_path / "mainspring.db"
    data = bytearray(path.read_bytes())
    data[4096:] = os.urandom(len(data) - 4096)
    path.write_bytes(data)

    def look() -> None:
        with closing(open_storage(URL, tmp_path)) as storage:
            storage.runs.find(RunQuery())

    with pytest.raises(StorageError, match=r"is damaged; restore it from a backup") as caught:
        look()
    assert "\n" not in str(caught.value)


def test_a_database_that_is_taken_away_says_so(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with closing(open_storage(URL, home)) as storage:
        storage.close()
        shutil.rmtree(home)
        with pytest.raises(StorageError, match="check that"):
            storage.runs.find(RunQuery())


def python(code: str, *arguments: str) -> str:
    """Run code in a process of its own and return the last line that it printed."""
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


_AS_NOBODY = """
import os, sys, tempfile
from mainspring.storage import open_storage
from mainspring.errors import StorageError
from mainspring.run import Run, RunStatus
from pathlib import Path

with tempfile.TemporaryDirectory() as folder:  # so that all is imported while it can be read
    open_storage("sqlite:///mainspring.db", Path(folder)).close()
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    storage = open_storage("sqlite:///mainspring.db", Path(sys.argv[1]))
    storage.runs.create(Run(run_id="run-1", job_name="j", mode="m", status=RunStatus.STARTED), [])
    print("stored")
except StorageError as error:
    assert "\\n" not in str(error), error
    print(error)
"""


@pytest.mark.integration
@pytest.mark.parametrize(
    ("file_mode", "folder_mode", "exists", "sentence"),
    [
        (0o444, 0o777, True, "writ"),
        (0o000, 0o777, True, "writ"),
        (0o666, 0o555, True, "writ"),
        (0o444, 0o555, True, "writ"),
        (0o666, 0o000, True, "writ"),
        (0o666, 0o555, False, "writ"),
    ],
)
def test_what_may_not_be_written_says_so(
    file_mode: int, folder_mode: int, exists: bool, sentence: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    base = tmp_path_factory.mktemp("readonly")
    for each in (base, *base.parents[:2]):
        each.chmod(0o755)
    home = base / "home"
    home.mkdir()
    if exists:
        open_storage(URL, home).close()
        (home / "mainspring.db").chmod(file_mode)
    home.chmod(folder_mode)
    try:
        said = python(_AS_NOBODY, str(home))
    finally:
        home.chmod(0o755)

    assert said.startswith("storage sqlite:///")
    assert sentence in said
    assert str(home) in said


_LIMITED = """
import resource, signal, sys
from mainspring.storage import open_storage
from mainspring.errors import StorageError
from mainspring.event import Event, HookFailed, ErrorInfo
from mainspring.run import Run, RunStatus
from pathlib import Path

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
storage = open_storage("sqlite:///mainspring.db", Path(sys.argv[1]))
storage.runs.create(Run(run_id="run-1", job_name="j", mode="m", status=RunStatus.STARTED), [])
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
written = 0
try:
    while True:
        fact = HookFailed("h", ErrorInfo("E", "x" * 20_000))
        batch = [Event(run_id="run-1", run_attempt=1, fact=fact, timestamp=0.0) for _ in range(3)]
        storage.events.record("run-1", 1, batch)
        written += 3
except StorageError as error:
    assert "\\n" not in str(error), error
    said = str(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert len(storage.events.read("run-1")) == written, (len(storage.events.read("run-1")), written)
storage.events.record("run-1", 1, batch)
assert len(storage.events.read("run-1")) == written + 3
print(said)
"""


@pytest.mark.integration
def test_a_full_disk_stores_nothing_of_a_batch_and_recovers(tmp_path: Path) -> None:
    said = python(_LIMITED, str(tmp_path))

    assert "make room" in said or "check the disk and its free space" in said
    with closing(sqlite3.connect(tmp_path / "mainspring.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


_FULL_FROM_THE_START = """
import resource, signal, sys
from mainspring.storage import open_storage
from mainspring.errors import StorageError
from pathlib import Path

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    open_storage("sqlite:///mainspring.db", Path(sys.argv[1]))
    print("opened")
except StorageError as error:
    assert "\\n" not in str(error), error
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    open_storage("sqlite:///mainspring.db", Path(sys.argv[1])).close()
    print(error)
"""


@pytest.mark.integration
@pytest.mark.parametrize("limit", [0, 4096, 20_000, 60_000])
def test_a_disk_too_full_for_the_tables_leaves_none(limit: int, tmp_path: Path) -> None:
    said = python(_FULL_FROM_THE_START, str(tmp_path), str(limit))

    assert "disk" in said


_LOCKING = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
connection.execute("COMMIT")
"""


@pytest.mark.integration
def test_a_writer_waits_for_a_lock(tmp_path: Path) -> None:
    """Scar: D#2884. Who comes while another writes waits its turn."""
    with closing(open_storage(URL, tmp_path)) as storage:
        with subprocess.Popen(
            [sys.executable, "-c", _LOCKING, str(tmp_path / "mainspring.db")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            assert process.stdin is not None
            assert process.stdout.readline() == "locked\n"
            assert storage.runs.find(RunQuery()) == []  # readers do not wait
            process.stdin.close()
            storage.runs.create(Run(run_id="run-1", job_name="j", mode="m", status=RunStatus.STARTED), [])
        assert storage.runs.get("run-1") is not None


def test_limits_are_put_back() -> None:
    """The tests above limit processes of their own."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
