"""Structuring: plain data, with references to the environment in it, becomes a typed value, or problems."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

import attrs
from cattrs import Converter

from mainspring.environment import EnvText, EnvVar
from mainspring.errors import ConfigError
from mainspring.serde.converter import make_converter
from mainspring.serde.explanation import explain, name_of
from mainspring.serde.mismatch import show
from mainspring.serde.reference import Resolution

T = TypeVar("T")


def structure(raw: Any, type_: type[T], place: str, problems: list[tuple[str, str]]) -> T | None:
    """Structure a raw value into an attrs class, adding to `problems` whatever does not fit.

    Args:
        raw: Plain data, with references to the environment in it, or an instance already.
        type_: The class.
        place: Where the value stands, for the problems' paths.
        problems: Where (path, message) pairs go.
    """
    if isinstance(raw, type_):
        return raw
    resolution = Resolution()
    try:
        resolved = resolution.resolve(raw, type_, place)
        if attrs.has(type_) and not isinstance(resolved, Mapping) and not resolution.problems:
            resolution.problems.append((place, f"expected {name_of(type_)}, got {show(resolved)}"))
        if not resolution.problems:
            return _shared().structure(resolved, type_)
    except Exception as error:  # noqa: BLE001 - cattrs gathers whatever the validators of people's classes raise
        resolution.problems.extend(explain(error, type_, place, resolution))
    problems.extend(resolution.problems)
    return None


def structured(subject: str, raw: Any, type_: type[T]) -> T:
    """Structure a raw value, raising all of its problems at once.

    Raises:
        ConfigError: Something does not fit.
    """
    problems: list[tuple[str, str]] = []
    value = structure(raw, type_, "", problems)
    if problems or value is None:
        raise ConfigError(subject, problems)
    return value


def parse_environment(reference: EnvVar, type_: Any, place: str) -> Any:
    """Return what an environment variable holds, parsed to a field's type where that is known.

    Raises:
        ConfigError: It is not set, or its text does not fit.
    """
    resolution = Resolution()
    resolved = resolution.resolve(reference, type_, place)
    if not resolution.problems:
        if type_ is None or isinstance(type_, str):
            return str(resolved) if type(resolved) is EnvText else resolved
        try:
            return _shared().structure(resolved, type_)
        except Exception as error:  # noqa: BLE001 - cattrs gathers whatever the validators of people's classes raise
            resolution.problems.extend(explain(error, type_, place, resolution))
    raise ConfigError(f"environment variable {reference.name}", resolution.problems)


@cache
def _shared() -> Converter:
    return make_converter()
