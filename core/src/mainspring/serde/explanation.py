"""What cattrs found wrong, in our words: its tree of errors as (path, message) pairs."""

from __future__ import annotations

from cattrs import BaseValidationError, ClassValidationError, IterableValidationError
from cattrs.errors import ForbiddenExtraKeysError

from mainspring.errors import shorten, suggest
from mainspring.serde.fields import field_types, join
from mainspring.serde.mismatch import Mismatch, not_held
from mainspring.serde.reference import Resolution


def explain(error: BaseException, place: str, resolution: Resolution) -> list[tuple[str, str]]:
    """Return what is wrong and where.

    Args:
        error: What was raised.
        place: Where the value stands.
        resolution: Where values came from: of those from the environment nothing is shown.
    """
    match error:
        case ClassValidationError():
            noted, bare = error.group_exceptions()
            inner = [(each, join(place, note.name)) for each, note in noted]
        case IterableValidationError():
            items, bare = error.group_exceptions()
            inner = [(each, f"{place}[{note.index!r}]") for each, note in items]
        case BaseValidationError():
            inner, bare = [], list(error.exceptions)
        case _:
            return _explain_one(error, place, resolution)
    return [pair for each, at in [*inner, *((each, place) for each in bare)] for pair in explain(each, at, resolution)]


def _explain_one(error: BaseException, place: str, resolution: Resolution) -> list[tuple[str, str]]:
    variable = resolution.variable(place)
    match error:
        case Mismatch() if variable is not None:
            return [(place, f"expected {error.expected}, {not_held(variable)}")]
        case Mismatch():
            return [(place, str(error))]
        case ForbiddenExtraKeysError():
            known = list(field_types(error.cl))
            if variable is not None:
                return [(place, f"environment variable {variable} holds an unknown key; {_say_known('', known)}")]
            extra = sorted(error.extra_fields, key=str)
            return [(place, f"unknown key {shorten(repr(key))}; {_say_known(str(key), known)}") for key in extra]
        case KeyError():
            return [(place, "it is required but missing")]
        case RecursionError():
            return [(place, "it is nested too deeply")]
        case _ if variable is not None:
            return [(place, f"what environment variable {variable} holds is refused ({type(error).__name__})")]
        case _:
            return [(place, shorten(" ".join(str(error).split()) or type(error).__name__, 300))]


def _say_known(key: str, known: list[str]) -> str:
    return suggest(key, known) if known else "it takes none; remove it"
