"""What a step costs: statements in the database, and modules that are loaded."""

import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

import mainspring as ms


@ms.op
def one() -> int:
    return 1


@ms.op
def inc(x: int) -> int:
    return x + 1


def chain(length: int) -> ms.Job:
    @ms.job(name="chain")
    def job() -> None:
        value = one()
        for _ in range(length - 1):
            value = inc(value)

    return job


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """Give the statements that SQLite executes from now on; a row of many in one call counts as one statement."""
    seen: list[str] = []

    def trace(driver: sqlite3.Connection, _: Any) -> None:
        driver.set_trace_callback(seen.append)

    event.listen(Engine, "connect", trace)
    yield seen
    event.remove(Engine, "connect", trace)


def kinds(seen: list[str]) -> list[str]:
    """Return verb and table of each statement, those in a row as one."""
    named = [" ".join(re.findall(r"^\w+|(?:INTO|UPDATE|FROM) \w+", each)) for each in seen]
    return [name for name, _ in groupby(named)]


def test_a_step_costs_six_statements_and_one_commit(home: Path, statements: list[str]) -> None:
    def cost(length: int) -> list[str]:
        with ms.Instance.open(home) as instance:
            plan = chain(length)
            del statements[:]
            plan.execute(instance=instance)
            return kinds(statements)

    short, long = cost(10), cost(60)

    assert len(long) - len(short) <= 6 * 50
    assert long.count("COMMIT") - short.count("COMMIT") == 50


_ONE_OP = """
import sys
import mainspring as ms

@ms.op
def one() -> int:
    return 1

@ms.job
def job():
    one()

assert job.execute().output("one") == 1
print(*sorted(sys.modules))
"""


@pytest.mark.integration
def test_a_run_in_memory_loads_nothing_heavy() -> None:
    said = subprocess.run([sys.executable, "-c", _ONE_OP], capture_output=True, text=True, check=True).stdout
    loaded = {name.partition(".")[0] for name in said.split()}

    heavy = {"sqlalchemy", "alembic", "pluggy", "cattrs", "typeguard", "click", "rich", "grpc", "asyncio", "sqlite3"}
    assert not loaded & heavy
