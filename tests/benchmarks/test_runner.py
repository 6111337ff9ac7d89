from attrs import define, evolve, field

from tests.benchmarks.process import Measurement, MeasurementFailedError
from tests.benchmarks.row import OURS, WALL, Program, Row
from tests.benchmarks.runner import Runner

FIRST = Row("first", "one thing", Program(OURS, "a.py", "ms"), Program("peer", "b.py", "ms"))
SECOND = Row("second", "another thing", Program(OURS, "c.py", "ms"))


@define
class FakeMeasure:
    """Notes what is measured and gives each script its number; scripts named in `broken` fail."""

    values: dict[str, float] = field(factory=lambda: {"a.py": 1.0, "b.py": 20.0, "c.py": 3.0})
    broken: set[str] = field(factory=set)
    seen: list[tuple[str, bool]] = field(factory=list)

    def __call__(self, program: Program, *, quick: bool) -> Measurement:
        assert program.script is not None
        self.seen.append((program.script, quick))
        if program.script in self.broken:
            raise MeasurementFailedError("it fell over")
        return Measurement(self.values[program.script])


def quiet(_text: str) -> None:
    """Say nothing."""


def test_ours_and_theirs_alternate_and_rows_interleave() -> None:
    measure = FakeMeasure()

    Runner(measure, quiet, {}).run([FIRST, SECOND], rounds=2)

    assert [script for script, quick in measure.seen if quick] == ["a.py", "b.py", "c.py"]
    assert [script for script, quick in measure.seen if not quick] == ["a.py", "b.py", "c.py", "b.py", "a.py", "c.py"]


def test_a_row_may_want_fewer_rounds() -> None:
    measure = FakeMeasure()

    first, second = Runner(measure, quiet, {}).run([evolve(FIRST, rounds=1), SECOND], rounds=2)

    assert (len(first.rounds), len(second.rounds)) == (1, 2)
    assert [script for script, quick in measure.seen if not quick] == ["a.py", "b.py", "c.py", "c.py"]


def test_the_warm_up_is_not_counted() -> None:
    first, second = Runner(FakeMeasure(), quiet, {}).run([FIRST, SECOND], rounds=3)

    assert len(first.rounds) == len(second.rounds) == 3
    assert (first.ratio, second.ours) == (20, 3)


def test_a_program_that_two_rows_share_is_warmed_up_once() -> None:
    measure = FakeMeasure()
    again = Row("again", "the same", SECOND.ours)

    Runner(measure, quiet, {}).run([SECOND, again], rounds=1)

    assert measure.seen == [("c.py", True), ("c.py", False), ("c.py", False)]


def test_a_peer_that_cannot_be_installed_is_reported_and_left_out() -> None:
    measure = FakeMeasure()

    (compared,) = Runner(measure, quiet, {"peer": "no such version"}).run([FIRST], rounds=1)

    assert compared.failures == {"peer": "no such version"}
    assert compared.ours == 1
    assert ("b.py", True) not in measure.seen


def test_a_program_that_fails_costs_its_own_side_only() -> None:
    measure = FakeMeasure(broken={"a.py"})

    first, second = Runner(measure, quiet, {}).run([FIRST, SECOND], rounds=2)

    assert first.failures == {OURS: "it fell over"}
    assert (first.ours, first.peer, first.ratio) == (None, 20, None)
    assert second.ours == 3
    assert measure.seen.count(("a.py", True)) == 1
    assert ("a.py", False) not in measure.seen


def test_each_measurement_is_said() -> None:
    said: list[str] = []
    row = Row("script", "a process", Program(OURS, "a.py", WALL))

    Runner(FakeMeasure(), said.append, {}).run([row], rounds=1)

    assert said == ["warm-up  mainspring: a.py", "round 1/1  script: mainspring 1.00 ms"]
