"""Metadata: facts that a person attaches to outputs, assets and failures, kept as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from os import PathLike, fspath
from typing import Any

from mainspring.errors import DefinitionError, shorten


def checked_metadata(owner: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return metadata as plain data; dates and paths become text.

    Raises:
        DefinitionError: A key is not text or a value is nothing that can be kept.
    """
    if not isinstance(metadata, Mapping):
        raise DefinitionError(f"the metadata of {owner} must be a mapping, not {type(metadata).__name__}")
    try:
        return _checked(owner, metadata)
    except RecursionError:
        raise DefinitionError(f"the metadata of {owner} is nested too deeply, or holds itself; flatten it") from None


def _checked(owner: str, metadata: Mapping[Any, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for key, value in metadata.items():
        if not isinstance(key, str):
            raise DefinitionError(f"a metadata key of {owner} must be text, not {type(key).__name__}; write str(key)")
        plain[key] = _plain(owner, key, value)
    return plain


def _plain(owner: str, key: str, value: object) -> Any:
    match value:
        case None | bool() | int() | float() | str():
            return _built_in(value)
        case datetime() | date():
            return value.isoformat()
        case PathLike():
            return str(fspath(value))
        case Mapping():
            return _checked(owner, value)
        case list() | tuple() | set() | frozenset():
            return [_plain(owner, key, each) for each in value]
        case _:
            return _plain(owner, key, _scalar(owner, key, value))


def _scalar(owner: str, key: str, value: object) -> object:
    """Return what a NumPy scalar holds."""
    try:
        return value.item()  # type: ignore[attr-defined]
    except Exception:  # noqa: BLE001 - it has no such method, or is an array of several, or anything else
        raise DefinitionError(
            f"metadata {shorten(key)!r} of {owner} is a {type(value).__name__}, which cannot be kept; "
            "use text, numbers, booleans, None, lists or dicts"
        ) from None


def _built_in(value: object) -> object:
    """Strip subclasses of the built-in types (NumPy's float64 is a float) down to the type itself."""
    if isinstance(value, str):
        return value if type(value) is str else str.__str__(value)
    for plain in (bool, int, float):
        if isinstance(value, plain):
            return value if type(value) is plain else plain(value)
    return value
