"""PostgreSQL: a server, many writers, kept apart by locks on rows."""

from __future__ import annotations

import select
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, URL, ColumnElement, Connection, Engine, Text, any_, create_engine, event, literal
from sqlalchemy.pool import NullPool

from mainspring.errors import OutcomeUnknownError, StorageError
from mainspring.storage.sql.backend import LOCK_TIMEOUT_SECONDS, Lock
from mainspring.storage.sql.notifications import CHANNEL, listening
from mainspring.storage.sql.postgresql_error import meaning_of
from mainspring.storage.wakeup import Listener, Topic

if TYPE_CHECKING:
    import psycopg

OLDEST_VERSION = 14

_LOCK_SPACE = int.from_bytes(b"main", "big")
"""The first half of the keys of our advisory locks, which others in the same database do not use."""

_BEGIN = {
    durable: f"BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL synchronous_commit TO {'on' if durable else 'off'}"
    for durable in (True, False)
}

_SET_UP = (
    f"SET lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'; SET idle_in_transaction_session_timeout = '{LOCK_TIMEOUT_SECONDS}s'"
)
"""No writer waits for ever, nor is one that was stopped in the middle waited for."""

_DEFAULTS: Mapping[str, Any] = {
    "fallback_application_name": "mainspring",
    "client_encoding": "utf8",
    "connect_timeout": 10,
    # A host that went away without a word is noticed within a minute.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""How to connect, where the URL does not say otherwise; libpq's words."""


_inherited: list[Connection] = []
"""Connections that a forked child has from its parent."""


class PostgresqlBackend:
    """A database of a PostgreSQL server.

    Transactions are READ COMMITTED: each begins by locking the row of the run that it is about, so that what it reads of
    that run stays true until it commits, and writers of different runs do not wait for each other. Facts that others
    follow get their positions last, under `Lock.POSITIONS`.

    A commit that is not durable may be lost, with those before it, if the server crashes within the next 0.6 s or so
    (three times its `wal_writer_delay`); what is stored stays consistent.
    """

    def __init__(self, url: URL) -> None:
        if "@" in (url.host or ""):
            raise StorageError(
                "the storage's URL has an @ too many; write that of a user's name or password as %40"
            ) from None
        url = url.set(drivername="postgresql+psycopg")
        self.description = _describe(url)
        self._psycopg = _driver(self.description)
        self.driver_error: type[Exception] = self._psycopg.Error
        self._engine = _make_engine(url)

    def exists(self) -> bool:
        return True

    def connect(self) -> Connection:
        connection = self._engine.connect()
        connection.detach()  # else SQLAlchemy would end the session when a forked child forgets it
        try:
            self._check_server(_driver_connection(connection))
        except StorageError:
            connection.close()
            raise
        return connection

    def is_usable(self, connection: Connection) -> bool:
        """Return whether the server is still there: its goodbye, if it said one, waits to be read."""
        if connection.closed or connection.invalidated:
            return False
        driver = _driver_connection(connection)
        if driver.closed:
            return False
        poll = select.poll()
        poll.register(driver.fileno(), select.POLLIN)
        return not poll.poll(0) or self._answers(driver)

    def close(self) -> None:
        """Do nothing: connections are all that is open."""

    def disown(self, connection: Connection) -> None:
        """Keep it for good: to let go of it would end the parent's session."""
        _inherited.append(connection)

    @contextmanager
    def transaction(self, connection: Connection, *, durable: bool) -> Iterator[None]:
        driver = _driver_connection(connection)
        driver.execute(_BEGIN[durable], prepare=False)
        try:
            yield
        except BaseException:
            self._roll_back(driver)
            raise
        self._commit(driver)

    def lock(self, connection: Connection, lock: Lock) -> None:
        _driver_connection(connection).execute(f"SELECT pg_advisory_xact_lock({_LOCK_SPACE}, {lock.value})")

    def tell(self, connection: Connection, topics: Collection[Topic]) -> None:
        for topic in topics:
            _driver_connection(connection).execute(f"NOTIFY {CHANNEL}, '{topic.value}'")

    def told(self, topics: Collection[Topic]) -> None:
        """Do nothing: the server tells with the commit."""

    def listen(self, listener: Listener) -> AbstractContextManager[object]:
        return listening(lambda: _driver_connection(self.connect()), listener)

    def is_among(self, column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
        return column == any_(literal(list(values), ARRAY(Text)))

    def explain(self, error: BaseException) -> str:
        return f"storage {self.description} {meaning_of(error)}"

    def _commit(self, driver: psycopg.Connection[Any]) -> None:
        try:
            said = driver.execute("COMMIT", prepare=False).statusmessage
        except BaseException as error:
            if driver.closed and isinstance(error, self._psycopg.Error):
                raise OutcomeUnknownError(
                    f"the connection to storage {self.description} broke during a commit, so that nobody knows yet whether "
                    "it was done; read what is stored before you write it again"
                ) from error
            driver.close()  # whatever is left of the transaction ends with its session
            raise
        if said != "COMMIT":
            raise StorageError(f"storage {self.description} did not commit but said {said}; nothing was written")

    def _roll_back(self, driver: psycopg.Connection[Any]) -> None:
        try:
            driver.execute("ROLLBACK", prepare=False)
        except self._psycopg.Error:
            driver.close()

    def _answers(self, driver: psycopg.Connection[Any]) -> bool:
        try:
            driver.execute("SELECT 1", prepare=False)
        except self._psycopg.Error:
            driver.close()
            return False
        return True

    def _check_server(self, driver: psycopg.Connection[Any]) -> None:
        version = driver.info.server_version // 10_000
        if version < OLDEST_VERSION:
            raise StorageError(
                f"storage {self.description} is PostgreSQL {version}; Mainspring needs {OLDEST_VERSION} or later"
            )
        encoding = driver.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            raise StorageError(
                f"storage {self.description} keeps text as {encoding}, which lacks characters; make a database with "
                "ENCODING 'UTF8' TEMPLATE template0"
            )


def _driver(place: str) -> Any:
    try:
        import psycopg
    except ImportError as error:
        raise StorageError(
            f"storage {place} needs a driver that is not installed; run pip install 'mainspring[postgres]'"
        ) from error
    return psycopg


def _driver_connection(connection: Connection) -> psycopg.Connection[Any]:
    return connection.connection.dbapi_connection  # type: ignore[return-value]


def _make_engine(url: URL) -> Engine:
    engine = create_engine(
        url,
        poolclass=NullPool,
        pool_reset_on_return=None,
        isolation_level="AUTOCOMMIT",  # transactions are begun and ended by `transaction`, in words of their own
        use_native_hstore=False,
        connect_args={key: value for key, value in _DEFAULTS.items() if key not in url.query},
    )

    @event.listens_for(engine, "connect")
    def _set_up(driver: Any, record: object) -> None:
        driver.autocommit = True
        driver.execute(_SET_UP, prepare=False)

    return engine


def _describe(url: URL) -> str:
    """Return where a database is; of the URL's query, which may hold secrets, only the host is told."""
    user = f"{url.username}@" if url.username else ""
    port = f":{url.port}" if url.port else ""
    host = url.query.get("host", ())
    hosts = ",".join((host,) if isinstance(host, str) else host)
    return f"postgresql://{user}{url.host or ''}{port}/{url.database or ''}" + (f"?host={hosts}" if hosts else "")
