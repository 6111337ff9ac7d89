"""Runs the rows in turn: each round takes every row once, ours and the peer's in alternate order."""

from collections.abc import Callable, Mapping, Sequence

from attrs import frozen

from tests.benchmarks.comparison import Comparison, Round
from tests.benchmarks.process import Measurement, MeasurementFailedError
from tests.benchmarks.report import format_value
from tests.benchmarks.row import Program, Row

Measure = Callable[..., Measurement]
"""Called with a program, and `quick=True` for a warm-up; raises `MeasurementFailedError`."""


@frozen
class Runner:
    """Measures rows.

    Attributes:
        measure: Runs a program once.
        say: Told of each measurement.
        unavailable: Why a system is not measured at all, by name.
        quick: Whether rough numbers are enough.
    """

    measure: Measure
    say: Callable[[str], None]
    unavailable: Mapping[str, str]
    quick: bool = False

    def run(self, rows: Sequence[Row], rounds: int) -> list[Comparison]:
        """Measure rows for a number of rounds, after a warm-up that is not counted."""
        failures = self._warm_up(rows)
        turns: dict[str, list[Round]] = {row.name: [] for row in rows}
        for number in range(rounds):
            for row in rows:
                if row.rounds is not None and number >= row.rounds:
                    continue
                able = [each for each in in_turn(row, number) if each not in failures]
                taken = {}
                for program in able:
                    label = f"round {number + 1}/{rounds}  {row.name}: {program.system}"
                    try:
                        found = self.measure(program, quick=self.quick)
                    except MeasurementFailedError as error:
                        self.say(f"{label} failed: {error}")
                        failures[program] = str(error)
                    else:
                        self.say(f"{label} {format_value(found.value, row.unit)}")
                        taken[program.system] = found
                turns[row.name].append(Round(taken))
        return [
            Comparison(row, turns[row.name], {each.system: failures[each] for each in row.programs if each in failures})
            for row in rows
        ]

    def _warm_up(self, rows: Sequence[Row]) -> dict[Program, str]:
        """Run each program once, so that byte code is written and files are in memory; return why some cannot run."""
        failures: dict[Program, str] = {}
        for program in dict.fromkeys(each for row in rows for each in row.programs):
            if program.system in self.unavailable:
                failures[program] = self.unavailable[program.system]
                continue
            self.say(f"warm-up  {program.system}: {' '.join((program.script or 'interpreter', *program.arguments))}")
            try:
                self.measure(program, quick=True)
            except MeasurementFailedError as error:
                self.say(f"warm-up  {program.system} failed: {error}")
                failures[program] = str(error)
        return failures


def in_turn(row: Row, number: int) -> tuple[Program, ...]:
    """Return a row's programs in the order of a round: ours first in even ones, the peer's in odd ones."""
    return row.programs if number % 2 == 0 else row.programs[::-1]
