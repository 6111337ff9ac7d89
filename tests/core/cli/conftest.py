from pathlib import Path

import pytest

from mainspring.cli import main
from tests.core.cli.command import SALES, Command, Outcome, Write

VARIABLES = ("MAINSPRING_HOME", "MAINSPRING_PLUGINS", "MAINSPRING_TRACEBACK", "NO_COLOR", "FORCE_COLOR")


@pytest.fixture
def mainspring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Call `mainspring` in an empty folder, with none of its variables set."""
    monkeypatch.chdir(tmp_path)
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)

    def call(*words: str) -> Outcome:
        capsys.readouterr()
        code = main(words)
        out, err = capsys.readouterr()
        return Outcome(code, out, err)

    return call


@pytest.fixture
def home(tmp_path: Path) -> str:
    """The path of a home that is made when it is first used."""
    return str(tmp_path / "home")


@pytest.fixture
def sales(write: Write) -> str:
    """A file of three jobs: one that succeeds, one that fails, one that maps."""
    return write("sales.py", SALES)
