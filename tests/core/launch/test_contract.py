"""The local launcher keeps the contract of launchers, whether its workers are forked or spawned."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import ClassVar

import pytest

import mainspring as ms
from mainspring.launch.local import LocalLauncher
from mainspring.testing import LaunchDeployment, RunLauncherContract
from tests.core.launch.surroundings import open_location_of

pytestmark = pytest.mark.integration


class LocalContract(RunLauncherContract):
    @staticmethod
    def surroundings(home: Path) -> AbstractContextManager[object]:
        return open_location_of(home)

    @pytest.fixture
    def launcher(self, deployment: LaunchDeployment) -> ms.RunLauncher:
        return LocalLauncher(home=deployment.home, grace=1.0)


class TestForkedWorkers(LocalContract):
    location: ClassVar = {"start": "fork"}


class TestSpawnedWorkers(LocalContract):
    location: ClassVar = {"start": "spawn"}
