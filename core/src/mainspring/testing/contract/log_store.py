"""What every log store promises."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

import mainspring as ms
from mainspring.log.port import STREAMS, DeletesLogs
from mainspring.testing.contract.io_manager import HOSTILE_KEYS

KEY = ms.LogKey("run-1", "clean", 1, "stdout")


class LogStoreContract:
    """Derive a test class from this and define the fixture `log_store`.

    ```python
    class TestBucket(LogStoreContract):
        @pytest.fixture
        def log_store(self, tmp_path):
            return BucketLogStore(tmp_path)
    ```
    """

    @pytest.fixture
    def log_store(self) -> ms.LogStore:
        """Give a log store that keeps nothing yet."""
        raise NotImplementedError("define the fixture log_store")

    def test_text_is_read_as_it_was_added(self, log_store: ms.LogStore) -> None:
        for text in ("one\n", "two, ", "Grüße 🔑\r\n", "\x00\x1b[31m\n", ""):
            log_store.append(KEY, text)

        assert log_store.read(KEY) == "one\ntwo, Grüße 🔑\r\n\x00\x1b[31m\n"

    def test_a_stream_without_text_is_empty(self, log_store: ms.LogStore) -> None:
        assert log_store.read(KEY) == ""
        assert log_store.piece(KEY).text == ""

    def test_what_no_encoding_has_is_kept_somehow(self, log_store: ms.LogStore) -> None:
        log_store.append(KEY, "before \ud800 after\n")

        text = log_store.read(KEY)
        assert text.startswith("before ")
        assert text.endswith(" after\n")

    def test_streams_are_kept_apart(self, log_store: ms.LogStore) -> None:
        keys = [
            KEY,
            *(ms.LogKey(run_id, "clean", 1, "stdout") for run_id in ("run-2", "run-10")),
            *(ms.LogKey("run-1", f"clean[{each}]", 1, "stdout") for each in HOSTILE_KEYS),
            *(ms.LogKey("run-1", step_key, 1, "stdout") for step_key in ("outer.clean", "clea", "clean.1")),
            *(ms.LogKey("run-1", "clean", attempt, "stdout") for attempt in (2, 11)),
            ms.LogKey("run-1", "clean", 1, "stderr"),
            ms.LogKey("run-1", "clean", 1, "log"),
        ]
        for turn in ("first\n", "second\n"):
            for number, key in enumerate(keys):
                log_store.append(key, f"{number} {turn}")

        assert [log_store.read(key) for key in keys] == [
            f"{number} first\n{number} second\n" for number in range(len(keys))
        ]

    def test_a_follower_gets_each_character_once(self, log_store: ms.LogStore) -> None:
        written = ["one\n", "zwei ü", "🔑" * 30_000, "\n", "three\n" * 20_000, "end"]
        seen: list[str] = []
        position = 0
        for text in written:
            log_store.append(KEY, text)
            while (piece := log_store.piece(KEY, position)).text:
                seen.append(piece.text)
                position = piece.end

        assert "".join(seen) == "".join(written) == log_store.read(KEY)
        assert log_store.piece(KEY, position) == ms.LogPiece("", position)

    def test_a_long_stream_comes_in_pieces(self, log_store: ms.LogStore) -> None:
        log_store.append(KEY, "x" * 1_000_000)

        assert 0 < len(log_store.piece(KEY).text) < 500_000
        assert len(log_store.read(KEY)) == 1_000_000

    def test_logs_go_with_their_run_where_the_store_has_a_way(self, log_store: ms.LogStore) -> None:
        if not isinstance(log_store, DeletesLogs):
            pytest.skip("the store has no method `delete`, so its logs stay")
        runs = ("run-1", "run-10", "../run-1", "Run-1")
        keys = [ms.LogKey(run_id, "outer.clean", 2, stream) for run_id in runs for stream in STREAMS]
        for key in keys:
            log_store.append(key, f"{key.run_id}\n")
        log_store.delete("run-1")
        log_store.delete("run-1")

        assert [log_store.read(key) for key in keys] == [
            "" if key.run_id == "run-1" else f"{key.run_id}\n" for key in keys
        ]
        log_store.append(keys[0], "anew\n")
        assert log_store.read(keys[0]) == "anew\n"

    def test_several_steps_write_at_once(self, log_store: ms.LogStore) -> None:
        keys = [ms.LogKey("run-1", f"step_{number}", 1, "stdout") for number in range(8)]

        def write(key: ms.LogKey) -> None:
            for number in range(50):
                log_store.append(key, f"{number}\n")

        with ThreadPoolExecutor(len(keys)) as threads:
            list(threads.map(write, keys))

        assert {log_store.read(key) for key in keys} == {"".join(f"{number}\n" for number in range(50))}
