"""Each version of PostgreSQL that is here: the tables are made, many write at once, and a job runs."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

import mainspring as ms
from tests.postgres.server import PostgresServer, installations, running_server

pytestmark = [pytest.mark.slow, pytest.mark.integration]


@pytest.fixture(scope="module", params=sorted(installations()))
def server(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    with running_server(installations()[request.param]) as server:
        yield server


@ms.op(out=ms.DynamicOut())
def parts() -> dict[str, int]:
    return {str(number): number for number in range(10)}


@ms.op
def double(value: int) -> int:
    return 2 * value


@ms.op(out=ms.Out(asset="total"))
def total(values: list[int]) -> int:
    return sum(values)


@ms.job(tags={"team": "data"})
def job() -> None:
    total(parts().map(double).collect())


def test_runs_are_recorded(server: PostgresServer, tmp_path: Path) -> None:
    (tmp_path / "mainspring.toml").write_text(f'[instance]\nstorage = "{server.url("postgres")}"\n')
    outputs = []

    def run() -> None:
        with ms.Instance.open(tmp_path) as instance:
            outputs.append(job.execute(instance=instance).output("total"))

    threads = [Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outputs == [90] * 4
