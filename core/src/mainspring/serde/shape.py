"""Shapes: whether a list stands where a list is asked for; cattrs would take a text for a list of its letters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from mainspring.serde.converter import without_none, without_reference
from mainspring.serde.fields import field_types, holds_items, holds_values, member_place, member_type
from mainspring.serde.mismatch import not_held, show
from mainspring.serde.reference import Resolution


def misshapen(value: Any, type_: Any, place: str, resolution: Resolution) -> Iterator[tuple[str, str]]:
    """Yield the (path, message) pairs of all values that are of another shape than their type.

    Args:
        value: Plain data.
        type_: The type that it is meant for; nothing is said where it is not known.
        place: Where the value stands.
        resolution: Where values came from: of those from the environment nothing is shown.
    """
    asked = without_reference(type_)
    type_ = without_none(asked)
    if value is None and type_ is not asked:
        return
    expected = _misfit(value, type_)
    if expected:
        variable = resolution.variable(place)
        yield place, f"expected {expected}, {f'got {show(value)}' if variable is None else not_held(variable)}"
    elif isinstance(value, Mapping) and (field_types(type_) or holds_values(type_)):
        for key, each in value.items():
            yield from misshapen(each, member_type(type_, key), member_place(place, type_, key), resolution)
    elif holds_items(type_) and isinstance(value, (list, tuple)):
        for index, each in enumerate(value):
            yield from misshapen(each, member_type(type_, index), f"{place}[{index}]", resolution)


def name_of(type_: Any) -> str:
    """Name a type for a person who writes config."""
    if field_types(type_):
        return f"a mapping with the fields of {(get_origin(type_) or type_).__name__}"
    return getattr(type_, "__name__", None) or str(type_)


def _misfit(value: Any, type_: Any) -> str | None:
    """Return what is expected where a value is of another shape, else None."""
    found = get_origin(type_) or type_
    if isinstance(found, type) and type(value) is found:
        return _length_misfit(value, type_)
    if field_types(type_):
        return None if isinstance(value, Mapping) else name_of(type_)
    if holds_values(type_):
        return None if isinstance(value, Mapping) else "a mapping"
    if holds_items(type_):
        fits = isinstance(value, (list, tuple, set, frozenset))
        return _length_misfit(value, type_) if fits else "a list"
    return None


def _length_misfit(value: Any, type_: Any) -> str | None:
    arguments = get_args(type_)
    if get_origin(type_) is not tuple or Ellipsis in arguments or len(value) == len(arguments):
        return None
    return f"a list of {len(arguments)}"
