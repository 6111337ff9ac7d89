"""One database: its connection, its transactions, and its errors in our words."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from mainspring.errors import StorageError

BUSY_TIMEOUT_SECONDS = 60.0
"""How long a writer waits for the others' transactions before it gives up."""


class Database:
    """A database behind one connection of this process.

    Writers take SQLite's lock when they begin (BEGIN IMMEDIATE), so that what they read stays true until they commit.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self.url = _parsed(url, folder)
        self.description = self.url.render_as_string(hide_password=True)
        self._lock = threading.RLock()
        self._engine = _make_engine(self.url)
        self._connection: Connection | None = None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees what is committed."""
        with self._lock, self._explained():
            yield self._connect()

    @contextmanager
    def write(self, *, durable: bool) -> Iterator[Connection]:
        """Give a connection inside a transaction that commits at the end, or leaves nothing behind an exception.

        Args:
            durable: Whether the commit has reached the disk when this ends; else it has with the next one that is.
        """
        with self._lock, self._explained():
            connection = self._connect()
            if durable:
                connection.exec_driver_sql("PRAGMA synchronous=FULL")
            try:
                driver = connection.connection.cursor()
                driver.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                    driver.execute("COMMIT")
                except BaseException:
                    self._roll_back(connection)
                    raise
            finally:
                if durable:
                    connection.exec_driver_sql("PRAGMA synchronous=NORMAL")

    def close(self) -> None:
        """Let go of the connection; the next use opens another."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            self._engine.dispose()

    @property
    def engine(self) -> Engine:
        """The engine, for migrations."""
        return self._engine

    def _connect(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _roll_back(self, connection: Connection) -> None:
        driver = connection.connection.driver_connection
        if driver is not None and driver.in_transaction:
            connection.exec_driver_sql("ROLLBACK")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise StorageError(_explain(str(error.orig), self.description)) from error
        except self._engine.dialect.loaded_dbapi.Error as error:
            raise StorageError(_explain(str(error), self.description)) from error
        except OSError as error:
            raise StorageError(
                f"storage {self.description} cannot be opened ({error.strerror}); check that it is a file in a folder that "
                "exists, and that this user may write to both"
            ) from error


def integrity_error(connection: Connection) -> type[Exception]:
    """Return what the connection's driver raises where a constraint is broken."""
    return connection.dialect.loaded_dbapi.IntegrityError


def _parsed(url: str, folder: Path) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StorageError("storage must be a database URL such as sqlite:////path/to/mainspring.db") from None
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise StorageError(f"storage {parsed.drivername!r} is not supported; use sqlite:////path/to/mainspring.db")
    if not parsed.database or parsed.database == ":memory:":
        raise StorageError("storage names no file; use sqlite:////path/to/mainspring.db, or ms.Instance.ephemeral()")
    return parsed.set(database=str(folder / parsed.database))


def _make_engine(url: URL) -> Engine:
    engine = create_engine(
        url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",  # transactions are begun and ended by `write`, in words of their own
        connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(engine, "do_connect")
    def _create_owner_only(*_: object) -> None:
        descriptor = os.open(str(url.database), os.O_RDWR | os.O_CREAT, 0o600)
        os.close(descriptor)

    @event.listens_for(engine, "connect")
    def _set_up(driver: Any, record: object) -> None:
        cursor = driver.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def _explain(text: str, place: str) -> str:
    """Say what a driver's error means and what to do about it."""
    for sign, meaning in _MEANINGS.items():
        if sign in text:
            return f"storage {place} {meaning}"
    return f"storage {place} failed: {text}"


_MEANINGS = {
    "database is locked": f"was locked by another process for {BUSY_TIMEOUT_SECONDS:.0f} s; end that process, or wait",
    "disk is full": "cannot grow because the disk is full; make room, then run it again",
    "disk I/O error": "cannot be read or written (disk I/O error); check the disk and its free space",
    "readonly database": "is read-only; make the file and its folder writable by this user",
    "unable to open": "cannot be opened; check that its folder exists and is writable by this user",
    "file is not a database": "is not a database; move the file away, or name another one in the settings",
    "malformed": "is damaged; restore it from a backup, or move the file away",
}
