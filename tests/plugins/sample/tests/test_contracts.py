"""The plugin keeps the contracts of what it extends."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from mainspring_sample.json_lines import JsonLinesIOManager
from mainspring_sample.subprocesses import SubprocessLauncher
from mainspring_sample.threads import ThreadExecutor

import mainspring as ms
from mainspring.testing import (
    ConcurrentExecutorContract,
    Deployment,
    PersistentIOManagerContract,
    RunLauncherContract,
    SequentialExecutorContract,
)


class TestThreads(ConcurrentExecutorContract):
    @pytest.fixture
    def executor(self) -> ms.Executor:
        return ThreadExecutor()


class TestOneThread(SequentialExecutorContract):
    @pytest.fixture
    def executor(self) -> ms.Executor:
        return ThreadExecutor(max_threads=1)


class TestJsonLines(PersistentIOManagerContract):
    @pytest.fixture
    def io_manager(self, tmp_path: Path) -> ms.IOManager:
        return JsonLinesIOManager(tmp_path)

    @pytest.fixture
    def samples(self) -> Sequence[Any]:
        return [[{"a": 1, "b": "Grüße\n"}, {"a": None}], [], [[1, 2.5], "text", None]]


class TestSubprocesses(RunLauncherContract):
    @pytest.fixture
    def launcher(self, deployment: Deployment) -> ms.RunLauncher:
        return SubprocessLauncher(logs=deployment.home / "launches", grace=1.0)
