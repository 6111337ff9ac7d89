"""Text for people: data made harmless to a terminal, times and durations."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from unicodedata import combining, east_asian_width

# Control characters, lone surrogates, and what reorders, breaks or hides the text around it.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_UNSAFE_BUT_LINES = re.compile(_UNSAFE.pattern.replace(r"\x00-\x1f", r"\x00-\x08\x0b-\x1f"))


def visible(text: str, *, lines: bool = False) -> str:
    r"""Return text in which everything that could act on a terminal is written as an escape.

    >>> visible("red: \x1b[31m")
    'red: \\x1b[31m'

    Args:
        text: Any text.
        lines: Whether it has lines: then line ends and tabs stay.
    """
    if text.isprintable():
        return text
    if lines:
        return _UNSAFE_BUT_LINES.sub(_escape, text.replace("\r\n", "\n"))
    return _UNSAFE.sub(_escape, text)


def visible_json(text: str) -> str:
    """Return JSON text in which everything that could act on a terminal is written as a JSON escape."""
    if text.isprintable():
        return text
    return _UNSAFE_BUT_LINES.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


def cell_width(text: str) -> int:
    """Return how many columns a terminal needs for a line of text."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(each) else 2 if east_asian_width(each) in "WF" else 1 for each in text)


def cut(text: str, width: int) -> str:
    """Return a line of text that takes at most so many columns; what is cut ends in an ellipsis."""
    if cell_width(text) <= width:
        return text
    kept = text[: max(width - 1, 0)]
    while cell_width(kept) > width - 1:
        kept = kept[:-1]
    return f"{kept}…"


def utc(seconds: float | None, *, precise: bool = True) -> str | None:
    """Return a time as ISO 8601 in UTC; None stays None.

    >>> utc(1.5)
    '1970-01-01T00:00:01.500Z'

    Args:
        seconds: Seconds since the epoch.
        precise: Whether milliseconds are shown.
    """
    if seconds is None:
        return None
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds" if precise else "seconds").replace("+00:00", "Z")


def duration(seconds: float) -> str:
    """Return a length of time for people.

    >>> duration(0.0004), duration(0.0124), duration(83)
    ('0.4 ms', '12 ms', '1 min 23 s')
    """
    if seconds < 0.00995:
        return f"{max(seconds, 0) * 1000:.1f} ms"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def count(number: int, noun: str) -> str:
    """Return a number of things: `1 step`, `2 steps`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
