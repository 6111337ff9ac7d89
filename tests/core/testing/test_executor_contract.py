"""The built-in executors keep the executors' contract."""

import pytest

import mainspring as ms
from mainspring.clock import SystemClock
from mainspring.testing import ConcurrentExecutorContract, SequentialExecutorContract


class TestInProcessExecutor(SequentialExecutorContract):
    @pytest.fixture
    def executor(self) -> ms.Executor:
        return ms.InProcessExecutor()


@pytest.mark.slow
class TestMultiprocessExecutor(ConcurrentExecutorContract):
    @pytest.fixture
    def executor(self) -> ms.Executor:
        return ms.MultiprocessExecutor(max_concurrent=2, start="fork")

    @pytest.fixture
    def clock(self) -> ms.Clock:
        return SystemClock()  # its steps really take their time
