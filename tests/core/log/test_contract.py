"""The built-in log stores keep the log stores' contract, and their limits."""

import subprocess
import sys
from pathlib import Path

import pytest

import mainspring as ms
from mainspring.log.filesystem import FilesystemLogStore
from mainspring.log.memory import MemoryLogStore
from mainspring.log.port import CUT
from mainspring.testing import LogStoreContract

KEY = ms.LogKey("run-1", "clean", 1, "stdout")


class TestMemory(LogStoreContract):
    @pytest.fixture
    def log_store(self) -> ms.LogStore:
        return MemoryLogStore()


class TestFilesystem(LogStoreContract):
    @pytest.fixture
    def log_store(self, tmp_path: Path) -> ms.LogStore:
        return FilesystemLogStore(tmp_path / "logs")


@pytest.fixture(params=["memory", "filesystem"])
def small(request: pytest.FixtureRequest, tmp_path: Path) -> ms.LogStore:
    """A store that keeps ten bytes of a stream."""
    return MemoryLogStore(10) if request.param == "memory" else FilesystemLogStore(tmp_path, 10)


@pytest.mark.parametrize("texts", [["x" * 50], ["x" * 8, "x" * 8, "x"], ["x" * 10, "x"], ["x"] * 30])
def test_a_stream_is_cut_at_its_limit_and_says_so_once(small: ms.LogStore, texts: list[str]) -> None:
    for text in texts:
        small.append(KEY, text)

    assert small.read(KEY) == "x" * 10 + CUT


def test_a_stream_just_as_long_as_its_limit_is_whole(small: ms.LogStore) -> None:
    small.append(KEY, "x" * 10)

    assert small.read(KEY) == "x" * 10


def test_files_hold_no_more_than_their_limit(tmp_path: Path) -> None:
    store = FilesystemLogStore(tmp_path, 100)
    for _ in range(1000):
        store.append(KEY, "ü" * 33)

    assert store.path(KEY).stat().st_size <= 100 + len(CUT.encode())


def test_half_a_character_waits_for_its_other_half(tmp_path: Path) -> None:
    store = FilesystemLogStore(tmp_path)
    store.append(KEY, "a")
    whole = "ü".encode()
    with store.path(KEY).open("ab") as file:
        file.write(whole[:1])
        file.flush()
        first = store.piece(KEY)
        assert first.text == "a"
        assert store.piece(KEY, first.end).text == ""
        file.write(whole[1:])

    assert store.piece(KEY, first.end).text == "ü"


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    store = FilesystemLogStore(tmp_path / "logs")
    store.append(KEY, "secret")

    assert store.path(KEY).stat().st_mode & 0o077 == 0
    assert store.path(KEY).parent.stat().st_mode & 0o077 == 0


@pytest.mark.integration
def test_what_another_process_writes_is_followed(tmp_path: Path) -> None:
    store = FilesystemLogStore(tmp_path)
    code = (
        "import sys; from pathlib import Path; import mainspring as ms;"
        "from mainspring.log.filesystem import FilesystemLogStore;"
        "store = FilesystemLogStore(Path(sys.argv[1]));"
        "[(store.append(ms.LogKey('run-1', 'clean', 1, 'stdout'), line), print(flush=True)) for line in sys.stdin]"
    )
    position, seen = 0, ""
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None
        for number in range(20):
            writer.stdin.write(f"{number} ü\n")
            writer.stdin.flush()
            writer.stdout.readline()
            piece = store.piece(KEY, position)
            seen, position = seen + piece.text, piece.end
            assert seen.endswith(f"{number} ü\n")
        writer.stdin.close()

    assert seen == "".join(f"{number} ü\n" for number in range(20))
