"""The places of pools, counted from the steps that are under way: nothing that a crash could leave behind is kept of them."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, func, literal_column, select

from mainspring.errors import PoolFullError
from mainspring.run import PoolPlace
from mainspring.storage.rows import WORKING
from mainspring.storage.sql.backend import Lock
from mainspring.storage.sql.database import Database
from mainspring.storage.sql.statement import Statement
from mainspring.storage.sql.tables import IS_IN_POOL, runs, steps

_TAKEN = Statement(
    select(func.count())
    .select_from(steps.join(runs, runs.c.run_id == steps.c.run_id))
    .where(
        IS_IN_POOL,
        steps.c.pool == bindparam("pool"),
        runs.c.attempt == steps.c.run_attempt,
        runs.c.status.in_([literal_column(f"'{each.value}'") for each in WORKING]),
    )
)
"""A run that was settled, or goes on in another attempt, holds no place, whatever became of its steps."""


def places_taken(connection: Connection, pool: str) -> int:
    """Return how many places of a pool are taken."""
    return int(_TAKEN.run(connection, {"pool": pool}).fetchone()[0])


def check_place(database: Database, connection: Connection, step_key: str, place: PoolPlace) -> None:
    """Check that a step which was claimed just now, in this transaction, is not one too many in its pool.

    Claims of places wait for each other's commits, else two would count the same last place.

    Raises:
        PoolFullError: It is.
    """
    if place.limit is None:
        return
    database.lock(connection, Lock.POOLS)
    if places_taken(connection, place.pool) > place.limit:
        raise PoolFullError(step_key, place.pool, place.limit)
