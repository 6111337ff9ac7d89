"""Runs are recorded alike on every database, and their values can be loaded later."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import mainspring as ms
from mainspring.event import fold
from mainspring.execute import retry_run
from mainspring.storage import RunQuery


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
