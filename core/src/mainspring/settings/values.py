"""Reading single values out of tables; what is wrong is added to a list of problems, and something harmless returned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mainspring.environment import env_reference
from mainspring.errors import ConfigError, shorten, suggest
from mainspring.text import seconds_of

FOREVER = "forever"

SHORTEST_SECONDS = 0.05
LONGEST_SECONDS = 366 * 86_400.0
"""How short and how long a time can be that is set here: whoever gives more than a year means another unit."""


def an_age(value: Any, place: str, problems: list[tuple[str, str]]) -> float | None:
    """Return how long something is kept, None for ever."""
    told = f"{value}s" if type(value) in (int, float) else text(value, place, problems)
    if told in ("", FOREVER):
        return None
    try:
        age_seconds = seconds_of(told)
    except ValueError as error:
        problems.append((place, f"{error}, or {FOREVER!r}"))
        return None
    if age_seconds == 0:
        problems.append((place, f"0 would keep nothing; write how long, as in 90d, or {FOREVER!r}"))
    return age_seconds


def whole_number(value: Any, place: str, least: int, problems: list[tuple[str, str]]) -> int:
    """Return a whole number, or what the environment says it is."""
    if env_reference(value) is not None:
        told = text(value, place, problems)
        if told == "":
            return least  # what is wrong is said already
        value = int(told) if told.isdecimal() else told
    if type(value) is int and value >= least:
        return value
    problems.append((place, f"expected a whole number, {least} or more, got {shorten(repr(value))}"))
    return least


def known_keys(
    table: Mapping[str, Any], known: tuple[str, ...], place: str, problems: list[tuple[str, str]]
) -> Mapping[str, Any]:
    """Return what a table says of the keys that are known."""
    problems.extend(
        (place, f"unknown key {shorten(repr(key))}; {suggest(key, known)}") for key in table if key not in known
    )
    return {key: value for key, value in table.items() if key in known}


def table(value: Any, place: str, problems: list[tuple[str, str]]) -> Mapping[str, Any]:
    """Return a table."""
    if isinstance(value, dict):
        return value
    problems.append((place, f"expected a table, got {type(value).__name__}"))
    return {}


def tables(value: Any, place: str, problems: list[tuple[str, str]]) -> tuple[Mapping[str, Any], ...]:
    """Return a list of tables."""
    if isinstance(value, list):
        return tuple(table(each, f"{place}[{index}]", problems) for index, each in enumerate(value))
    problems.append((place, f"expected tables, [[{place}]], got {type(value).__name__}"))
    return ()


def text(value: Any, place: str, problems: list[tuple[str, str]]) -> str:
    """Return text that is not empty, or what the environment says it is."""
    reference = env_reference(value)
    if reference is not None:
        try:
            value = str(reference.read())
        except ConfigError as error:
            problems.append((place, error.problems[0][1]))
            return ""
    if isinstance(value, str) and value:
        return value
    got = "an empty one" if value == "" else type(value).__name__
    problems.append((place, f"expected text, got {got}"))
    return ""


def seconds(value: Any, place: str, problems: list[tuple[str, str]]) -> float:
    """Return a length of time in seconds."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if is_number and SHORTEST_SECONDS <= value <= LONGEST_SECONDS:
        return float(value)
    said = f"expected seconds, from {SHORTEST_SECONDS:g} to {LONGEST_SECONDS:.0f}, got {shorten(repr(value))}"
    problems.append((place, said))
    return SHORTEST_SECONDS
