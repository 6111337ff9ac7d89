"""A third party's plugin, installed beside Mainspring, is used by name from settings."""

import json
import shutil
from pathlib import Path

import pytest

from tests.integration.environment import ROOT, Environment

pytestmark = [pytest.mark.integration, pytest.mark.slow]

SAMPLE = ROOT / "tests" / "plugins" / "sample"

SETTINGS = """
[mode.dev.executor]
use = "threads"
max_threads = 2

[mode.dev.resources.warehouse]
use = "json_lines"
base = "rows"

[mode.dev.resources.database]
use = "sqlite_connection"
path = { env = "NUMBERS_DATABASE" }
"""

PROJECT = """
import sqlite3
import threading
import mainspring as ms

both_there = threading.Barrier(2, timeout=30)

@ms.op(out=ms.Out(io_manager="warehouse"))
def meet(*, database: sqlite3.Connection = ms.resource()) -> list[dict[str, int]]:
    both_there.wait()
    database.execute("CREATE TABLE IF NOT EXISTS numbers (number INTEGER)")
    return [{"number": 1}]

@ms.op
def gather(rows: list[list[dict[str, int]]]) -> int:
    return sum(row["number"] for each in rows for row in each)

@ms.job(modes=[ms.Mode("dev", resources={"database": None, "warehouse": ms.MemoryIOManager()})])
def numbers():
    gather([meet(), meet()])

if __name__ == "__main__":
    with ms.Instance.open() as instance:
        print(numbers.execute("dev", instance=instance).output("gather"))
"""

BROKEN = {
    "broken": ("import a_driver_that_is_not_there", ""),
    "later": ("raise RuntimeError", "Requires-Dist: mainspring>=9\n"),
    "leaver": ("import sys; sys.exit(1)", ""),
}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = Environment(tmp_path_factory.mktemp("sample") / "venv")
    environment.install(ROOT / "core", SAMPLE)
    return environment


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "mainspring.toml").write_text(SETTINGS)
    (tmp_path / "numbers_project.py").write_text(PROJECT)
    return tmp_path


def test_a_job_runs_with_what_the_plugin_brings(environment: Environment, project: Path) -> None:
    """Two ops wait for each other, so they run at the same time or not at all."""
    printed = environment.run(
        "python", "-W", "error", "numbers_project.py", folder=project, NUMBERS_DATABASE="numbers.db"
    )

    assert printed == "2\n"
    assert (project / "numbers.db").exists()
    assert [path.read_text() for path in (project / "rows").rglob("*.jsonl")] == ['{"number": 1}\n'] * 2


def test_the_list_of_plugins_shows_what_it_registers(environment: Environment, project: Path) -> None:
    listed = json.loads(environment.run("mainspring", "plugins", "list", "--json", folder=project))
    (sample,) = [each for each in listed if each["name"] == "sample"]

    assert sample["distribution"] == "mainspring-sample"
    assert sample["version"] == "0.3.0"
    assert sample["status"] == "loaded"
    assert json.dumps(sample).count("threads") == 1
    assert json.dumps(sample).count("subprocesses") == 1
    assert json.dumps(sample).count("json_lines") == 1
    assert json.dumps(sample).count("sqlite_connection") == 1


def test_broken_plugins_beside_it_are_shown_and_change_nothing(environment: Environment, project: Path) -> None:
    """Scars: A#8732, A#55142."""
    added: list[Path] = []
    try:
        for name, (code, requires) in BROKEN.items():
            papers = environment.packages / f"{name}-1.0.dist-info"
            papers.mkdir()
            (papers / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{requires}")
            (papers / "entry_points.txt").write_text(f"[mainspring]\n{name} = {name}_plugin\n")
            (environment.packages / f"{name}_plugin.py").write_text(code)
            added += [papers, environment.packages / f"{name}_plugin.py"]
        printed = environment.run("python", "numbers_project.py", folder=project, NUMBERS_DATABASE="numbers.db")
        listed = json.loads(environment.run("mainspring", "plugins", "list", "--json", folder=project))
    finally:
        for path in added:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    assert printed == "2\n"
    assert {each["name"]: each["status"] for each in listed} == {
        "mainspring": "loaded",
        "sample": "loaded",
        **dict.fromkeys(BROKEN, "failed"),
    }
    assert "it is made for mainspring>=9, but this is" in json.dumps(listed)
    assert "No module named 'a_driver_that_is_not_there'" in json.dumps(listed)


def test_a_blocked_plugin_is_missed_in_one_sentence(environment: Environment, project: Path) -> None:
    said = environment.run(
        "mainspring", "job", "run", "numbers", "--mode", "dev", "-f", "numbers_project.py",
        folder=project, check=False, NUMBERS_DATABASE="numbers.db", MAINSPRING_PLUGINS="-sample",
    )  # fmt: skip

    assert said.startswith("error: there is no ")
    assert said.count("\n") == 1
    assert "sample is blocked" in said
    assert "Traceback" not in said


def test_its_authors_can_run_the_contract_suites(environment: Environment, tmp_path: Path) -> None:
    environment.install("pytest")
    shutil.copytree(SAMPLE / "tests", tmp_path / "tests")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = slow\nfilterwarnings = error\n")

    chosen = "not TestSubprocesses or carried_out"  # all that is promised of launchers is tried without a wheel
    assert " passed" in environment.run("python", "-m", "pytest", "-q", "-k", chosen, "tests", folder=tmp_path)
