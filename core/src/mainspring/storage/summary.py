"""What a database holds, for people who look after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import field, frozen

if TYPE_CHECKING:
    from pathlib import Path


@frozen
class StorageSummary:
    """What a database holds.

    Attributes:
        description: What and where it is; without secrets.
        schema_version: The version of its schema; None where it is empty, or not there yet.
        code_version: The version that this code writes.
        runs: How many runs there are, by status.
        events: How many events there are.
        assets: How many assets were ever materialized.
    """

    description: str
    schema_version: int | None
    code_version: int
    runs: Mapping[str, int] = field(factory=dict)
    events: int = 0
    assets: int = 0


def summarize_storage(url: str, folder: Path) -> StorageSummary:
    """Count what a database holds, changing nothing; of one with another schema only the version is told.

    Args:
        url: As for `open_storage`.
        folder: Where relative paths start.

    Raises:
        StorageError: The database cannot be reached, or is none.
    """
    from mainspring.storage.sql.summary import summarize_sql

    return summarize_sql(url, folder)
