"""What an executor promises that runs several steps at a time."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from mainspring.testing.contract import jobs
from mainspring.testing.contract.executor import ExecutorContract
from mainspring.testing.contract.trial import Trial


class ConcurrentExecutorContract(ExecutorContract):
    """Adds to `ExecutorContract` that steps really run at the same time; the executor must admit two or more."""

    def test_independent_steps_run_at_the_same_time(self, trial: Trial) -> None:
        """Two steps wait for each other, which ends only if both run."""
        with _meeting(guests=2) as port:
            result = trial.run(jobs.meeting, **{jobs.MEETING: str(port)})

        assert result.success, result.run.reason
        assert result.output("total") == 4

    def test_steps_that_end_together_lose_nothing(self, trial: Trial) -> None:
        for _ in range(5):
            result = trial.run(jobs.diamond)

            assert result.output("total") == 40
            trial.check_order(result)


@contextmanager
def _meeting(guests: int) -> Iterator[int]:
    """Listen at a port until all guests have come, then tell each of them how many they are."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)

        def receive() -> None:
            lines: list[socket.socket] = []
            try:
                while len(lines) < guests:
                    lines.append(server.accept()[0])
                for line in lines:
                    line.sendall(str(guests).encode())
            except TimeoutError:
                pass  # the steps that did come find their line closed, and fail
            finally:
                for line in lines:
                    line.close()

        host = threading.Thread(target=receive)
        host.start()
        try:
            yield server.getsockname()[1]
        finally:
            host.join()
