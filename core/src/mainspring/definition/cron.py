"""Cron expressions: five fields, or a nickname, checked when they are written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from mainspring.errors import DefinitionError, shorten, suggest

NICKNAMES = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day", 1, 31, ("L",)),
    ("month", 1, 12, _MONTHS),
    ("weekday", 0, 7, _WEEKDAYS),
)
# One part of a field: * or a value, a range of them, with a step. Of weekdays also the n-th of a month, and the last.
_PART = re.compile(r"(?:\*|(?P<low>\w+)(?:-(?P<high>\w+))?)(?:/(?P<step>[0-9]+))?")
_NTH = re.compile(r"(?P<low>\w+)#[1-5]|L(?P<last>\w+)")


def crons_of(crons: str | Sequence[str] | None) -> Any:
    """Return cron expressions, each once and with single spaces; what is none stays as it is, to be refused."""
    if isinstance(crons, str):
        crons = (crons,)
    if not isinstance(crons, (list, tuple)):
        return () if crons is None else crons
    spaced = [" ".join(each.split()) if isinstance(each, str) else each for each in crons]
    return tuple(each for index, each in enumerate(spaced) if each not in spaced[:index])


def check_crons(owner: str, crons: object) -> None:
    """Check cron expressions.

    Raises:
        DefinitionError: One cannot be read, or names times that never come.
    """
    for each in crons if isinstance(crons, tuple) else (crons,):
        if not isinstance(each, str):
            raise DefinitionError(
                f"{owner}: cron must be text such as '0 3 * * MON-FRI', or a list of these, not {shorten(repr(each))}"
            )
        fault = _fault_of(each)
        if fault:
            raise DefinitionError(f"{owner}: cron {shorten(repr(each))} cannot be read: {fault}")


@lru_cache(maxsize=4096)
def _fault_of(text: str) -> str:
    """Return what is wrong with an expression, and nothing where nothing is."""
    if text.startswith("@"):
        return (
            ""
            if text.lower() in NICKNAMES
            else f"there is no nickname {shorten(text)}; {suggest(text.lower(), NICKNAMES)}"
        )
    written = text.split(" ") if text else []
    if len(written) != len(_FIELDS):
        hint = "; it tells no seconds: use every=…" if len(written) > len(_FIELDS) else ""
        return f"it has {len(written)} fields, but five are taken: minute hour day month weekday{hint}"
    for field, (name, least, most, words) in zip(written, _FIELDS, strict=True):
        for part in field.split(","):
            fault = _fault_of_part(part, name, least, most, words)
            if fault:
                return fault
    return _fault_that_croniter_finds(text)


def _fault_of_part(part: str, name: str, least: int, most: int, words: tuple[str, ...]) -> str:
    found = (_NTH.fullmatch(part) if name == "weekday" else None) or _PART.fullmatch(part)
    if found is None:
        return f"{shorten(part)!r} is no {name}; write numbers{' or names' if words else ''}, ranges 1-5 and steps */5"
    parts = found.groupdict()
    for value in (parts.get("low"), parts.get("high"), parts.get("last")):
        if value is not None and not _is_within(value, least, most, words):
            remedy = suggest(value.upper(), words) if len(words) > 1 else f"give {least} to {most}"
            return f"{shorten(value)!r} is no {name}; {remedy}{', or L for the last' if words == ('L',) else ''}"
    low, high, step = parts.get("low"), parts.get("high"), parts.get("step")
    if low is not None and low == high:
        return f"the range {part} is of one {name}; write {low}"
    if step is not None and not (len(step) <= 4 and 1 <= int(step) <= most):
        return f"step {shorten(step)} is beyond the {most + 1 - least} that a {name} can be; every=… takes any seconds"
    return ""


def _is_within(value: str, least: int, most: int, words: tuple[str, ...]) -> bool:
    if value.isascii() and value.isdigit():
        return len(value) <= 4 and least <= int(value) <= most
    return value.upper() in words


def _fault_that_croniter_finds(text: str) -> str:
    from croniter import CroniterBadDateError, CroniterError, croniter

    try:
        # A leap year is within reach, and so is each weekday of its 29th of February within the fifty years looked at.
        croniter(text, datetime(2000, 1, 1)).get_next()  # noqa: DTZ001 - local time, of no zone
    except CroniterBadDateError:
        return "it names a day that no year has; correct the day or the month"
    except (CroniterError, ValueError) as error:
        return shorten(" ".join(str(error).split()), 200)
    return ""
