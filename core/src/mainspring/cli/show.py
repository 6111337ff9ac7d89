"""Showing data: tables and JSON on stdout."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from mainspring.cli.terminal import has_color, width_of
from mainspring.text import cell_width, cut, visible, visible_json

CELL_LIMIT = 100
"""Columns of one cell of a table; JSON holds whatever is cut."""

STATUS_COLORS: Mapping[str, str] = {
    "SUCCESS": "green",
    "FAILURE": "red",
    "CANCELED": "yellow",
    "CANCELING": "yellow",
    "RETRY": "yellow",
    "STARTED": "cyan",
    "STARTING": "cyan",
    "LOADING": "cyan",
    "LOADED": "green",
    "FAILED": "red",
    "loaded": "green",
    "failed": "red",
    "blocked": "yellow",
}


def echo(text: str = "", *, lines: bool = False) -> None:
    """Print text whose parts come from data, harmless to a terminal."""
    click.echo(visible(text, lines=lines))


def echo_json(value: object) -> None:
    """Print plain data as JSON; numbers that JSON lacks become null."""
    click.echo(visible_json(json.dumps(_finite(value), indent=2, ensure_ascii=False, default=str)))


def echo_heading(text: str) -> None:
    """Print a heading above a part of a page."""
    click.echo()
    click.echo(paint(visible(text), bold=True))


def echo_facts(facts: Mapping[str, str | None]) -> None:
    """Print names and values, a line each; what is None or empty is left out."""
    shown = {name: value for name, value in facts.items() if value}
    width = max((cell_width(name) for name in shown), default=0)
    for name, value in shown.items():
        color = STATUS_COLORS.get(value)
        text = visible(value, lines=True).replace("\n", "\n" + " " * (width + 2))
        click.echo(f"{name:{width}}  {paint(text, fg=color) if color else text}")


def echo_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows below headers; on a terminal the last column is cut so that each row fits on a line."""
    cells = [[cut(visible(cell), CELL_LIMIT) for cell in row] for row in rows]
    widths = [max(map(cell_width, column)) for column in zip(headers, *cells, strict=True)]
    available = width_of(sys.stdout)
    if available is not None:
        widths[-1] = max(min(widths[-1], available - sum(widths[:-1]) - 2 * (len(widths) - 1)), 10)
    click.echo(paint(_line(headers, widths, plain=True), bold=True))
    for row in cells:
        click.echo(_line(row, widths, plain=False))


def paint(text: str, *, fg: str | None = None, bold: bool = False) -> str:
    """Colour text where stdout may be coloured."""
    return click.style(text, fg=fg, bold=bold) if has_color(sys.stdout) else text


def _line(row: Sequence[str], widths: Sequence[int], *, plain: bool) -> str:
    cells = [
        _cell(cut(cell, width), 0 if index == len(widths) - 1 else width, plain=plain)
        for index, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def _cell(text: str, width: int, *, plain: bool) -> str:
    color = None if plain else STATUS_COLORS.get(text)
    padding = " " * (width - cell_width(text))
    return (paint(text, fg=color) if color else text) + padding


def _finite(value: Any) -> Any:
    match value:
        case float() if not math.isfinite(value):
            return None
        case Mapping():
            return {str(key): _finite(each) for key, each in value.items()}
        case list() | tuple():
            return [_finite(each) for each in value]
        case _:
            return value
