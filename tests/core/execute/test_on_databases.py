"""Runs are recorded alike on every database, and their values can be loaded later."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import mainspring as ms
from mainspring.event import fold
from mainspring.execute import retry_run
from mainspring.run import Run
from mainspring.storage import RunQuery, open_storage
from tests.postgres.proxy import Break, Proxy, proxy_before
from tests.postgres.server import PostgresServer


@ms.op
def numbers() -> list[int]:
    return [1, 2, 3]


@ms.op(out=ms.Out(asset="doubled"))
def doubled(values: list[int]) -> list[int]:
    return [2 * value for value in values]


@ms.op(retry=ms.RetryPolicy(max_retries=1))
def total(context: ms.OpContext, values: list[int]) -> int:
    if context.attempt == 1:
        raise ValueError("not yet")
    return sum(values)


def summed() -> None:
    total(doubled(numbers()))


@ms.op
def flaky(context: ms.OpContext) -> int:
    if context.attempt == 1:
        raise ValueError("not yet")
    return 7


@ms.job
def brittle() -> None:
    flaky()


MODES = [ms.Mode("one"), ms.Mode("many", executor=ms.MultiprocessExecutor(max_concurrent=2))]
job = ms.job(modes=MODES, tags={"team": "data"})(summed)
defs = ms.Definitions(jobs=[job, brittle])


@pytest.fixture
def home(tmp_path: Path, storage_url: str) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "mainspring.toml").write_text(f'[instance]\nstorage = "{storage_url}"\n')
    return folder


@pytest.fixture
def instance(home: Path) -> Iterator[ms.Instance]:
    with ms.Instance.open(home) as instance:
        yield instance


@pytest.mark.parametrize("mode", ["one", pytest.param("many", marks=pytest.mark.integration)])
def test_a_run_is_recorded_and_its_values_are_loaded_later(home: Path, instance: ms.Instance, mode: str) -> None:
    result = job.execute(mode=mode, instance=instance)
    events = instance.storage.events.read(result.run_id)
    state = fold(events)
    rows = instance.storage.events.steps(result.run_id)

    assert result.output("total") == 12
    assert state.status is ms.RunStatus.SUCCESS
    assert [(row.step_key, row.attempt, row.status) for row in rows] == [
        ("numbers", 1, "SUCCESS"),
        ("doubled", 1, "SUCCESS"),
        ("total", 1, "RETRY"),
        ("total", 2, "SUCCESS"),
    ]
    with ms.Instance.open(home) as later:
        assert defs.load_output(result.run_id, "doubled", instance=later) == [2, 4, 6]
        assert defs.load_asset("doubled", mode=mode, instance=later) == [2, 4, 6]
        (run,) = later.storage.runs.find(RunQuery(tags={"team": "data"}, job_name="summed"))
        assert run.run_id == result.run_id


def test_a_failed_run_is_taken_up_again(instance: ms.Instance) -> None:
    failed = brittle.execute(instance=instance, raise_on_error=False)
    result = retry_run(brittle, failed.run, instance=instance)

    assert result.output("flaky") == 7
    assert (result.run.attempt, result.run.status) == (2, ms.RunStatus.SUCCESS)


@pytest.fixture
def proxy(postgres_server: PostgresServer, postgres_url: str) -> Iterator[Proxy]:
    with (
        tempfile.TemporaryDirectory(prefix="mainspring-proxy-") as folder,
        proxy_before(postgres_server.folder, postgres_url, Path(folder)) as proxy,
    ):
        yield proxy


def through(proxy: Proxy, folder: Path, job: ms.Job, mode: str, **options: object) -> ms.RunResult:
    """Run a job whose instance reaches its database through a proxy, in threads of which nothing is forked."""
    folder.mkdir(exist_ok=True)
    (folder / "mainspring.toml").write_text(f'[instance]\nstorage = "{proxy.url}"\n')
    with ms.Instance.open(folder) as instance:
        return job.execute(mode=mode, instance=instance, **options)  # type: ignore[arg-type]


EVENTS = [
    ("RUN_STARTED", None, None),
    *((kind, step, 1) for step in ("numbers", "doubled") for kind in ("STEP_STARTED", "STEP_OUTPUT", "STEP_SUCCESS")),
    ("ASSET_MATERIALIZED", "doubled", 1),
    ("STEP_STARTED", "total", 1),
    ("STEP_RETRY", "total", 1),
    ("STEP_STARTED", "total", 2),
    ("STEP_OUTPUT", "total", 2),
    ("STEP_SUCCESS", "total", 2),
    ("RUN_SUCCESS", None, None),
]


@pytest.mark.integration
@pytest.mark.parametrize("kind", ["before", "after"])
@pytest.mark.parametrize("mode", ["one", pytest.param("many", marks=pytest.mark.slow)])
def test_a_run_succeeds_though_its_commits_lose_their_answers(
    proxy: Proxy, postgres_url: str, tmp_path: Path, kind: Break, mode: str
) -> None:
    """Where the outcome is uncertain, the log is read again: nothing is lost, and nothing is written twice."""
    through(proxy, tmp_path / "home", job, mode)
    commits = proxy.commits
    proxy.commits = 0
    proxy.breaks = dict.fromkeys(
        range(1, 4 * commits, 2), kind
    )  # every other, so that each write gets through in the end
    result = through(proxy, tmp_path / "home", job, mode)
    with closing(open_storage(postgres_url, Path())) as storage:
        events = storage.events.read(result.run_id)
        found = storage.runs.get(result.run_id)
        assert found is not None
        assert found.status is ms.RunStatus.SUCCESS
        assert Counter((each.kind, each.step_key, each.step_attempt) for each in events) == Counter(EVENTS)
    assert proxy.commits > commits // 2


@pytest.mark.integration
@pytest.mark.parametrize("kind", ["before", "after"])
def test_a_retry_begins_once_though_its_commit_loses_its_answer(
    proxy: Proxy, postgres_url: str, tmp_path: Path, kind: Break
) -> None:
    failed = through(proxy, tmp_path / "home", brittle, "default", raise_on_error=False)
    proxy.commits, proxy.breaks = 0, {1: kind}
    with ms.Instance.open(tmp_path / "home") as instance:
        result = retry_run(brittle, failed_run(instance, failed), instance=instance)
        assert result.run.attempt == 2
        assert result.output("flaky") == 7
        assert [each.run_attempt for each in result.events if each.kind == "RUN_STARTED"] == [1, 2]


def failed_run(instance: ms.Instance, result: ms.RunResult) -> Run:
    found = instance.storage.runs.get(result.run_id)
    assert found is not None
    return found
