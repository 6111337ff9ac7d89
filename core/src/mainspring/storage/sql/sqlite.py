"""SQLite: a file, one writer at a time."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, ColumnElement, Connection, Engine, create_engine, event, func, select
from sqlalchemy.pool import NullPool

from mainspring.errors import StorageError
from mainspring.storage.sql.backend import LOCK_TIMEOUT_SECONDS, Lock
from mainspring.storage.wakeup import Listener, Topic

if TYPE_CHECKING:
    from mainspring.storage.sql.datagrams import Datagrams

_inherited: list[Connection] = []
"""Connections that a forked child has from its parent.

SQLite notes a process's locks on a file in memory. While a connection of the parent's is there, one that the child opens
passes for locked without being so, and whichever process closes the database last deletes the log from under it: what the
child has committed is lost. So they are closed first. That is safe as no transaction was under way when the process forked
(`forks`): the close finds the file locked by the parent and leaves it as it is. See docs/decisions.
"""


class SqliteBackend:
    """A file with a write-ahead log.

    Writers take SQLite's lock when they begin (BEGIN IMMEDIATE), so that what they read stays true until they commit, and
    positions are given in the order of the commits.
    """

    driver_error: type[Exception] = sqlite3.Error

    def __init__(self, url: URL, folder: Path) -> None:
        if not url.database or url.database == ":memory:":
            raise StorageError(
                "storage names no file; use sqlite:////path/to/mainspring.db, or ms.Instance.ephemeral()"
            )
        url = url.set(database=str(folder / url.database))
        self.description = url.render_as_string(hide_password=True)
        self._path = Path(str(url.database))
        self._engine = _make_engine(url)
        self._datagrams: Datagrams | None = None

    def exists(self) -> bool:
        return self._path.exists()

    def connect(self) -> Connection:
        while _inherited:
            _inherited.pop().close()
        return self._engine.connect()

    def is_usable(self, connection: Connection) -> bool:
        return not connection.closed

    def close(self) -> None:
        if self._datagrams is not None:
            self._datagrams.close()

    def disown(self, connection: Connection) -> None:
        """Keep it until this child opens a connection of its own, if it ever does."""
        _inherited.append(connection)

    @contextmanager
    def transaction(self, connection: Connection, *, durable: bool) -> Iterator[None]:
        driver: Any = connection.connection.driver_connection
        if durable:
            driver.execute("PRAGMA synchronous=FULL")
        try:
            driver.execute("BEGIN IMMEDIATE")
            try:
                yield
                driver.execute("COMMIT")
            except BaseException:
                if driver.in_transaction:
                    driver.execute("ROLLBACK")
                raise
        finally:
            if durable:
                driver.execute("PRAGMA synchronous=NORMAL")

    def lock(self, connection: Connection, lock: Lock) -> None:
        """Do nothing: the transaction is the only one that writes."""

    def tell(self, connection: Connection, topics: Collection[Topic]) -> None:
        """Do nothing: whoever is told before the commit would look too early."""

    def told(self, topics: Collection[Topic]) -> None:
        for topic in topics:
            self._wakeups().tell(topic)

    def listen(self, listener: Listener) -> AbstractContextManager[object]:
        return self._wakeups().listen(listener)

    def _wakeups(self) -> Datagrams:
        if self._datagrams is None:
            from mainspring.storage.sql.datagrams import Datagrams

            self._datagrams = Datagrams(self._path)
        return self._datagrams

    def is_among(self, column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
        given = func.json_each(json.dumps(list(values))).table_valued("value")
        return column.in_(select(given.c.value))

    def explain(self, error: BaseException) -> str:
        text = str(error)
        for sign, meaning in _MEANINGS.items():
            if sign in text:
                return f"storage {self.description} {meaning}"
        return f"storage {self.description} failed: {text}"


def _make_engine(url: URL) -> Engine:
    engine = create_engine(
        url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",  # transactions are begun and ended by `transaction`, in words of their own
        connect_args={"timeout": float(LOCK_TIMEOUT_SECONDS), "check_same_thread": False},
    )

    @event.listens_for(engine, "do_connect")
    def _create_owner_only(*_: object) -> None:
        # Only a file that is new: closing one drops the locks of all of this process's connections to it (POSIX), and
        # whoever closes the database next would delete the log from under them.
        with suppress(FileExistsError):
            os.close(os.open(str(url.database), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))

    @event.listens_for(engine, "connect")
    def _set_up(driver: Any, record: object) -> None:
        cursor = driver.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


_MEANINGS = {
    "database is locked": f"was locked by another process for {LOCK_TIMEOUT_SECONDS} s; end that process, or wait",
    "disk is full": "cannot grow because the disk is full; make room, then run it again",
    "disk I/O error": "cannot be read or written (disk I/O error); check the disk and its free space",
    "readonly database": "is read-only; make the file and its folder writable by this user",
    "unable to open": "cannot be opened; check that its folder exists and is writable by this user",
    "file is not a database": "is not a database; move the file away, or name another one in the settings",
    "malformed": "is damaged; restore it from a backup, or move the file away",
}
