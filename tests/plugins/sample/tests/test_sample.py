"""The plugin's things at work in jobs."""

import sqlite3
from pathlib import Path

import pytest
from mainspring_sample.connection import SqliteConnection
from mainspring_sample.threads import ThreadExecutor

import mainspring as ms


@ms.op
def create(*, database: sqlite3.Connection = ms.resource()) -> None:
    database.execute("CREATE TABLE numbers (number INTEGER)")


@ms.op
def insert(*, database: sqlite3.Connection = ms.resource()) -> None:
    database.execute("INSERT INTO numbers VALUES (1)")


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
