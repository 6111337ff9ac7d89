"""Fixtures for the tests of more than one folder."""

from tests.postgres.fixtures import (
    empty_postgres_url,
    empty_storage_url,
    postgres_database,
    postgres_server,
    postgres_url,
    storage_url,
)

__all__ = [
    "empty_postgres_url",
    "empty_storage_url",
    "postgres_database",
    "postgres_server",
    "postgres_url",
    "storage_url",
]
