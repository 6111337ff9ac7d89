import shutil
from pathlib import Path

import pytest

from mainspring.cli import main
from tests.core.cli.automations import ORDERS, SETTINGS, Orders, offer
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


@pytest.fixture
def orders(write: Write, tmp_path: Path, mainspring: Command, empty_database: Path) -> Orders:
    """A home, which is the current folder, whose location has offered two schedules and two sensors."""
    write("mainspring.toml", SETTINGS)
    orders = Orders(Path(write("orders.py", ORDERS)).parent)
    shutil.copy(empty_database, tmp_path / "mainspring.db")
    with orders.open() as instance:
        offer(instance.storage, orders.file)
    return orders
