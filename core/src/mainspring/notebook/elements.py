"""What the views have in common: a status, a table, an error, metadata, an end to long lists."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from mainspring.event import ErrorInfo
from mainspring.notebook.markup import Markup, element
from mainspring.text import count, cut

ROWS_SHOWN = 50
"""Rows of a table that are drawn; a cell's output is read by people."""

TEXT_SHOWN = 10_000
"""Characters of a message or a traceback that are drawn."""

STATUS_COLORS: Mapping[str, str] = {
    "SUCCESS": "#2da44e",
    "FAILURE": "#d1242f",
    "STARTED": "#0969da",
    "STARTING": "#0969da",
    "RETRY": "#bf8700",
    "CANCELED": "#bf8700",
    "CANCELING": "#bf8700",
}
"""On a light page and on a dark one."""

OTHER_COLOR = "#848d97"

_CELL = "text-align:left;vertical-align:top;padding:2px 12px 2px 0"
_PRE = "margin:4px 0;white-space:pre-wrap;max-height:24em;overflow:auto"


def color_of(status: str) -> str:
    """Return the color of a status of a run or a step."""
    return STATUS_COLORS.get(status, OTHER_COLOR)


def view(*children: object) -> Markup:
    """Return what a cell shows as a whole."""
    return element("div", *children, style="font-size:13px;line-height:1.5")


def status_mark(status: str) -> Markup:
    """Return a status in its color."""
    return element("b", status, style=f"color:{color_of(status)}")


def muted(*children: object) -> Markup:
    """Return what matters less."""
    return element("span", *children, style="opacity:.7")


def code(text: object) -> Markup:
    """Return a name as it is written in code."""
    return element("code", text)


def table(titles: Sequence[str], rows: Sequence[Sequence[object]], noun: str = "row") -> Markup:
    """Return a table of at most `ROWS_SHOWN` rows, which says how many it leaves out."""
    head = element("tr", *(element("th", title, style=_CELL) for title in titles)) if titles else ""
    body = [element("tr", *(element("td", cell, style=_CELL) for cell in row)) for row in rows[:ROWS_SHOWN]]
    left = len(rows) - ROWS_SHOWN
    drawn = element("table", head, *body, style="margin:4px 0;border-collapse:collapse")
    return element("div", drawn, more(left, noun), style="overflow-x:auto")


def more(left: int, noun: str) -> Markup:
    """Say how many things are left out, if any are."""
    return muted(f"and {count(left, f'more {noun}')}") if left > 0 else Markup()


def section(title: object, *children: object, is_open: bool = False) -> Markup:
    """Return what can be folded away, without a script."""
    summary = element("summary", title, style="cursor:pointer")
    return element("details", summary, *children, open="open" if is_open else None)


def pre(text: str) -> Markup:
    """Return text that keeps its lines."""
    kept = text if len(text) <= TEXT_SHOWN else f"…{text[-TEXT_SHOWN:]}"
    return element("pre", kept, style=_PRE)


def error_block(error: ErrorInfo) -> Markup:
    """Return an error with its traceback, what was attached to it, and its causes."""
    parts: list[Markup] = []
    cause: ErrorInfo | None = error
    while cause is not None:
        said = pre(f"{cause.type}: {cause.message}" if cause.message else cause.type)
        parts += [muted("caused by"), said] if parts else [said]
        if cause.metadata:
            parts.append(metadata_list(cause.metadata))
        if cause.traceback:
            parts.append(section("traceback", pre(cause.traceback)))
        cause = cause.cause
    return element("div", *parts)


def metadata_list(metadata: Mapping[str, Any]) -> Markup:
    """Return metadata, a line an entry."""
    shown = [
        element("div", muted(f"{key}: "), cut(value if isinstance(value, str) else _plain(value), 400))
        for key, value in islice(metadata.items(), ROWS_SHOWN)
    ]
    return element("div", *shown, more(len(metadata) - len(shown), "line"))


def _plain(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
