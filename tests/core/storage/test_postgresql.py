"""What is PostgreSQL's own: its locks, its durability, connections that break, and its errors in our words."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from mainspring.clock import SystemClock
from mainspring.errors import OutcomeUnknownError, StorageError
from mainspring.event import AssetMaterialized, Event, Fact, RunStarted, StepStarted
from mainspring.run import Run, RunStatus
from mainspring.storage import RunQuery, Storage, open_storage
from mainspring.storage.sql.backend import Lock
from mainspring.storage.sql.database import Database
from mainspring.storage.summary import summarize_storage
from tests.postgres.fixtures import fresh_database
from tests.postgres.server import GUARDED, PASSWORD, PostgresServer

pytestmark = pytest.mark.integration


def event(fact: Fact, step_key: str | None = None, run_id: str = "run-1") -> Event:
    attempt = None if step_key is None else 1
    return Event(run_id=run_id, run_attempt=1, fact=fact, timestamp=1.0, step_key=step_key, step_attempt=attempt)


def create(storage: Storage, run_id: str = "run-1") -> None:
    run = Run(run_id=run_id, job_name="job", mode="dev", status=RunStatus.STARTED)
    storage.runs.create(run, [event(RunStarted(), run_id=run_id)])


def setting(connection: Connection, name: str) -> Any:
    return connection.exec_driver_sql(f"SHOW {name}").scalar_one()


@pytest.fixture
def storage(postgres_url: str) -> Iterator[Storage]:
    with closing(open_storage(postgres_url, Path())) as storage:
        yield storage


@pytest.fixture
def other(postgres_url: str) -> Iterator[Database]:
    """Give the same database as another process would have it."""
    with closing(Database(postgres_url, Path())) as database:
        yield database


class TestTransactions:
    def test_isolation_and_durability_are_explicit(self, other: Database) -> None:
        """Facts about runs reach the disk before they count as done; those about steps go with the next that do."""
        shown = {}
        for durable in (True, False):
            with other.write(durable=durable) as connection:
                shown[durable] = (
                    setting(connection, "transaction_isolation"),
                    setting(connection, "synchronous_commit"),
                )

        assert shown == {True: ("read committed", "on"), False: ("read committed", "off")}

    def test_nobody_waits_for_ever(self, other: Database) -> None:
        with other.read() as connection:
            assert setting(connection, "lock_timeout") == "1min"
            assert setting(connection, "idle_in_transaction_session_timeout") == "1min"
            assert setting(connection, "application_name") == "mainspring"

    def test_writers_of_one_run_take_turns(
        self, storage: Storage, other: Database, postgres_server: PostgresServer
    ) -> None:
        create(storage)
        thread = threading.Thread(target=storage.events.record, args=("run-1", 1, [event(StepStarted(), "a")]))
        with other.write(durable=False) as connection:
            connection.exec_driver_sql("SELECT 1 FROM runs WHERE run_id = 'run-1' FOR NO KEY UPDATE")
            thread.start()
            wait_for_a_waiter(postgres_server)
            assert storage_steps(connection) == 0
        thread.join()

        assert [each.step_key for each in storage.events.steps("run-1")] == ["a"]

    def test_writers_of_different_runs_do_not_wait_for_each_other(self, storage: Storage, other: Database) -> None:
        create(storage, "run-1")
        create(storage, "run-2")
        with other.write(durable=False) as connection:
            connection.exec_driver_sql("SELECT 1 FROM runs WHERE run_id = 'run-1' FOR UPDATE")
            storage.events.record("run-2", 1, [event(StepStarted(), "a", "run-2")])

    @pytest.mark.parametrize("followed", [event(AssetMaterialized("orders"), "a"), event(RunStarted(), run_id="run-2")])
    def test_facts_that_are_followed_get_their_places_one_writer_after_the_other(
        self, followed: Event, storage: Storage, other: Database, postgres_server: PostgresServer
    ) -> None:
        """Guarantee: who has read position n never meets a smaller one later."""
        create(storage)
        storage.events.record("run-1", 1, [event(StepStarted(), "a")])

        def write() -> None:
            if followed.run_id == "run-2":
                create(storage, "run-2")
            else:
                storage.events.record("run-1", 1, [followed])

        thread = threading.Thread(target=write)
        with other.write(durable=False) as connection:
            other.lock(connection, Lock.POSITIONS)
            thread.start()
            wait_for_a_waiter(postgres_server)
        thread.join()
        assert storage.events.read(followed.run_id)[-1].fact == followed.fact

    def test_other_facts_of_steps_do_not_wait_for_the_lock(self, storage: Storage, other: Database) -> None:
        create(storage)
        with other.write(durable=False) as connection:
            other.lock(connection, Lock.POSITIONS)
            storage.events.record("run-1", 1, [event(StepStarted(), "a")])

    def test_a_process_holds_one_connection(self, storage: Storage, postgres_server: PostgresServer) -> None:
        """Scars: D#20325, D#33054. However many threads use the storage."""
        create(storage)
        threads = [
            threading.Thread(target=storage.events.record, args=("run-1", 1, [event(StepStarted(), f"step-{number}")]))
            for number in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'mainspring'"

        assert len(storage.events.steps("run-1")) == 8
        assert postgres_server.execute(count) == [(1,)]


class TestBrokenConnections:
    def test_the_next_use_connects_again(self, storage: Storage, postgres_server: PostgresServer) -> None:
        create(storage)
        disconnect(postgres_server)
        assert storage.runs.get("run-1") is not None

        disconnect(postgres_server)
        create(storage, "run-2")
        assert len(storage.runs.find(RunQuery())) == 2

    def test_a_transaction_that_loses_its_connection_leaves_nothing(
        self, storage: Storage, other: Database, postgres_server: PostgresServer
    ) -> None:
        create(storage)

        def write() -> None:
            with other.write(durable=True) as connection:
                connection.exec_driver_sql("DELETE FROM runs")
                disconnect(postgres_server)
                connection.exec_driver_sql("DELETE FROM events")

        with pytest.raises(StorageError, match="nothing of the last write was stored") as caught:
            write()
        assert not isinstance(caught.value, OutcomeUnknownError)
        assert storage.runs.get("run-1") is not None
        with other.write(durable=True) as connection:
            connection.exec_driver_sql("DELETE FROM runs")
        assert storage.runs.get("run-1") is None

    def test_a_commit_of_which_nobody_knows_is_not_reported_as_done(self, empty_postgres_url: str) -> None:
        with closing(open_storage(empty_postgres_url, Path())) as storage:
            with closing(Database(empty_postgres_url, Path())) as database, database.write(durable=True) as connection:
                for statement in _BREAK_AT_COMMIT:
                    connection.exec_driver_sql(statement)

            with pytest.raises(OutcomeUnknownError, match="read what is stored before you write it again"):
                create(storage)
            assert storage.runs.get("run-1") is None

    def test_a_transaction_in_which_an_error_was_swallowed_is_not_reported_as_done(self, other: Database) -> None:
        def write() -> None:
            with other.write(durable=True) as connection, suppress(DBAPIError):  # as nobody should
                connection.exec_driver_sql("SELECT 1 / 0")

        with pytest.raises(StorageError, match="did not commit"):
            write()

    def test_an_interrupt_leaves_a_connection_that_can_be_used(self, storage: Storage, other: Database) -> None:
        create(storage)

        def write() -> None:
            with other.write(durable=True) as connection:
                connection.exec_driver_sql("DELETE FROM runs")
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            write()
        with other.read() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM runs").scalar_one() == 1


class TestErrors:
    @pytest.mark.parametrize(
        ("url", "sentence"),
        [
            ("postgresql://x@127.0.0.1:1/db", "storage postgresql://x@127.0.0.1:1/db cannot be reached: no server"),
            ("postgresql://x@/db?host=/no/where", r"storage postgresql://x@/db\?host=/no/where cannot be reached: no"),
            ("postgresql://x@nowhere.invalid/db", "cannot be reached: nobody knows its host"),
            ("postgresql://x:p@ss@host/db", "an @ too many"),
            ("postgresql://x:secret@host:port/db", "must be a database URL"),
            ("postgresql+psycopg2://x:secret@host/db", "'postgresql.psycopg2' is not supported"),
        ],
    )
    def test_what_cannot_be_reached(self, url: str, sentence: str) -> None:
        refuse(url, sentence)

    def test_a_wrong_password(self, postgres_server: PostgresServer) -> None:
        for password in (f":{quote('wrong-@/:word', safe='')}", ""):
            url = postgres_server.url("postgres", f"{GUARDED}{password}")
            place = re.escape(postgres_server.url("postgres", GUARDED))
            refuse(url, f"storage {place} refused the password of this user")

    def test_users_and_databases_that_are_not_there(self, postgres_server: PostgresServer) -> None:
        refuse(postgres_server.url("postgres", "nobody"), "does not know this user")
        refuse(postgres_server.url("nothing"), "does not exist; make it with createdb")
        refuse(postgres_server.url("postgres", "unwanted"), "lets nobody in from here")

    def test_what_a_user_may_not_do(self, postgres_server: PostgresServer) -> None:
        url = postgres_server.url("postgres", f"{GUARDED}:{quote(PASSWORD, safe='')}")

        refuse(url, "does not give this user the rights that are needed: permission denied for schema public")

    def test_a_database_that_lacks_characters(self, postgres_server: PostgresServer) -> None:
        with fresh_database(postgres_server, "ENCODING 'LATIN1' TEMPLATE template0") as name:
            refuse(postgres_server.url(name), "keeps text as LATIN1")

    def test_a_standby(self, empty_postgres_url: str) -> None:
        open_storage(empty_postgres_url, Path()).close()
        with closing(
            open_storage(f"{empty_postgres_url}&options=-cdefault_transaction_read_only=on", Path())
        ) as storage:
            assert storage.runs.find(RunQuery()) == []
            with pytest.raises(StorageError, match="is read-only, as a standby is"):
                create(storage)

    def test_a_server_that_has_no_connection_left(self, postgres_server: PostgresServer) -> None:
        with fresh_database(postgres_server, "CONNECTION LIMIT 0") as name:
            postgres_server.execute("CREATE ROLE visitor LOGIN")
            try:
                refuse(postgres_server.url(name, "visitor"), "has no connection left for another process")
            finally:
                postgres_server.execute("DROP ROLE visitor")

    @pytest.mark.parametrize(
        ("state", "sentence"),
        [
            ("40001", "got in the way of another .*; nothing was written, so do it again"),
            ("40P01", "got in the way of another .*; nothing was written, so do it again"),
            ("53100", "its server's disk is full; make room"),
            ("53200", "has no memory left"),
            ("55P03", "was locked by another process for 60 s"),
            ("22012", "failed: it says 22012"),
        ],
    )
    def test_what_the_server_says(self, state: str, sentence: str, other: Database) -> None:
        raised = f"DO $$ BEGIN RAISE EXCEPTION 'it says {state}' USING ERRCODE = '{state}'; END $$"
        with pytest.raises(StorageError, match=sentence) as caught, other.write(durable=True) as connection:
            connection.exec_driver_sql(raised)

        assert "\n" not in str(caught.value)

    def test_the_driver_is_an_extra(self, tmp_path: Path) -> None:
        """Without it one sentence says what to install; and whoever uses SQLite does not load it."""
        code = (
            "import sys\nfrom pathlib import Path\nfrom mainspring.storage import open_storage\n"
            "open_storage('sqlite:///x.db', Path(sys.argv[1])).close()\nassert 'psycopg' not in sys.modules\n"
            "sys.modules['psycopg'] = None\n"
            "try:\n    open_storage('postgresql://u:secret@host/db', Path())\nexcept Exception as error:\n    print(error)"
        )
        done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)

        assert done.stdout == (
            "storage postgresql://u@host/db needs a driver that is not installed; run pip install 'mainspring[postgres]'\n"
        )


