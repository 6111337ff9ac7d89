"""The plugin's things at work in jobs."""

import sqlite3
from pathlib import Path

import pytest
from mainspring_sample.connection import SqliteConnection
from mainspring_sample.inbox import TABLE, SqliteInbox
from mainspring_sample.threads import ThreadExecutor

import mainspring as ms


@ms.op
def create(*, database: sqlite3.Connection = ms.resource()) -> None:
    database.execute("CREATE TABLE numbers (number INTEGER)")


@ms.op
def insert(*, database: sqlite3.Connection = ms.resource()) -> None:
    database.execute("INSERT INTO numbers VALUES (1)")


@ms.job(modes=[ms.Mode("test", {"database": None})])
def count() -> None:
    insert()


def test_steps_in_several_threads_share_the_connection(tmp_path: Path) -> None:
    resources = {"database": SqliteConnection(tmp_path / "numbers.db")}

    @ms.job(modes=[ms.Mode("test", resources, ThreadExecutor(max_threads=3))])
    def fill() -> None:
        created = create()
        for number in range(10):
            insert.alias(f"insert_{number}").after(created)()

    fill.execute()

    with SqliteConnection(tmp_path / "numbers.db").open() as connection:
        assert connection.execute("SELECT count(*) FROM numbers").fetchall() == [(10,)]


def test_a_pool_of_no_threads_is_refused() -> None:
    with pytest.raises(ValueError, match="max_threads"):
        ThreadExecutor(max_threads=0)


def test_a_sensor_takes_messages_and_crosses_them_off(tmp_path: Path) -> None:
    path = tmp_path / "inbox.db"
    with SqliteConnection(path).open() as database:
        database.execute(TABLE)
        database.execute("""INSERT INTO inbox (message) VALUES ('{"folder": "a"}'), ('{"folder": "b"}')""")
        inbox = ms.Sensor(
            name="inbox",
            job=count,
            source=SqliteInbox(path),
            request=lambda item: ms.RunRequest(tags={"folder": item.payload["folder"]}),
        )

        evaluation = inbox.evaluate(ms.testing.sensor_context())
        assert database.execute("SELECT sum(taken) FROM inbox").fetchone() == (0,)
        inbox.acknowledge(evaluation.items)

        assert [(each.run_key, each.tags) for each in evaluation.requests] == [
            ("inbox/1", {"folder": "a"}),
            ("inbox/2", {"folder": "b"}),
        ]
        assert database.execute("SELECT sum(taken) FROM inbox").fetchone() == (2,)


def test_an_inbox_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    inbox = ms.Sensor(name="inbox", job=count, source=SqliteInbox(tmp_path / "no.db"))

    with pytest.raises(ms.EvaluationFailedError, match="unable to open database file"):
        inbox.evaluate(ms.testing.sensor_context())
    assert list(tmp_path.iterdir()) == []
