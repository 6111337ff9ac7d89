"""Instances for tests of execution."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import mainspring as ms


@pytest.fixture
def home(tmp_path: Path, empty_database: Path) -> Path:
    """Give the home of an instance on SQLite."""
    folder = tmp_path / "home"
    folder.mkdir()
    shutil.copy(empty_database, folder / "mainspring.db")
    return folder


@pytest.fixture
def instance(home: Path) -> Iterator[ms.Instance]:
    """Give an instance on SQLite, with values and logs in files."""
    with ms.Instance.open(home) as instance:
        yield instance
