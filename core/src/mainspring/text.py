"""Text for people: data made harmless to a terminal, times and durations."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from unicodedata import combining, east_asian_width

_UNIT_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_LENGTH = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?([smhdw])")

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


def seconds_of(text: str) -> float:
    """Return how many seconds a length of time has that a person wrote.

    >>> seconds_of("90d"), seconds_of("1.5h"), seconds_of("20s")
    (7776000.0, 5400.0, 20.0)

    Raises:
        ValueError: It is none, as a sentence says.
    """
    found = _LENGTH.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text[:40]!r} is no length of time; write a number and s, m, h, d or w, as in 90d")
    return float(found[1]) * _UNIT_SECONDS[found[2]]


def count(number: int, noun: str) -> str:
    """Return a number of things: `1 step`, `2 steps`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
