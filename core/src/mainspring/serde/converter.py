"""The converter: strict, and parsing only what came as text from the environment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from cattrs import Converter
from cattrs.strategies import configure_union_passthrough

from mainspring.environment import EnvText, EnvVar, without_values
from mainspring.serde.mismatch import Mismatch

PRIMITIVES = (bool, int, float, str)
_TRUE = {"true", "1", "yes", "on"}
_FALSE = {"false", "0", "no", "off"}


def make_converter() -> Converter:
    """Return a new converter with the house's rules.

    Unknown keys are errors; `"false"` is no bool and 7.9 no int; text from the environment is parsed to the type asked
    for.
    """
    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    configure_union_passthrough(None | bool | int | float | str, converter)
    for primitive in PRIMITIVES:
        converter.register_structure_hook(primitive, _primitive(primitive))
    converter.register_structure_hook(Path, _path)
    converter.register_unstructure_hook(Path, str)
    for moment in (datetime, date):
        converter.register_structure_hook(moment, _iso(moment))
        converter.register_unstructure_hook(moment, moment.isoformat)
    converter.register_unstructure_hook(EnvVar, without_values)
    converter.register_structure_hook(timedelta, _timedelta)
    converter.register_unstructure_hook(timedelta, timedelta.total_seconds)
    converter.register_structure_hook_factory(is_optional, lambda type_: _optional(converter, type_))
    converter.register_structure_hook_factory(_is_choice_of_primitives, _one_of_primitives)
    converter.register_structure_hook_factory(_is_enum, _enum)
    converter.register_structure_hook_factory(_is_literal, _literal)
    converter.register_structure_hook_factory(_admits_reference, lambda type_: _dereferenced(converter, type_))
    return converter


def is_optional(type_: Any) -> bool:
    """Whether it is one type or None."""
    return _is_union(type_) and len(get_args(type_)) == 2 and NoneType in get_args(type_)


def without_none(type_: Any) -> Any:
    """Return the type of which an optional one is."""
    return next(each for each in get_args(type_) if each is not NoneType) if is_optional(type_) else type_


def without_reference(type_: Any) -> Any:
    """Return what a type admits besides an `EnvVar`, which is replaced by what it stands for before it is structured."""
    if not _admits_reference(type_):
        return type_
    return Union[tuple(each for each in get_args(type_) if each is not EnvVar)]  # noqa: UP007 - made of what is left


def _admits_reference(type_: Any) -> bool:
    return _is_union(type_) and EnvVar in get_args(type_)


def _dereferenced(converter: Converter, type_: Any) -> Callable[[Any, Any], Any]:
    inner = without_reference(type_)
    return lambda value, _: converter.structure(value, inner)


def _primitive(primitive: type) -> Callable[[Any, Any], Any]:
    def hook(value: Any, _: Any) -> Any:
        if type(value) is EnvText:
            return _parse(value, primitive)
        if _fits(value, primitive):
            return value
        if primitive is float and _fits(value, int):
            return _to_float(value)
        raise Mismatch(primitive.__name__, value)

    return hook


def _fits(value: object, primitive: type) -> bool:
    """Whether it is one; a bool is no int here."""
    return isinstance(value, primitive) and not (primitive is not bool and isinstance(value, bool))


def _to_float(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        raise Mismatch("float", value) from None


def _parse(text: str, primitive: type) -> Any:
    if primitive is str:
        return str(text)
    if primitive is bool:
        folded = text.strip().lower()
        if folded in _TRUE | _FALSE:
            return folded in _TRUE
        raise Mismatch("true or false", text)
    try:
        return primitive(text.strip())
    except ValueError:
        raise Mismatch(primitive.__name__, text) from None


def _path(value: Any, _: Any) -> Path:
    if isinstance(value, (str, Path)):
        return Path(value)
    raise Mismatch("a path", value)


def _iso(type_: Any) -> Callable[[Any, Any], Any]:
    def hook(value: Any, _: Any) -> Any:
        if type(value) is type_:
            return value
        if isinstance(value, str):
            try:
                return type_.fromisoformat(value)
            except ValueError:
                pass
        raise Mismatch(f"an ISO 8601 {type_.__name__}", value)

    return hook


def _timedelta(value: Any, _: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    seconds = _parse(value, float) if type(value) is EnvText else value
    if _fits(seconds, float) or _fits(seconds, int):
        try:
            return timedelta(seconds=seconds)
        except (OverflowError, ValueError):
            pass
    raise Mismatch("seconds", value)


def _optional(converter: Converter, type_: Any) -> Callable[[Any, Any], Any]:
    inner = without_none(type_)
    return lambda value, _: None if value is None else converter.structure(value, inner)


def _is_union(type_: Any) -> bool:
    return get_origin(type_) in (Union, UnionType)


def _is_choice_of_primitives(type_: Any) -> bool:
    return _is_union(type_) and not is_optional(type_) and set(get_args(type_)) <= {NoneType, *PRIMITIVES}


def _one_of_primitives(type_: Any) -> Callable[[Any, Any], Any]:
    """Take a value as it is; of text from the environment make what comes first in the order of PRIMITIVES and fits."""
    choices = [each for each in PRIMITIVES if each in get_args(type_)]

    def hook(value: Any, _: Any) -> Any:
        if value is None and NoneType in get_args(type_):
            return None
        for choice in choices:
            if type(value) is EnvText:
                try:
                    return _parse(value, choice)
                except Mismatch:
                    continue
            if _fits(value, choice):
                return value
        if float in choices and _fits(value, int):
            return _to_float(value)
        raise Mismatch(f"{' or '.join(each.__name__ for each in get_args(type_))}", value)

    return hook


def _is_enum(type_: Any) -> bool:
    return isinstance(type_, type) and issubclass(type_, Enum)


def _enum(type_: Any) -> Callable[[Any, Any], Any]:
    return _choice([(member.value, member) for member in type_])


def _is_literal(type_: Any) -> bool:
    return get_origin(type_) is Literal


def _literal(type_: Any) -> Callable[[Any, Any], Any]:
    choices = get_args(type_)
    return _choice([(each.value if isinstance(each, Enum) else each, each) for each in choices])


def _choice(choices: Sequence[tuple[Any, Any]]) -> Callable[[Any, Any], Any]:
    """Take one of some values, of the same type too, for 1 is not True; of the environment take its text."""

    def hook(value: Any, _: Any) -> Any:
        for plain, chosen in choices:
            if value is chosen or (type(value) is type(plain) and value == plain):
                return chosen
            if type(value) is EnvText and str(value) == str(plain):
                return chosen
        raise Mismatch(f"one of {', '.join(repr(plain) for plain, _ in choices)}", value)

    return hook
