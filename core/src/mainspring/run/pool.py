"""Pools: limits on how many steps run at a time, over all runs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import frozen


@frozen
class PoolPlace:
    """A place in a pool, for a step to take up while it runs.

    Attributes:
        pool: The pool.
        limit: How many places it has; None for as many as are asked for.
    """

    pool: str
    limit: int | None = None


NO_PLACES: Mapping[str, PoolPlace] = MappingProxyType({})
"""Steps that belong to no pool take up no places."""
