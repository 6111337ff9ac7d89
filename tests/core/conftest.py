"""How the property tests run: often enough to find what is wrong, and never judged by the clock."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.core.cli.command import Write

settings.register_profile("suite", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file into the test's folder and return its path."""

    def to_file(name: str, text: str) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path)

    return to_file
