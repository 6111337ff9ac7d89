"""The built-in IO managers keep the IO managers' contract."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import mainspring as ms
from mainspring.testing import IOManagerContract, PersistentIOManagerContract


class TestMemory(IOManagerContract):
    @pytest.fixture
    def io_manager(self) -> ms.IOManager:
        return ms.MemoryIOManager()

    @pytest.fixture
    def samples(self) -> Sequence[Any]:
        return [object(), {"a": [1, 2.5, None]}, lambda: None, None]


class TestPickle(PersistentIOManagerContract):
    """Scars: D#20562, D#32488."""

    @pytest.fixture
    def io_manager(self, tmp_path: Path) -> ms.IOManager:
        return ms.FilesystemIOManager(tmp_path / "values")

    @pytest.fixture
    def samples(self) -> Sequence[Any]:
        return [{"a": [1, 2.5, None], "b": (1, {2})}, None, "", b"\x00" * 100_000, "Grüße \ud800", float("inf")]


class TestJson(PersistentIOManagerContract):
    @pytest.fixture
    def io_manager(self, tmp_path: Path) -> ms.IOManager:
        return ms.FilesystemIOManager(tmp_path, format="json")

    @pytest.fixture
    def samples(self) -> Sequence[Any]:
        return [{"a": [1, 2.5, None, True]}, None, "", "Grüße \u2028 \ud800", 10**30]


class TestText(PersistentIOManagerContract):
    @pytest.fixture
    def io_manager(self, tmp_path: Path) -> ms.IOManager:
        return ms.FilesystemIOManager(tmp_path, format="text")

    @pytest.fixture
    def samples(self) -> Sequence[Any]:
        return ["one\r\ntwo\n\x00", "", "Grüße \ud800", "\ufeff"]

    @pytest.fixture
    def large_values(self) -> Sequence[Any]:
        return ["a" * 4_000_000, "b" * 4_000_000]


class TestBytes(PersistentIOManagerContract):
    @pytest.fixture
    def io_manager(self, tmp_path: Path) -> ms.IOManager:
        return ms.FilesystemIOManager(tmp_path, format="bytes")

    @pytest.fixture
    def samples(self) -> Sequence[Any]:
        return [b"one\r\ntwo\n\x00", b"", bytes(range(256))]

    @pytest.fixture
    def large_values(self) -> Sequence[Any]:
        return [b"a" * 4_000_000, b"b" * 4_000_000]
