"""Deployments on a virtual clock, in memory and in a database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mainspring.audit import examine
from mainspring.storage import Storage, memory_storage, open_storage
from tests.core.daemon.tick.deployed import Deployed


@pytest.fixture(params=["memory", "sqlite"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    """Give an empty storage of each kind."""
    found = memory_storage() if request.param == "memory" else open_storage("sqlite:///mainspring.db", tmp_path)
    yield found
    found.close()


@pytest.fixture
def deployed(storage: Storage) -> Iterator[Deployed]:
    """Give a deployment whose location has not loaded anything yet; in the end its books balance."""
    yield Deployed(storage)
    assert examine(storage).findings == ()
