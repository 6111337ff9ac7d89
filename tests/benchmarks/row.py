"""What a row of the table is: one piece of work, a program of ours that does it, perhaps a peer's, and what is aimed at."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from attrs import field, frozen

HERE = Path(__file__).parent
OURS = "mainspring"
WALL = "wall_ms"
"""The metric that no program prints: the milliseconds from starting its process until it has ended."""

Unit = Literal["ms", "x", "KiB", "MB"]


@frozen
class Program:
    """A process to measure.

    Attributes:
        system: Whose interpreter runs it: ours, or a peer's by name.
        script: Its path below this folder; None for an interpreter without a script.
        metric: The key of the number in the JSON line that it prints, or `WALL`; of a list the median counts.
        arguments: What it is given.
        quick: What it is given instead for a warm-up, or when a rough number is enough.
    """

    system: str
    script: str | None
    metric: str
    arguments: tuple[str, ...] = ()
    quick: tuple[str, ...] | None = None

    def command(self, python: Path, *, quick: bool = False) -> tuple[str, ...]:
        """Return the argument list that runs it."""
        given = self.quick if quick and self.quick is not None else self.arguments
        return (str(python), *(() if self.script is None else (str(HERE / self.script),)), *given)


@frozen
class Target:
    """What is aimed at.

    Attributes:
        ratio: How many times as much the peer should take, at least.
        at_most: What ours should be at most, in the row's unit.
        parts: What parts of the row's breakdown should be at most, in milliseconds, by their names.
    """

    ratio: float | None = None
    at_most: float | None = None
    parts: Mapping[str, float] = field(factory=dict)


@frozen
class Row:
    """One line of the table.

    Attributes:
        name: What `--only` calls it.
        what: What is measured.
        ours: Our program.
        peer: The peer's program for the same work, if there is one.
        target: What is aimed at; empty for a row that only informs.
        unit: Of the metric.
        breakdown: The key of a mapping in our program's JSON line that is shown below the table.
        rounds: In how many rounds it is measured at most, where one holds many samples and takes minutes.
    """

    name: str
    what: str
    ours: Program
    peer: Program | None = None
    target: Target = Target()
    unit: Unit = "ms"
    breakdown: str | None = None
    rounds: int | None = None

    @property
    def programs(self) -> tuple[Program, ...]:
        """Ours, and the peer's if there is one."""
        return (self.ours,) if self.peer is None else (self.ours, self.peer)
