"""The fields of the classes that data is structured into, and their types."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

import attrs


def field_types(type_: Any) -> dict[str, Any]:
    """Return the types of a class's fields by name, None where one cannot be resolved; empty for what has no fields."""
    found = get_origin(type_) or type_
    if not isinstance(found, type):
        return {}
    if attrs.has(found):
        names = [each.name for each in attrs.fields(found) if each.init]
    elif dataclasses.is_dataclass(found):
        names = [each.name for each in dataclasses.fields(found) if each.init]
    elif is_typeddict(found):
        names = list(found.__annotations__)
    else:
        return {}
    try:
        hints = get_type_hints(found)
    except Exception:  # noqa: BLE001 - an annotation that only a type checker can see may raise anything
        hints = {}
    return {name: hints.get(name) for name in names}


def member_type(type_: Any, key: object) -> Any:
    """Return the type of a field, or of a container's items, where it is known."""
    fields = field_types(type_)
    if fields:
        return fields.get(key) if isinstance(key, str) else None
    arguments = get_args(type_)
    if not arguments or not is_container(type_):
        return None
    if get_origin(type_) is tuple and Ellipsis not in arguments:
        return arguments[key] if isinstance(key, int) and key < len(arguments) else None
    return arguments[0] if holds_items(type_) else arguments[-1]


def is_container(type_: Any) -> bool:
    """Whether its values are made of several."""
    return bool(field_types(type_)) or attrs.has(type_) or holds_items(type_) or holds_values(type_)


def holds_items(type_: Any) -> bool:
    """Whether it is a list or the like."""
    return _is_kind(type_, (Sequence, AbstractSet)) and not _is_kind(type_, (str, bytes, bytearray))


def holds_values(type_: Any) -> bool:
    """Whether it is a dict or the like."""
    return _is_kind(type_, Mapping)


def _is_kind(type_: Any, kinds: type | tuple[type, ...]) -> bool:
    found = get_origin(type_) or type_
    return isinstance(found, type) and not is_typeddict(found) and issubclass(found, kinds)


def join(place: str, name: object) -> str:
    """Return the path of a field."""
    return f"{place}.{name}" if place else str(name)


def member_place(place: str, type_: Any, key: object) -> str:
    """Return the path of a field, or of a container's item."""
    return f"{place}[{key!r}]" if holds_values(type_) or holds_items(type_) else join(place, key)
