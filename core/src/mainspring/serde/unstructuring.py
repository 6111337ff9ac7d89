"""Unstructuring: a value of any classes becomes plain data of the kinds that JSON has, or one sentence says why not."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from cattrs import Converter

from mainspring.environment import without_values
from mainspring.errors import ConfigError, shorten
from mainspring.serde.converter import make_converter


def unstructured(subject: str, value: Any) -> Any:
    """Return a value as plain data: instances of config classes are taken apart, references to the environment stay.

    Args:
        subject: What the value is, for the error.
        value: Instances, containers and plain values, one in the other.

    Raises:
        ConfigError: Something in it is nothing that JSON can hold; the first such place is named.
    """
    try:
        return _plain(subject, without_values(_shared().unstructure(value)), "")
    except RecursionError:
        raise ConfigError(subject, [("", "it is nested too deeply, or holds itself; flatten it")]) from None


def _plain(subject: str, value: Any, place: str) -> Any:
    match value:
        case dict():
            return {
                _key(subject, key, place): _plain(subject, each, f"{place}.{key}" if place else str(key))
                for key, each in value.items()
            }
        case list() | tuple():
            return [_plain(subject, each, f"{place}[{index}]") for index, each in enumerate(value)]
        case float() if not math.isfinite(value):
            raise ConfigError(subject, [(place, f"JSON has no {value}; use None, or text")])
        case None | bool() | int() | float() | str():
            return value
        case _:
            said = f"JSON has nothing like a {type(value).__name__}; use text, numbers, booleans, None, lists and dicts"
            raise ConfigError(subject, [(place, said)])


def _key(subject: str, key: object, place: str) -> str:
    if isinstance(key, str):
        return key
    said = f"key {shorten(repr(key))} must be text, not {type(key).__name__}; write str(key)"
    raise ConfigError(subject, [(place, said)])


@cache
def _shared() -> Converter:
    return make_converter()
