"""The one cattrs converter set-up: strict, and parsing only what came as text from the environment."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import attrs
from cattrs import BaseValidationError, ClassValidationError, Converter, IterableValidationError
from cattrs.errors import ForbiddenExtraKeysError
from cattrs.strategies import configure_union_passthrough

from mainspring.environment import EnvText, EnvVar, env_reference
from mainspring.errors import ConfigError, shorten, suggest

T = TypeVar("T")

_TRUE = {"true", "1", "yes", "on"}
_FALSE = {"false", "0", "no", "off"}


def make_converter() -> Converter:
    """Return a new converter with the house's rules.

    Unknown keys are errors; `"false"` is no bool and 7.9 no int; text from the environment is parsed to the type asked
    for, containers and classes from JSON.
    """
    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    configure_union_passthrough(None | bool | int | float | str, converter)
    for primitive in (bool, int, float, str):
        converter.register_structure_hook(primitive, _strict(primitive))
    converter.register_structure_hook(Path, _path)
    converter.register_unstructure_hook(Path, str)
    for moment in (datetime, date):
        converter.register_structure_hook(moment, _iso(moment))
        converter.register_unstructure_hook(moment, moment.isoformat)
    converter.register_structure_hook(timedelta, _timedelta)
    converter.register_unstructure_hook(timedelta, timedelta.total_seconds)
    converter.register_structure_hook_factory(_is_optional, lambda type_: _optional(converter, type_))
    converter.register_structure_hook_factory(_is_enum, lambda type_: _enum(type_))
    converter.register_structure_hook_factory(_is_literal, lambda type_: _literal(type_))
    return converter


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
    found: list[tuple[str, str]] = []
    resolved = _with_environment(raw, type_, place, found)
    if not found and attrs.has(type_) and not isinstance(resolved, Mapping):
        found.append((place, f"expected {_name(type_)}, got {_show(resolved)}"))
    if not found:
        try:
            return _shared().structure(resolved, type_)
        except Exception as error:  # cattrs gathers whatever validators of user classes raise
            found.extend(_explain(error, type_, place))
    problems.extend(found)
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


@cache
def _shared() -> Converter:
    return make_converter()


def _with_environment(raw: Any, type_: Any, place: str, problems: list[tuple[str, str]]) -> Any:
    """Replace references to the environment by the texts that they stand for; containers are read as JSON."""
    type_ = _without_none(type_)
    reference = env_reference(raw)
    if reference is not None and not _is_own_field(raw, type_):
        try:
            text = reference.read()
            return json.loads(text) if _is_container(type_) else text
        except ConfigError as error:
            problems.append((place, error.problems[0][1]))
        except json.JSONDecodeError:
            problems.append((place, f"environment variable {reference.name} must hold JSON here"))
        return None
    if isinstance(raw, dict):
        return {
            key: _with_environment(each, _member_type(type_, key), _join(place, str(key)), problems)
            for key, each in raw.items()
        }
    if isinstance(raw, (list, tuple)):
        inner = _member_type(type_, 0)
        return [_with_environment(each, inner, f"{place}[{index}]", problems) for index, each in enumerate(raw)]
    return raw


def _without_none(type_: Any) -> Any:
    return next(each for each in get_args(type_) if each is not type(None)) if _is_optional(type_) else type_


def _is_container(type_: Any) -> bool:
    found = get_origin(type_) or type_
    return attrs.has(found) or (isinstance(found, type) and issubclass(found, (list, dict, tuple, set, frozenset)))


def _member_type(type_: Any, key: Any) -> Any:
    """Return the type of a field, or of a container's items, where it is known."""
    if isinstance(type_, type) and attrs.has(type_):
        return _field_type(type_, key)
    return get_args(type_)[-1] if _is_container(type_) and get_args(type_) else None


def _is_own_field(raw: Any, type_: Any) -> bool:
    """Whether `{"env": …}` is meant as the field of that name of the very class that is structured."""
    return isinstance(raw, dict) and attrs.has(type_) and "env" in {each.name for each in attrs.fields(type_)}


def _strict(primitive: type) -> Callable[[Any, Any], Any]:
    def hook(value: Any, _: Any) -> Any:
        if type(value) is EnvText:
            return _parse(value, primitive)
        fits = isinstance(value, primitive) and not (primitive is not bool and isinstance(value, bool))
        if fits:
            return value
        if primitive is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        raise TypeError(f"expected {primitive.__name__}, got {_show(value)}")

    return hook


def _parse(text: str, primitive: type) -> Any:
    if primitive is str:
        return str(text)
    if primitive is bool:
        folded = text.strip().lower()
        if folded in _TRUE | _FALSE:
            return folded in _TRUE
        raise TypeError("expected true or false from the environment")
    try:
        return primitive(text.strip())
    except ValueError:
        raise TypeError(f"expected text of {primitive.__name__} from the environment") from None


def _path(value: Any, _: Any) -> Path:
    if isinstance(value, (str, Path)):
        return Path(value)
    raise TypeError(f"expected a path, got {_show(value)}")


