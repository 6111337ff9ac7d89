import pytest

from tests.benchmarks.comparison import Comparison, Round, median
from tests.benchmarks.process import Measurement
from tests.benchmarks.row import OURS, Program, Row, Target

ROW = Row(
    "chain",
    "a step",
    Program(OURS, "ours/chain.py", "ms"),
    Program("peer", "peers/chain.py", "ms"),
    Target(ratio=10, at_most=2),
)


def turn(ours: float | None = None, peer: float | None = None) -> Round:
    values = {OURS: ours, "peer": peer}
    return Round({system: Measurement(value) for system, value in values.items() if value is not None})


def test_the_median_of_nothing_is_none() -> None:
    assert median([]) is None
    assert median([3, 1, 2]) == 2


def test_medians_are_taken_of_each_side() -> None:
    compared = Comparison(ROW, [turn(1, 30), turn(2, 20), turn(3, 10)])

    assert (compared.ours, compared.peer) == (2, 20)


def test_the_ratio_is_the_median_of_the_ratios_of_the_rounds() -> None:
    slow_round, quick_round, odd_round = turn(4, 48), turn(1, 12), turn(1, 30)

    assert Comparison(ROW, [slow_round, quick_round, odd_round]).ratio == 12


def test_a_round_in_which_a_side_failed_has_no_ratio() -> None:
    compared = Comparison(ROW, [turn(1, 20), turn(ours=100), turn(peer=1)])

    assert compared.ratio == 20


@pytest.mark.parametrize(
    ("rounds", "verdict", "parts"),
    [
        ([turn(1, 20)], "met", {"ratio": "met", "limit": "met"}),
        ([turn(2, 20)], "met", {"ratio": "met", "limit": "met"}),
        ([turn(1, 5)], "missed", {"ratio": "missed", "limit": "met"}),
        ([turn(3, 60)], "missed", {"ratio": "met", "limit": "missed"}),
        ([turn(ours=1)], "unknown", {"ratio": "unknown", "limit": "met"}),
        ([turn(ours=3)], "missed", {"ratio": "unknown", "limit": "missed"}),
        ([turn(peer=1)], "unknown", {"ratio": "unknown", "limit": "unknown"}),
        ([], "unknown", {"ratio": "unknown", "limit": "unknown"}),
    ],
)
def test_a_target_is_met_when_each_part_of_it_is(rounds: list[Round], verdict: str, parts: dict[str, str]) -> None:
    compared = Comparison(ROW, rounds)

    assert compared.verdict == verdict
    assert compared.verdicts == parts


def test_a_row_without_a_peer_has_no_ratio() -> None:
    compared = Comparison(Row("alone", "a step", ROW.ours, target=Target(at_most=2)), [turn(1)])

    assert compared.ratio is None
    assert compared.peer is None
    assert compared.verdict == "met"


def test_a_row_without_a_target_has_no_verdict() -> None:
    assert Comparison(Row("alone", "a step", ROW.ours), [turn(1)]).verdict == "none"


def test_the_parts_of_a_row_have_medians_of_their_own() -> None:
    row = Row("scaling", "spread", ROW.ours, unit="x", breakdown="costs")
    rounds = [
        Round({OURS: Measurement(1, {"costs": {"10": low, "1000": high}})}) for low, high in [(1, 4), (2, 5), (9, 9)]
    ]

    assert Comparison(row, rounds).breakdown == {"10": 2, "1000": 5}
    assert Comparison(ROW, rounds).breakdown == {}


@pytest.mark.parametrize(("latest", "verdict"), [(900, "met"), (1100, "missed"), (None, "unknown")])
def test_parts_of_the_breakdown_have_limits_of_their_own(latest: float | None, verdict: str) -> None:
    row = Row("sensors", "an evaluation", ROW.ours, target=Target(at_most=2, parts={"latest": 1000}), breakdown="parts")
    parts = {} if latest is None else {"latest": latest}

    found = Comparison(row, [Round({OURS: Measurement(1.5, {"parts": parts})})])

    assert found.verdicts == {"ratio": "none", "limit": "met", "latest": verdict}
    assert found.verdict == verdict
