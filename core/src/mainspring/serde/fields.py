"""The fields of the classes that data is structured into, and their types."""

from __future__ import annotations

import dataclasses
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

import attrs

_CONTAINERS = (list, dict, tuple, set, frozenset)


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
    return get_args(type_)[-1] if is_container(type_) and get_args(type_) else None


def is_container(type_: Any) -> bool:
    """Whether its values are made of several."""
    found = get_origin(type_) or type_
    return bool(field_types(found)) or (
        isinstance(found, type) and (attrs.has(found) or issubclass(found, _CONTAINERS))
    )


def join(place: str, name: object) -> str:
    """Return the path of a field."""
    return f"{place}.{name}" if place else str(name)
