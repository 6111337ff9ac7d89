"""The backend: all that one kind of database does otherwise than another, behind one small port."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from enum import Enum
from pathlib import Path
from typing import Protocol

from sqlalchemy import URL, ColumnElement, Connection, make_url
from sqlalchemy.exc import ArgumentError

from mainspring.errors import StorageError
from mainspring.storage.wakeup import Listener, Topic

LOCK_TIMEOUT_SECONDS = 60
"""How long a writer waits for the others' transactions before it gives up."""


class Lock(Enum):
    """What one transaction of all has at a time, from when it asks for it to its commit."""

    POSITIONS = 1
    """Giving places to facts that others follow. Taken last, so that it is held for the commit only."""
    SCHEMA = 2
    """Changing the schema."""
    QUEUE = 3
    """Deciding which runs leave the queue. Taken before `POSITIONS`, and after the rows of automations."""
    AUTOMATIONS = 4
    """Making rows of automations and leases, where there are none yet that could be locked."""
    POOLS = 5
    """Taking up places in pools. Taken after the run's row and before POSITIONS."""


class Backend(Protocol):
    """One kind of database.

    Attributes:
        description: What and where it is, for people; without secrets.
        driver_error: What its driver raises.
    """

    description: str
    driver_error: type[Exception]

    def exists(self) -> bool:
        """Return whether there may be a database to connect to; connecting to a file that is absent makes it."""

    def connect(self) -> Connection:
        """Open a connection on which each statement commits by itself, outside of `transaction`."""

    def is_usable(self, connection: Connection) -> bool:
        """Return whether a connection that was idle can be used again."""

    def close(self) -> None:
        """Let go of what is open besides connections; the next use opens it anew."""

    def disown(self, connection: Connection) -> None:
        """Take a connection of the parent's out of use in a forked child, so that the parent does not notice."""

    def transaction(self, connection: Connection, *, durable: bool) -> AbstractContextManager[None]:
        """Commit what is done inside, or leave nothing of it behind an exception.

        Args:
            connection: Where.
            durable: Whether the commit has reached the disk when this ends; else it has with the next one that is.

        Raises:
            OutcomeUnknownError: The connection broke during the commit.
        """

    def lock(self, connection: Connection, lock: Lock) -> None:
        """Wait for a lock, and hold it until the transaction ends."""

    def tell(self, connection: Connection, topics: Collection[Topic]) -> None:
        """Tell those who listen of changes, from within the transaction that makes them."""

    def told(self, topics: Collection[Topic]) -> None:
        """Tell those who listen of changes that are committed."""

    def listen(self, listener: Listener) -> AbstractContextManager[object]:
        """Have a listener called for changes, until the context ends."""

    def is_among(self, column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
        """Return the condition that a column holds one of many texts, by one parameter however many these are."""

    def explain(self, error: BaseException) -> str:
        """Return one sentence on what an error of the driver means, and what to do about it."""


def find_backend(url: str, folder: Path) -> Backend:
    """Return the backend for a database's URL.

    Args:
        url: What the settings name.
        folder: Where relative paths start.

    Raises:
        StorageError: The URL is none, or of a database that is not supported.
    """
    parsed = _parsed(url)
    match parsed.drivername:
        case "sqlite" | "sqlite+pysqlite":
            from mainspring.storage.sql.sqlite import SqliteBackend

            return SqliteBackend(parsed, folder)
        case "postgresql" | "postgresql+psycopg":
            from mainspring.storage.sql.postgresql import PostgresqlBackend

            return PostgresqlBackend(parsed)
        case other:
            raise StorageError(
                f"storage {other!r} is not supported; use sqlite:////path/to/mainspring.db or "
                "postgresql://user@host/database"
            )


def _parsed(url: str) -> URL:
    """Parse a URL; what cannot be parsed is not repeated, as it may hold a password."""
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise StorageError(
            "storage must be a database URL such as sqlite:////path/to/mainspring.db or postgresql://user@host/database"
        ) from None