def test_a_password_is_used_and_never_told(postgres_server: PostgresServer) -> None:
    with fresh_database(postgres_server, f"OWNER {GUARDED}") as name:
        url = postgres_server.url(name, f"{GUARDED}:{quote(PASSWORD, safe='')}")
        with closing(open_storage(f"{url}&connect_timeout=5", Path())) as storage:
            create(storage)
            told = [storage.description, repr(storage), summarize_storage(url, Path()).description]
        assert told[0] == told[2] == postgres_server.url(name, GUARDED)
        assert not [each for each in told if PASSWORD in each or quote(PASSWORD, safe="") in each]


def test_keys_sort_by_their_bytes_whatever_the_language(postgres_server: PostgresServer) -> None:
    language = "LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C' TEMPLATE template0"
    with (
        fresh_database(postgres_server, language) as name,
        closing(open_storage(postgres_server.url(name), Path())) as storage,
    ):
        create(storage)
        storage.events.record("run-1", 1, [event(StepStarted(), "a")])
        keys = ["a_b", "a/b", "B", "a", "Z", "é"]
        storage.events.record("run-1", 1, [event(AssetMaterialized(key), "a") for key in keys])

        assert storage.assets.keys() == sorted(keys)


_BREAK_AT_COMMIT = (
    """
    CREATE FUNCTION end_session() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON runs DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION end_session()
    """,
)


def refuse(url: str, sentence: str) -> None:
    with pytest.raises(StorageError, match=sentence) as caught:
        open_storage(url, Path())

    said = str(caught.value)
    assert "\n" not in said
    assert not [secret for secret in ("secret", "ss@", "wrong-", PASSWORD) if secret in said]


def disconnect(server: PostgresServer) -> None:
    """End every session of Mainspring's, and wait until it has ended."""
    server.execute(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'mainspring'"
    )


def storage_steps(connection: Connection) -> int:
    return int(connection.exec_driver_sql("SELECT count(*) FROM steps").scalar_one())


def wait_for_a_waiter(server: PostgresServer) -> None:
    """Wait until somebody waits for a lock."""
    clock = SystemClock()
    limit = clock.monotonic() + 30
    while not server.execute("SELECT 1 FROM pg_locks WHERE NOT granted"):
        assert clock.monotonic() < limit, "nobody waits"
