"""How the property tests run (often enough to find what is wrong, never judged by the clock), and what many tests need."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from mainspring.storage import open_storage
from tests.core.cli.command import Write

settings.register_profile("suite", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a database with tables and no rows: copying it is faster than making another one."""
    folder = tmp_path_factory.mktemp("database")
    open_storage("sqlite:///mainspring.db", folder).close()
    return folder / "mainspring.db"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file into the test's folder and return its path."""

    def to_file(name: str, text: str) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path)

    return to_file