def _iso(type_: Any) -> Callable[[Any, Any], Any]:
    def hook(value: Any, _: Any) -> Any:
        if type(value) is type_:
            return value
        if isinstance(value, str):
            try:
                return type_.fromisoformat(value)
            except ValueError:
                pass
        raise TypeError(f"expected an ISO 8601 {type_.__name__}, got {_show(value)}")

    return hook


def _timedelta(value: Any, _: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if type(value) is EnvText:
        value = _parse(value, float)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return timedelta(seconds=value)
    raise TypeError(f"expected seconds, got {_show(value)}")


def _is_optional(type_: Any) -> bool:
    return get_origin(type_) in (Union, UnionType) and len(get_args(type_)) == 2 and type(None) in get_args(type_)


def _optional(converter: Converter, type_: Any) -> Callable[[Any, Any], Any]:
    inner = next(each for each in get_args(type_) if each is not type(None))
    return lambda value, _: None if value is None else converter.structure(value, inner)


def _is_enum(type_: Any) -> bool:
    return isinstance(type_, type) and issubclass(type_, Enum)


def _enum(type_: Any) -> Callable[[Any, Any], Any]:
    def hook(value: Any, _: Any) -> Any:
        for member in type_:
            if value is member or value == member.value or (type(value) is EnvText and str(value) == str(member.value)):
                return member
        raise TypeError(f"expected one of {', '.join(repr(each.value) for each in type_)}, got {_show(value)}")

    return hook


def _is_literal(type_: Any) -> bool:
    return get_origin(type_) is Literal


def _literal(type_: Any) -> Callable[[Any, Any], Any]:
    def hook(value: Any, _: Any) -> Any:
        for choice in get_args(type_):
            if value == choice and (type(value) is type(choice) or type(value) is EnvText):
                return choice
        raise TypeError(f"expected one of {', '.join(map(repr, get_args(type_)))}, got {_show(value)}")

    return hook


def _explain(error: BaseException, type_: Any, place: str) -> list[tuple[str, str]]:
    """Return what is wrong and where, in our words, from cattrs' tree of errors."""
    match error:
        case ClassValidationError():
            found: list[tuple[str, str]] = []
            noted, bare = error.group_exceptions()
            for each, note in noted:
                found += _explain(each, _field_type(error.cl, note.name), _join(place, note.name))
            for each in bare:
                found += _explain(each, error.cl, place)
            return found
        case IterableValidationError():
            noted_items, bare = error.group_exceptions()
            found = []
            for each, item in noted_items:
                found += _explain(each, None, f"{place}[{item.index!r}]")
            for each in bare:
                found += _explain(each, None, place)
            return found
        case BaseValidationError():
            return [pair for each in error.exceptions for pair in _explain(each, type_, place)]
        case ForbiddenExtraKeysError():
            known = [each.name for each in attrs.fields(error.cl)]
            return [
                (place, f"unknown key {shorten(repr(key))}; {suggest(str(key), known)}")
                for key in sorted(error.extra_fields)
            ]
        case KeyError():
            return [(place, "it is required but missing")]
        case AttributeError() | TypeError() if _is_shape_error(error):
            return [(place, f"expected {_name(type_)}, got a value of another shape")]
        case _:
            return [(place, shorten(str(error) or type(error).__name__, 300))]


def _is_shape_error(error: BaseException) -> bool:
    """Whether cattrs stumbled over a value that is no mapping where it needs one."""
    text = str(error)
    return "object has no attribute" in text or "is not subscriptable" in text or "not iterable" in text


def _field_type(type_: Any, name: str) -> Any:
    if not attrs.has(type_):
        return None
    try:
        attrs.resolve_types(type_)
    except NameError:  # an annotation that only a type checker can see
        return None
    return next((each.type for each in attrs.fields(type_) if each.name == name), None)


def _name(type_: Any) -> str:
    if attrs.has(type_):
        return f"a mapping with the fields of {type_.__name__}"
    return getattr(type_, "__name__", None) or str(type_)


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _show(value: Any) -> str:
    """Show a value's type, and the value itself unless it came from the environment and may be a secret."""
    if type(value) is EnvText:
        return "text from the environment that is none of them"
    return f"{type(value).__name__} {shorten(json.dumps(value, default=repr), 60)}"


def parse_environment(reference: EnvVar, type_: Any, place: str) -> Any:
    """Return what an environment variable holds, parsed to a field's type where that is known.

    Raises:
        ConfigError: It is not set, or its text does not fit.
    """
    problems: list[tuple[str, str]] = []
    resolved = _with_environment(reference, type_, place, problems)
    if not problems:
        if type_ is None or isinstance(type_, str):
            return str(resolved) if type(resolved) is EnvText else resolved
        try:
            return _shared().structure(resolved, type_)
        except Exception as error:  # cattrs gathers whatever validators of user classes raise
            problems.extend(_explain(error, type_, place))
    raise ConfigError(f"environment variable {reference.name}", problems)
