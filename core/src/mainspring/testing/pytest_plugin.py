"""A pytest plugin, found by pytest itself wherever Mainspring is installed: fixtures for tests of jobs and plugins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mainspring.instance import Instance
    from mainspring.testing.clock import VirtualClock

pytest.register_assert_rewrite("mainspring.testing.contract")


@pytest.fixture
def mainspring_clock() -> VirtualClock:
    """Give the clock of `mainspring_instance`: it moves when told to, and waiting takes no time."""
    from mainspring.testing.clock import VirtualClock

    return VirtualClock()


@pytest.fixture
def mainspring_instance(tmp_path: Path, mainspring_clock: VirtualClock) -> Iterator[Instance]:
    """Give an instance in a temporary home, with a database and files; for one in memory there is `Instance.ephemeral()`."""
    from mainspring.instance import Instance

    with Instance.open(tmp_path / "mainspring", clock=mainspring_clock) as instance:
        yield instance
