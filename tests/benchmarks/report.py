"""What is shown: the table for people, the document for programs."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from tests.benchmarks.comparison import Comparison
from tests.benchmarks.row import OURS, Target, Unit

HEAD = ("what", "ours", "peer's", "peer", "ratio", "target", "met")
SCALE = ((1_000.0, 1e-3, "s"), (1.0, 1.0, "ms"), (0.0, 1e3, "µs"))


@frozen
class Machine:
    """Where it was measured.

    Attributes:
        python: The version of the interpreter.
        platform: The system.
        cpus: How many processors this process may use.
        load_before: How many processes wanted one when the measurements began, on average over a minute.
        load_after: The same when they had ended.
    """

    python: str
    platform: str
    cpus: int
    load_before: float
    load_after: float


def table(comparisons: Sequence[Comparison], floors: Sequence[Comparison], machine: Machine) -> str:
    """Lay out everything that was measured."""
    parts = [_machine_line(machine)]
    if comparisons:
        parts.append(columns([HEAD, *(_cells(each) for each in comparisons)]))
    parts += [columns([(f"  {name}", *cells) for name, cells in rows]) for rows in [_breakdowns(comparisons)] if rows]
    if floors:
        rows = [(each.row.what, format_value(each.ours, each.row.unit)) for each in floors]
        parts.append(columns([("floor: what cannot be avoided here", "median"), *rows]))
    if notes := [
        f"{each.row.name}: {system} was not measured: {why}"
        for each in (*comparisons, *floors)
        for system, why in each.failures.items()
    ]:
        parts.append("\n".join(notes))
    return "\n\n".join(parts)


def document(comparisons: Sequence[Comparison], floors: Sequence[Comparison], machine: Machine) -> dict[str, Any]:
    """Return everything that was measured, as JSON takes it."""
    return {
        "machine": {
            "python": machine.python,
            "platform": machine.platform,
            "cpus": machine.cpus,
            "load_before": machine.load_before,
            "load_after": machine.load_after,
        },
        "rows": [_entry(each) for each in comparisons],
        "floors": [_entry(each) for each in floors],
    }


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Align cells: the first column to the left, the others to the right, two blanks between them."""
    widths = [max(len(row[i]) for row in rows if i < len(row)) for i in range(max(map(len, rows)))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=False))
        ).rstrip()
        for row in rows
    )


def format_value(value: float | None, unit: Unit) -> str:
    """Write a number of milliseconds, a factor or a size with three digits that mean something."""
    if value is None:
        return "-"
    if unit == "x":
        return f"{_digits(value)}x"
    if unit in ("KiB", "MB"):
        return f"{value:,.0f} {unit}"
    factor, name = next((factor, name) for least, factor, name in SCALE if value >= least)
    return f"{_digits(value * factor)} {name}"


def format_target(target: Target, unit: Unit) -> str:
    """Write what is aimed at: `12x, <= 175 ms`."""
    parts = []
    if target.ratio is not None:
        parts.append(f"{target.ratio:g}x")
    if target.at_most is not None:
        number = f"{target.at_most:g}"
        parts.append(f"<= {number}x" if unit == "x" else f"<= {number} {unit}")
    parts += [f"{name} <= {wanted:g} ms" for name, wanted in target.parts.items()]
    return ", ".join(parts) or "-"


def format_verdict(comparison: Comparison) -> str:
    """Write whether the target is met, and which part of it is not: `no: limit`."""
    match comparison.verdict:
        case "none":
            return "-"
        case "met":
            return "yes"
        case "unknown":
            return "not measured"
        case "missed":
            return f"no: {', '.join(part for part, found in comparison.verdicts.items() if found == 'missed')}"


def _digits(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _cells(each: Comparison) -> tuple[str, ...]:
    row = each.row
    return (
        row.what,
        format_value(each.ours, row.unit),
        format_value(each.peer, row.unit),
        "-" if row.peer is None else row.peer.system,
        format_value(each.ratio, "x"),
        format_target(row.target, row.unit),
        format_verdict(each),
    )


def _breakdowns(comparisons: Sequence[Comparison]) -> list[tuple[str, tuple[str, ...]]]:
    return [
        (each.row.name, tuple(f"{name}: {format_value(value, 'ms')}" for name, value in each.breakdown.items()))
        for each in comparisons
        if each.breakdown
    ]


def _machine_line(machine: Machine) -> str:
    return (
        f"Python {machine.python}, {machine.platform}, {machine.cpus} processors, "
        f"load {machine.load_before:.1f} before and {machine.load_after:.1f} after"
    )


def _entry(each: Comparison) -> dict[str, Any]:
    systems: Mapping[str, str] = {program.system: program.metric for program in each.row.programs}
    return {
        "name": each.row.name,
        "what": each.row.what,
        "unit": each.row.unit,
        "peer": None if each.row.peer is None else each.row.peer.system,
        "ours_median": each.ours,
        "peer_median": each.peer,
        "ratio": each.ratio,
        "target_ratio": each.row.target.ratio,
        "target_at_most": each.row.target.at_most,
        "target_parts": dict(each.row.target.parts),
        "verdict": each.verdict,
        "breakdown": dict(each.breakdown),
        "rounds": [{system: turn.value(system) for system in systems} for turn in each.rounds],
        "failures": dict(each.failures),
    }


def ours_failed(comparisons: Sequence[Comparison]) -> bool:
    """Whether one of our own programs did not run."""
    return any(OURS in each.failures for each in comparisons)
