"""Assets: data products with a key, whose materializations are events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import Attribute, field, frozen

from mainspring.definition.metadata import checked_metadata
from mainspring.definition.names import is_storable
from mainspring.errors import DefinitionError, shorten

ASSET_KEY_LIMIT = 500
"""Characters in an asset's key."""


@frozen(order=True)
class AssetKey:
    """The name of a data product: segments joined by slashes, `warehouse/orders`."""

    path: str = field()

    @path.validator
    def _check(self, attribute: Attribute[str], value: object) -> None:
        if not isinstance(value, str) or not _are_segments(value.split("/")):
            raise DefinitionError(
                "an asset key is text such as 'warehouse/orders', without empty segments and '..', not "
                f"{shorten(repr(value))}"
            )
        if len(value) > ASSET_KEY_LIMIT or not value.isprintable():
            raise DefinitionError(
                f"an asset key has at most {ASSET_KEY_LIMIT} printable characters, unlike {shorten(repr(value))}"
            )

    def __str__(self) -> str:
        return self.path


def asset_key(value: str | AssetKey) -> AssetKey:
    """Return a key from its text or from itself."""
    return value if isinstance(value, AssetKey) else AssetKey(value)


def _are_segments(parts: Sequence[str]) -> bool:
    """Whether none is empty, and none leads elsewhere where keys become paths."""
    return all(part.strip() not in ("", ".", "..") for part in parts)


def _metadata(raw: Mapping[str, Any]) -> dict[str, Any]:
    return checked_metadata("a materialization", raw)


@frozen
class Materialization:
    """The fact that an asset was written, with what its writer says of it.

    Attributes:
        asset: The key of the asset.
        metadata: Facts about this value: text, numbers, booleans, None, and lists and dicts of these.
        partition_key: Which partition was written; None for an asset without partitions.
    """

    asset: AssetKey = field(converter=asset_key)
    metadata: Mapping[str, Any] = field(factory=dict, converter=_metadata)
    partition_key: str | None = field(default=None)

    @partition_key.validator
    def _check_partition(self, attribute: Attribute[str | None], value: object) -> None:
        if value is not None and not (isinstance(value, str) and is_storable(value)):
            raise DefinitionError(
                f"the partition of a materialization of {self.asset} must be text without NUL characters and lone "
                f"surrogates, not {shorten(repr(value))}"
            )
