"""The ledger of run keys."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from mainspring.run import Run
from mainspring.storage.automation import RunKey, Tick, digest_of
from mainspring.storage.sql.database import Database
from mainspring.storage.sql.tables import run_keys


def known(
    connection: Connection, database: Database, location: str, name: str, keys: Sequence[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Return which jobs and run keys an automation has asked for, by one query however many there are."""
    if not keys:
        return set()
    digests = sorted({digest_of(key) for _, key in keys})
    statement = select(run_keys.c.job_name, run_keys.c.run_key).where(
        run_keys.c.location == location,
        run_keys.c.automation == name,
        database.is_among(run_keys.c.digest, digests),
    )
    found = {(row.job_name, row.run_key) for row in connection.execute(statement)}
    return found.intersection(keys)


def enter(
    connection: Connection, database: Database, tick: Tick, asked: Sequence[Run]
) -> tuple[tuple[Run, ...], list[str]]:
    """Enter the run keys of runs; return the runs whose keys are new or that have none, and the keys that are not."""
    keyed = [(run.job_name, run.run_key) for run in asked if run.run_key is not None]
    taken = known(connection, database, tick.location, tick.automation, keyed)
    new: list[Run] = []
    repeated: list[str] = []
    rows: list[dict[str, object]] = []
    for run in asked:
        if run.run_key is None:
            new.append(run)
        elif (run.job_name, run.run_key) in taken:
            repeated.append(run.run_key)
        else:
            taken.add((run.job_name, run.run_key))
            new.append(run)
            rows.append(
                {
                    "location": tick.location,
                    "automation": tick.automation,
                    "digest": digest_of(run.run_key),
                    "job_name": run.job_name,
                    "run_key": run.run_key,
                    "run_id": run.run_id,
                    "created_at": run.created_at,
                }
            )
    if rows:
        connection.execute(run_keys.insert(), rows)
    return tuple(new), repeated


def listed(connection: Connection, location: str, name: str, run_key: str | None, limit: int) -> list[RunKey]:
    """Return keys of an automation, those that were asked for last first."""
    statement = (
        select(run_keys.c.job_name, run_keys.c.run_key, run_keys.c.run_id, run_keys.c.created_at)
        .where(run_keys.c.location == location, run_keys.c.automation == name)
        .order_by(run_keys.c.created_at.desc(), run_keys.c.run_id.desc())
        .limit(limit)
    )
    if run_key is not None:
        statement = statement.where(run_keys.c.digest == digest_of(run_key))
    return [RunKey(*row) for row in connection.execute(statement)]


def clear(connection: Connection, location: str, name: str, run_key: str, job_name: str | None) -> int:
    """Forget a run key; return for how many jobs it was known."""
    statement = run_keys.delete().where(
        run_keys.c.location == location, run_keys.c.automation == name, run_keys.c.digest == digest_of(run_key)
    )
    if job_name is not None:
        statement = statement.where(run_keys.c.job_name == job_name)
    return connection.execute(statement).rowcount
