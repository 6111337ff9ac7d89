"""What is built for people to install holds all that it needs, and nothing else."""

import subprocess
import sys
from email.parser import HeaderParser
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.integration.environment import ROOT, Environment

pytestmark = [pytest.mark.integration, pytest.mark.slow]

JOB = """
from attrs import define
import mainspring as ms

@define
class Numbers:
    upto: int = 3

@ms.op
def numbers(*, config: Numbers = ms.config()) -> list[int]:
    print("counting")
    return list(range(config.upto))

@ms.op(out=ms.Out(asset="sums/total"))
def total(numbers: list[int]) -> int:
    return sum(numbers)

@ms.job
def count():
    total(numbers())

defs = ms.Definitions(jobs=[count])

if __name__ == "__main__":
    with ms.Instance.open("home") as instance:
        result = count.execute(config={"ops": {"numbers": {"upto": 5}}}, instance=instance)
        assert result.logs("numbers") == "counting\\n"
    with ms.Instance.open("home") as instance:
        assert defs.load_output(result.run_id, "total", instance=instance) == 10
        assert defs.load_asset("sums/total", instance=instance) == 10
    assert count.execute().output("total") == 3
    print("done")
"""

EVERYTHING = """
import importlib, pkgutil, mainspring
for module in pkgutil.walk_packages(mainspring.__path__, "mainspring."):
    parts = module.name.split(".")
    if not {"testing", "demo", "migrations", "__main__"} & set(parts):
        importlib.import_module(module.name)
for name in mainspring.__all__:
    getattr(mainspring, name)
from mainspring.testing import VirtualClock, op_context
print("imported")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT / "core", check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = Environment(tmp_path_factory.mktemp("alone") / "venv")
    environment.install(wheel)
    return environment


def test_the_wheel_holds_the_package_and_its_papers(wheel: Path) -> None:
    source = ROOT / "core" / "src"
    expected = {
        path.relative_to(source).as_posix()
        for path in (source / "mainspring").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
        papers = next(name for name in names if name.endswith(".dist-info/METADATA")).rpartition("/")[0]
        metadata = HeaderParser().parsestr(archive.read(f"{papers}/METADATA").decode())
        entry_points = archive.read(f"{papers}/entry_points.txt").decode()

        assert archive.read(f"{papers}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()

    assert {name for name in names if not name.startswith(papers)} == expected
    assert {"mainspring/py.typed", "mainspring/storage/migrations/script.py.mako"} <= names
    assert any(name.startswith("mainspring/storage/migrations/versions/v0001") for name in names)
    assert metadata["License-Expression"] == "Apache-2.0"
    assert "mainspring = mainspring.cli:main" in entry_points
    assert "mainspring = mainspring.testing.pytest_plugin" in entry_points


def test_the_wheel_alone_runs_a_job_without_a_warning(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "count.py").write_text(JOB)

    assert environment.run("python", "-W", "error", "count.py", folder=tmp_path).endswith("done\n")
    assert list((tmp_path / "home" / "values").rglob("total.*"))


def test_the_command_line_of_the_wheel_runs_a_job(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "count.py").write_text(JOB)
    (tmp_path / "home").mkdir()
    shown = environment.run(
        "python", "-W", "error", "-m", "mainspring", "job", "run", "count", "-f", "count.py",
        folder=tmp_path, MAINSPRING_HOME=str(tmp_path / "home"),
    )  # fmt: skip

    assert "SUCCESS" in shown


def test_every_module_can_be_imported_with_the_declared_dependencies_alone(
    environment: Environment, tmp_path: Path
) -> None:
    assert environment.run("python", "-W", "error", "-c", EVERYTHING, folder=tmp_path) == "imported\n"
    with pytest.raises(AssertionError, match="No module named 'pytest'"):
        environment.run("python", "-c", "import mainspring.testing.contract.io_manager", folder=tmp_path)
