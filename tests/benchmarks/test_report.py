import json

import pytest

from tests.benchmarks.comparison import Comparison, Round
from tests.benchmarks.process import Measurement
from tests.benchmarks.report import Machine, columns, document, format_target, format_value, ours_failed, table
from tests.benchmarks.row import OURS, Program, Row, Target, Unit

MACHINE = Machine("3.11.7", "Linux", 2, 0.5, 1.25)
ROW = Row(
    "script",
    "a script",
    Program(OURS, "ours/script.py", "ms"),
    Program("dagster", "peers/dagster_script.py", "ms"),
    Target(ratio=12, at_most=175),
)
SCALING = Row(
    "scaling", "run", Program(OURS, "ours/scaling.py", "spread"), target=Target(at_most=1.5), unit="x", breakdown="ms"
)
FLOOR = Row("write", "small new file", Program(OURS, "floors/primitive.py", "ms"))
FAST = Comparison(ROW, [Round({OURS: Measurement(150), "dagster": Measurement(2100)})])
SLOW = Comparison(ROW, [Round({OURS: Measurement(210), "dagster": Measurement(2100)})])
UNEVEN = Comparison(SCALING, [Round({OURS: Measurement(1.6, {"ms": {"10": 0.16, "1000": 0.1}})})])
LONE = Comparison(ROW, [Round({OURS: Measurement(150)})], {"dagster": "no such version"})
WRITE = Comparison(FLOOR, [Round({OURS: Measurement(0.05)})])


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (2104.2, "ms", "2.10 s"),
        (162.4, "ms", "162 ms"),
        (16.24, "ms", "16.2 ms"),
        (1.0, "ms", "1.00 ms"),
        (0.1424, "ms", "142 µs"),
        (0.0, "ms", "0.00 µs"),
        (14.26, "x", "14.3x"),
        (0.5, "x", "0.50x"),
        (None, "ms", "-"),
    ],
)
def test_numbers_have_three_digits_and_a_fitting_unit(value: float | None, unit: Unit, text: str) -> None:
    assert format_value(value, unit) == text


@pytest.mark.parametrize(
    ("target", "unit", "text"),
    [
        (Target(ratio=12, at_most=175), "ms", "12x, <= 175 ms"),
        (Target(at_most=0.15), "ms", "<= 0.15 ms"),
        (Target(at_most=1.5), "x", "<= 1.5x"),
        (Target(at_most=60, parts={"p99": 150}), "ms", "<= 60 ms, p99 <= 150 ms"),
        (Target(), "ms", "-"),
    ],
)
def test_a_target_names_its_parts(target: Target, unit: Unit, text: str) -> None:
    assert format_target(target, unit) == text


def test_columns_are_aligned() -> None:
    assert columns([("what", "n"), ("a", "10"), ("longer", "7", "x")]) == "what     n\na       10\nlonger   7  x"


def test_the_table_says_what_is_met_and_what_is_not() -> None:
    lines = table([FAST, SLOW, UNEVEN], [], MACHINE).split("\n\n")[1].splitlines()

    assert [" ".join(line.split()) for line in lines[1:]] == [
        "a script 150 ms 2.10 s dagster 14.0x 12x, <= 175 ms yes",
        "a script 210 ms 2.10 s dagster 10.0x 12x, <= 175 ms no: ratio, limit",
        "run 1.60x - - - <= 1.5x no: limit",
    ]


def test_the_table_shows_breakdowns_floors_machine_and_what_is_left_out() -> None:
    shown = table([LONE, UNEVEN], [WRITE], MACHINE)

    assert "Python 3.11.7, Linux, 2 processors, load 0.5 before and 1.2 after" in shown
    assert "10: 160 µs  1000: 100 µs" in shown
    assert "not measured" in shown
    assert shown.splitlines()[-1] == "script: dagster was not measured: no such version"
    assert any(line.split() == ["small", "new", "file", "50.0", "µs"] for line in shown.splitlines())


def test_the_document_holds_every_round_and_is_json() -> None:
    found = json.loads(json.dumps(document([FAST, LONE], [WRITE], MACHINE)))

    fast, lone = found["rows"]
    assert fast["ratio"] == 14
    assert fast["rounds"] == [{OURS: 150, "dagster": 2100}]
    assert fast["verdict"] == "met"
    assert lone["rounds"] == [{OURS: 150, "dagster": None}]
    assert lone["failures"] == {"dagster": "no such version"}
    assert found["floors"][0]["ours_median"] == 0.05
    assert found["machine"]["cpus"] == 2


def test_only_a_failure_of_ours_is_a_failure() -> None:
    broken = Comparison(ROW, [], {OURS: "exit code 1"})

    assert ours_failed([FAST, broken])
    assert not ours_failed([FAST, LONE])
