"""Structuring: plain data, with references to the environment in it, becomes a typed value, or problems."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from cattrs import Converter

from mainspring.environment import EnvVar
from mainspring.errors import ConfigError
from mainspring.serde.converter import make_converter
from mainspring.serde.explanation import explain
from mainspring.serde.reference import Resolution
from mainspring.serde.shape import misshapen

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
    try:
        value, found = _structure(raw, type_, place)
    except RecursionError:
        value, found = None, [(place, "it is nested too deeply")]
    problems.extend(found)
    return None if found else value


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
    if type_ is None or isinstance(type_, str):
        value, found = _read(reference, place)
    else:
        value, found = _structure(reference, type_, place)
    if found:
        raise ConfigError(f"environment variable {reference.name}", found)
    return value


def _read(reference: EnvVar, place: str) -> tuple[str | None, list[tuple[str, str]]]:
    resolution = Resolution()
    text = resolution.resolve(reference, str, place)
    return None if text is None else str(text), resolution.problems


def _structure(raw: Any, type_: Any, place: str) -> tuple[Any, list[tuple[str, str]]]:
    """Return the value, and all that is wrong with it: each place once, the outermost wrong one."""
    resolution = Resolution()
    resolved = resolution.resolve(raw, type_, place)
    if resolution.problems:
        return None, resolution.problems
    shapes = list(misshapen(resolved, type_, place, resolution))
    try:
        return _shared().structure(resolved, type_), shapes
    except Exception as error:  # noqa: BLE001 - cattrs gathers whatever the validators of people's classes raise
        found = explain(error, place, resolution)
    wrong = tuple(path for path, _ in shapes)
    return None, [*shapes, *((path, said) for path, said in found if not _is_within(path, wrong))]


def _is_within(path: str, places: tuple[str, ...]) -> bool:
    return any(path == each or not each or path.startswith((f"{each}.", f"{each}[")) for each in places)


@cache
def _shared() -> Converter:
    return make_converter()
