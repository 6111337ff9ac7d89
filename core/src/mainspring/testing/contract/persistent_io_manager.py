"""What every IO manager promises whose values outlive its process."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import attrs
import pytest

import mainspring as ms
from mainspring.testing.contract.io_manager import IOManagerContract, address


class PersistentIOManagerContract(IOManagerContract):
    """Adds to `IOManagerContract` what holds for values in files or elsewhere outside the process.

    The IO manager is sent to other processes, so its class must be importable there. Override `large_values` where a list
    of texts cannot be stored.
    """

    kills: int = 3
    """How many writers are killed."""

    @pytest.fixture
    def large_values(self) -> Sequence[Any]:
        """Give two values that differ and take long to write: a megabyte or more."""
        return [[f"{number:0500}" for number in numbers] for numbers in (range(4_000), range(4_000, 0, -1))]

    def is_whole(self, loaded: Any, values: Sequence[Any]) -> bool:
        """Say whether a loaded value is one of these."""
        return any(self.is_same(loaded, value) for value in values)

    def test_it_says_that_other_processes_can_read_its_values(self, io_manager: ms.IOManager) -> None:
        assert not io_manager.process_local

    def test_another_manager_of_the_same_settings_finds_the_values(
        self, io_manager: ms.IOManager, samples: Sequence[Any]
    ) -> None:
        written = self.store(io_manager, address(), samples[0])

        assert self.is_same(self.load(attrs.evolve(io_manager), written), samples[0])  # type: ignore[misc]

    def test_what_another_process_stored_is_found(self, io_manager: ms.IOManager, samples: Sequence[Any]) -> None:
        with _writer(io_manager, samples[:1], times=1) as writer:
            assert writer.wait() == 0

        assert self.is_same(self.load(io_manager, address()), samples[0])

    @pytest.mark.slow
    def test_a_writer_killed_half_way_leaves_a_whole_value(
        self, io_manager: ms.IOManager, large_values: Sequence[Any]
    ) -> None:
        """Scar: D#20562. The writer is killed while it stores over and over, so at another point each time."""
        self.store(io_manager, address(), large_values[0])
        for kill in range(self.kills):
            with _writer(io_manager, large_values, times=1_000_000) as writer:
                assert writer.stdout is not None
                for _ in range(kill + 1):
                    assert writer.stdout.readline() == b"stored\n"
                writer.kill()

            assert self.is_whole(self.load(io_manager, address()), large_values)

        written = self.store(io_manager, address(), large_values[0])
        assert self.is_same(self.load(io_manager, written), large_values[0])

    def test_a_write_cut_short_fails_and_leaves_the_old_value_whole(
        self, io_manager: ms.IOManager, large_values: Sequence[Any]
    ) -> None:
        """Scar: D#20562. No file may grow beyond 100 kB, as on a full disk."""
        self.store(io_manager, address(), large_values[0])
        with _writer(io_manager, large_values[1:], times=1, largest_file_bytes=100_000) as writer:
            assert writer.wait() != 0

        assert self.is_same(self.load(io_manager, address()), large_values[0])


def _writer(
    io_manager: ms.IOManager, values: Sequence[Any], *, times: int, largest_file_bytes: int | None = None
) -> subprocess.Popen[bytes]:
    """Start a process that stores values at the one address."""
    writer = subprocess.Popen(
        [sys.executable, "-m", "mainspring.testing.contract.writer"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},  # what is importable here is so there
    )
    assert writer.stdin is not None
    pickle.dump((io_manager, address(), list(values), times, largest_file_bytes), writer.stdin)
    writer.stdin.close()
    return writer
