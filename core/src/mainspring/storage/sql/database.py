"""One database: this process's connection to it, its transactions, and its errors in our words."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from sqlalchemy import ColumnElement, Connection
from sqlalchemy.exc import DBAPIError

from mainspring.errors import StorageError
from mainspring.storage.sql.backend import Lock, find_backend
from mainspring.storage.sql.forks import watch_forks
from mainspring.storage.wakeup import Listener, Topic


class Database:
    """A database behind one connection of this process; safe to use from several threads, and across forks."""

    def __init__(self, url: str, folder: Path) -> None:
        self._backend = find_backend(url, folder)
        self.description = self._backend.description
        self._lock = threading.RLock()
        self._connection: Connection | None = None
        self._topics: set[Topic] = set()
        watch_forks(self)

    def exists(self) -> bool:
        """Return whether there may be a database; using one that is a file makes it."""
        return self._backend.exists()

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

        Raises:
            OutcomeUnknownError: The connection broke during the commit: it was done, or it was not. Whoever gets this reads
                what is stored before writing it again.
            StorageError: The database failed, and nothing was stored.
        """
        with self._lock, self._explained():
            connection = self._connect()
            self._topics.clear()
            with self._backend.transaction(connection, durable=durable):
                yield connection
                if self._topics:
                    self._backend.tell(connection, self._topics)
            if self._topics:
                self._backend.told(self._topics)

    def lock(self, connection: Connection, lock: Lock) -> None:
        """Wait for a lock inside `write`; it is held to the commit."""
        self._backend.lock(connection, lock)

    def changes(self, topic: Topic) -> None:
        """Have those who listen told of a change, once the transaction that is under way is committed."""
        self._topics.add(topic)

    def tell(self, topic: Topic) -> None:
        """Tell those who listen of a change."""
        with self.write(durable=False):
            self.changes(topic)

    def listen(self, listener: Listener) -> AbstractContextManager[object]:
        """Have a listener called for changes, until the context ends."""
        return self._backend.listen(listener)

    def is_among(self, column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
        """Return the condition that a column holds one of many texts."""
        return self._backend.is_among(column, values)

    def close(self) -> None:
        """Let go of the connection and all else that is open; the next use opens it anew."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                with suppress(DBAPIError, self._backend.driver_error):
                    connection.close()
            self._backend.close()

    def before_fork(self) -> None:
        """Wait for what is under way, and let nothing begin."""
        self._lock.acquire()

    def after_fork_in_parent(self) -> None:
        """Let the other threads go on."""
        self._lock.release()

    def after_fork_in_child(self) -> None:
        """Take the parent's connection out of use; the next use opens one of this process."""
        if self._connection is not None:
            self._backend.disown(self._connection)
            self._connection = None
        self._lock = threading.RLock()

    def _connect(self) -> Connection:
        if self._connection is not None and not self._backend.is_usable(self._connection):
            self.close()
        if self._connection is None:
            self._connection = self._backend.connect()
        return self._connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise StorageError(self._backend.explain(error.orig or error)) from error
        except self._backend.driver_error as error:
            raise StorageError(self._backend.explain(error)) from error
        except OSError as error:
            raise StorageError(
                f"storage {self.description} cannot be opened ({error.strerror}); check that it is a file in a folder that "
                "exists, and that this user may write to both"
            ) from error


def integrity_error(connection: Connection) -> type[Exception]:
    """Return what the connection's driver raises where a constraint is broken."""
    return connection.dialect.loaded_dbapi.IntegrityError
