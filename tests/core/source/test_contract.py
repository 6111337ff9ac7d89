"""The built-in source keeps the contract of sensor sources."""

from collections.abc import Callable
from pathlib import Path

import pytest

import mainspring as ms
from mainspring.testing import SensorSourceContract
from tests.core.source.watched import Watched


class TestDirectory(SensorSourceContract):
    @pytest.fixture
    def watched(self, tmp_path: Path) -> Watched:
        return Watched(tmp_path / "inbox")

    @pytest.fixture
    def sensor_source(self, watched: Watched) -> ms.SensorSource:
        return ms.DirectorySource(watched.folder, clock=watched.clock)

    @pytest.fixture
    def arrive(self, watched: Watched) -> Callable[[str], object]:
        return watched.arrive


class TestDirectoryOfFolders(TestDirectory):
    @pytest.fixture
    def sensor_source(self, watched: Watched) -> ms.SensorSource:
        return ms.DirectorySource(watched.folder, pattern="*.csv", recursive=True, clock=watched.clock)

    @pytest.fixture
    def arrive(self, watched: Watched) -> Callable[[str], object]:
        return lambda name: watched.arrive(f"{name[-1]}/{name}.csv")
