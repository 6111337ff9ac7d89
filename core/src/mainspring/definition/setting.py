"""Checks of the fields with which executors and IO managers are set up; each refuses in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import Attribute

from mainspring.errors import DefinitionError, shorten

Check = Callable[[object, "Attribute[Any]", Any], None]


def one_of(*choices: str) -> Check:
    """Return a validator that admits some texts only."""
    return _check(lambda value: isinstance(value, str) and value in choices, f"one of {', '.join(map(repr, choices))}")


def at_least(limit: int) -> Check:
    """Return a validator that admits numbers from a limit on."""
    return _check(lambda value: _is_number(value) and value >= limit, f"a number, {limit} or more")


def above(limit: int) -> Check:
    """Return a validator that admits numbers beyond a limit."""
    return _check(lambda value: _is_number(value) and value > limit, f"a number above {limit}")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _check(admits: Callable[[Any], bool], wanted: str) -> Check:
    def check(instance: object, attribute: Attribute[Any], value: Any) -> None:
        if not admits(value):
            said = f"{attribute.alias}={shorten(repr(value))}"
            raise DefinitionError(f"{type(instance).__name__}({said}): give {wanted}")

    return check
