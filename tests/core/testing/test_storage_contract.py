"""The built-in storages keep the storages' contract."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mainspring.storage import Storage, memory_storage, open_storage
from mainspring.testing import StorageContract


class TestMemory(StorageContract):
    @pytest.fixture
    def storage(self) -> Storage:
        return memory_storage()


class TestSqlite(StorageContract):
    @pytest.fixture
    def storage(self, tmp_path: Path) -> Iterator[Storage]:
        storage = open_storage("sqlite:///mainspring.db", tmp_path)
        yield storage
        storage.close()


@pytest.mark.integration
class TestPostgresql(StorageContract):
    @pytest.fixture
    def storage(self, postgres_url: str, tmp_path: Path) -> Iterator[Storage]:
        storage = open_storage(postgres_url, tmp_path)
        yield storage
        storage.close()
