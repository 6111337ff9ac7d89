import sys
from pathlib import Path

import pytest

from tests.benchmarks.process import (
    MeasurementFailedError,
    System,
    bare_environment,
    last_line,
    measure,
    read_measurement,
)
from tests.benchmarks.row import OURS, WALL, Program

OURSELVES = System(Path(sys.executable), {"GREETING": "hello"})


def python(code: str, metric: str = "ms") -> Program:
    return Program(OURS, None, metric, ("-c", code))


def test_the_last_json_line_counts() -> None:
    output = '{"ms": 1}\nsome noise\n{"ms": 2.5, "steps": 7}\nmore noise\n'

    found = read_measurement("ms", output, wall_ms=9)

    assert found.value == 2.5
    assert found.line["steps"] == 7


def test_of_a_list_the_median_counts() -> None:
    assert read_measurement("ms", '{"ms": [5, 1, 3]}', wall_ms=9).value == 3


def test_the_time_of_a_process_needs_no_line() -> None:
    assert read_measurement(WALL, "", wall_ms=9).value == 9
    assert read_measurement(WALL, '{"work": "script"}', wall_ms=9).line == {"work": "script"}


@pytest.mark.parametrize("output", ["", "no number", '{"other": 1}', '{"ms": null}', '{"ms": []}', '{"ms": "1"}', "{"])
def test_a_number_that_is_not_there_is_an_error(output: str) -> None:
    with pytest.raises(MeasurementFailedError):
        read_measurement("ms", output, wall_ms=9)


def test_the_last_line_that_says_something() -> None:
    assert last_line("first\nlast \n\n") == "last"
    assert last_line(" \n") == "it printed nothing"


def test_everyone_gets_the_same_bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")

    assert sorted(bare_environment("/folder")) == ["HOME", "LANG", "PATH", "TMPDIR"]


def test_a_program_runs_in_a_folder_of_its_own_that_is_removed() -> None:
    code = (
        "import json, os; "
        "print(json.dumps({'ms': 1, 'cwd': os.getcwd(), 'home': os.environ['HOME'], 'said': os.environ['GREETING']}))"
    )

    line = measure(python(code), OURSELVES).line

    assert line["said"] == "hello"
    assert Path(line["cwd"]).resolve() == Path(line["home"]).resolve()
    assert not Path(line["home"]).exists()


def test_a_program_that_fails_says_why() -> None:
    with pytest.raises(MeasurementFailedError, match="exit code 3: the disk is full"):
        measure(python("import sys; print('the disk is full', file=sys.stderr); sys.exit(3)"), OURSELVES)


def test_a_program_that_hangs_is_ended() -> None:
    with pytest.raises(MeasurementFailedError, match="longer than 0 s"):
        measure(python("import threading; threading.Event().wait()"), OURSELVES, timeout_seconds=0.1)


def test_a_warm_up_takes_the_quick_arguments() -> None:
    program = Program(OURS, "ours/chain.py", "ms", ("--steps=100",), ("--steps=2",))

    assert program.command(Path("python"), quick=True)[-1] == "--steps=2"
    assert program.command(Path("python"))[-1] == "--steps=100"
    assert Program(OURS, None, WALL, ("-c", "pass")).command(Path("python"), quick=True) == ("python", "-c", "pass")
