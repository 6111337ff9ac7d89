"""The log stores keep what is appended, by step, attempt and stream, up to a limit."""

from pathlib import Path

import pytest

from mainspring.log.filesystem import FilesystemLogStore
from mainspring.log.memory import MemoryLogStore
from mainspring.log.port import CUT, STREAMS, LogKey, LogStore
from mainspring.testing.contract.io_manager import HOSTILE_KEYS

KEY = LogKey("run-1", "clean", 1, "stdout")
LIMIT = 100


@pytest.fixture(params=["memory", "files"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> LogStore:
    if request.param == "memory":
        return MemoryLogStore(limit_characters=LIMIT)
    return FilesystemLogStore(tmp_path / "logs", limit_bytes=LIMIT)


def test_text_is_appended(store: LogStore) -> None:
    for text in ("one\n", "zwei: ü🔑\n", "", "no newline"):
        store.append(KEY, text)

    assert store.read(KEY) == "one\nzwei: ü🔑\nno newline"


def test_streams_attempts_steps_and_runs_are_kept_apart(store: LogStore) -> None:
    keys = [
        *(LogKey("run-1", "clean", 1, stream) for stream in STREAMS),
        LogKey("run-1", "clean", 11, "log"),
        LogKey("run-1", "clean_2", 1, "log"),
        LogKey("run-10", "clean", 1, "log"),
        *(LogKey("run-1", f"clean[{key}]", 1, "log") for key in HOSTILE_KEYS),
    ]
    for number, key in enumerate(keys):
        store.append(key, str(number))

    assert [store.read(key) for key in keys] == list(map(str, range(len(keys))))


def test_what_was_never_written_is_empty(store: LogStore) -> None:
    assert store.read(KEY) == ""


def test_a_stream_is_cut_at_its_limit_and_says_so_once(store: LogStore) -> None:
    for _ in range(50):
        store.append(KEY, "0123456789\n")
    other = LogKey("run-1", "clean", 1, "stderr")
    store.append(other, "x" * 1000)

    assert store.read(KEY) == ("0123456789\n" * 10)[:LIMIT] + CUT
    assert store.read(other) == "x" * LIMIT + CUT


def test_a_stream_of_just_the_limit_is_whole(store: LogStore) -> None:
    store.append(KEY, "x" * LIMIT)
    assert store.read(KEY) == "x" * LIMIT

    store.append(KEY, "y")
    store.append(KEY, "z")
    assert store.read(KEY) == "x" * LIMIT + CUT


def test_files_are_for_their_owner_and_inside(tmp_path: Path) -> None:
    store = FilesystemLogStore(tmp_path / "logs")
    store.append(LogKey("../../x", "../y", 1, "stdout"), "text \ud800")
    (path,) = [path for path in tmp_path.rglob("*") if path.is_file()]

    assert path.is_relative_to(tmp_path / "logs")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text() == "text \\ud800"
