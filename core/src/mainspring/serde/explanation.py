"""What cattrs found wrong, in our words: its tree of errors as (path, message) pairs."""

from __future__ import annotations

from typing import Any

from cattrs import BaseValidationError, ClassValidationError, IterableValidationError
from cattrs.errors import ForbiddenExtraKeysError

from mainspring.errors import shorten, suggest
from mainspring.serde.fields import field_types, join
from mainspring.serde.mismatch import Mismatch
from mainspring.serde.reference import Resolution

_SHAPE_ERRORS = (
    "object has no attribute",
    "is not subscriptable",
    "not iterable",
    "indices must be",
    "must be a mapping",
)


def explain(error: BaseException, type_: Any, place: str, resolution: Resolution) -> list[tuple[str, str]]:
    """Return what is wrong and where.

    Args:
        error: What was raised.
        type_: The type asked for, if it is known.
        place: Where the value stands.
        resolution: Where values came from: of those from the environment nothing is shown.
    """
    match error:
        case ClassValidationError():
            fields = field_types(error.cl)
            noted, bare = error.group_exceptions()
            inner = [(each, fields.get(note.name), join(place, note.name)) for each, note in noted]
            inner += [(each, error.cl, place) for each in bare]
        case IterableValidationError():
            items, bare = error.group_exceptions()
            inner = [(each, None, f"{place}[{note.index!r}]") for each, note in items]
            inner += [(each, None, place) for each in bare]
        case BaseValidationError():
            inner = [(each, type_, place) for each in error.exceptions]
        case _:
            return _explain_one(error, type_, place, resolution)
    return [pair for each, its_type, its_place in inner for pair in explain(each, its_type, its_place, resolution)]


def name_of(type_: Any) -> str:
    """Name a type for a person who writes config."""
    if field_types(type_):
        return f"a mapping with the fields of {type_.__name__}"
    return getattr(type_, "__name__", None) or str(type_)


def _explain_one(error: BaseException, type_: Any, place: str, resolution: Resolution) -> list[tuple[str, str]]:
    variable = resolution.variable(place)
    match error:
        case Mismatch():
            return [(place, str(error))]
        case ForbiddenExtraKeysError():
            known = list(field_types(error.cl))
            extra = sorted(error.extra_fields, key=str)
            return [(place, f"unknown key {shorten(repr(key))}; {suggest(str(key), known)}") for key in extra]
        case KeyError():
            return [(place, "it is required but missing")]
        case RecursionError():
            return [(place, "it is nested too deeply")]
        case AttributeError() | TypeError() if any(each in str(error) for each in _SHAPE_ERRORS):
            expected = f"expected {name_of(type_)}, " if type_ is not None else ""
            return [(place, f"{expected}got a value of another shape")]
        case _ if variable is not None:
            return [(place, f"what environment variable {variable} holds is refused ({type(error).__name__})")]
        case _:
            return [(place, shorten(" ".join(str(error).split()) or type(error).__name__, 300))]
