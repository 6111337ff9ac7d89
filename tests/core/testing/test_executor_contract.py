"""The built-in executors keep the executors' contract."""

import pytest

import mainspring as ms
from mainspring.testing import SequentialExecutorContract


class TestInProcessExecutor(SequentialExecutorContract):
    @pytest.fixture
    def executor(self) -> ms.Executor:
        return ms.InProcessExecutor()
