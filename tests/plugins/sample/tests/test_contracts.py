"""The plugin keeps the contracts of what it extends."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from mainspring_sample.inbox import TABLE, SqliteInbox
from mainspring_sample.json_lines import JsonLinesIOManager
from mainspring_sample.subprocesses import SubprocessLauncher
from mainspring_sample.threads import ThreadExecutor

import mainspring as ms
from mainspring.testing import (
    ConcurrentExecutorContract,
    LaunchDeployment,
    PersistentIOManagerContract,
    RunLauncherContract,
    SensorSourceContract,
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


class TestInbox(SensorSourceContract):
    @pytest.fixture
    def database(self, tmp_path: Path) -> Path:
        with closing(sqlite3.connect(tmp_path / "inbox.db")) as database:
            database.execute(TABLE)
        return tmp_path / "inbox.db"

    @pytest.fixture
    def sensor_source(self, database: Path) -> ms.SensorSource:
        return SqliteInbox(database)

    @pytest.fixture
    def arrive(self, database: Path) -> Callable[[str], object]:
        def insert(name: str) -> None:
            with closing(sqlite3.connect(database)) as connection, connection:
                connection.execute("INSERT INTO inbox (message) VALUES (?)", (json.dumps({"name": name}),))

        return insert


class TestSubprocesses(RunLauncherContract):
    @pytest.fixture
    def launcher(self, deployment: LaunchDeployment) -> ms.RunLauncher:
        return SubprocessLauncher(logs=deployment.home / "launches", grace=1.0)
