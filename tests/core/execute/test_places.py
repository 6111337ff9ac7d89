"""Values that are elsewhere: in another process's memory, in another mode's store, below another working directory."""

from __future__ import annotations

from pathlib import Path

import pytest

import mainspring as ms
from mainspring.errors import UnknownNameError


@ms.op(out=ms.Out(asset="sales/totals"))
def totals() -> int:
    return 7


def sales(*modes: ms.Mode) -> ms.Job:
    @ms.job(modes=modes)
    def daily() -> None:
        totals()

    return daily


def test_a_value_in_memory_does_not_become_what_others_load_as_the_asset(instance: ms.Instance) -> None:
    job = sales(ms.Mode("test", resources={"io_manager": ms.MemoryIOManager()}), ms.Mode("prod"))
    defs = ms.Definitions(jobs=[job])
    job.execute("prod", instance=instance)
    result = job.execute("test", instance=instance)
    assert result.output("totals") == 7
    assert "ASSET_MATERIALIZED" not in [event.kind for event in result.events]
    assert defs.load_asset("sales/totals", instance=instance) == 7


def test_an_asset_in_an_ephemeral_instance_is_loaded_from_memory() -> None:
    job = sales()
    instance = ms.Instance.ephemeral()
    job.execute(instance=instance)
    assert ms.Definitions(jobs=[job]).load_asset("sales/totals", instance=instance) == 7


def test_a_mode_names_whose_materialization_is_loaded(instance: ms.Instance, tmp_path: Path) -> None:
    elsewhere = ms.FilesystemIOManager(tmp_path / "staging", format="json")
    job = sales(ms.Mode("prod"), ms.Mode("staging", resources={"io_manager": elsewhere}), ms.Mode("unused"))
    defs = ms.Definitions(jobs=[job])
    job.execute("prod", instance=instance)
    job.execute("staging", instance=instance)
    assert defs.load_asset("sales/totals", instance=instance, mode="prod") == 7
    assert defs.load_asset("sales/totals", instance=instance, mode="staging") == 7
    with pytest.raises(UnknownNameError, match="mode 'unused'"):
        defs.load_asset("sales/totals", instance=instance, mode="unused")


def test_a_retry_does_again_what_was_in_the_memory_of_a_process_that_is_gone(instance: ms.Instance) -> None:
    calls: list[str] = []
    fails = True

    @ms.op
    def first() -> int:
        calls.append("first")
        return 1

    @ms.op
    def second(value: int) -> int:
        calls.append("second")
        if fails:
            raise ValueError("not yet")
        return value + 1

    def job_of_a_new_process() -> ms.Job:
        @ms.job(modes=[ms.Mode("memory", resources={"io_manager": ms.MemoryIOManager()})])
        def chain() -> None:
            second(first())

        return chain

    run_id = job_of_a_new_process().execute(instance=instance, raise_on_error=False).run_id
    fails = False
    result = job_of_a_new_process().retry(run_id, instance=instance)
    assert result.output("second") == 2
    assert calls == ["first", "second", "first", "second"]


def test_a_value_below_a_relative_folder_is_found_from_anywhere(
    instance: ms.Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = sales(ms.Mode("prod", resources={"io_manager": ms.FilesystemIOManager("relative")}))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    run_id = job.execute(instance=instance).run_id
    monkeypatch.chdir(tmp_path)
    assert ms.Definitions(jobs=[job]).load_output(run_id, "totals", instance=instance) == 7


def test_a_run_executed_again_has_its_parents_partition_and_time_unless_told_otherwise(instance: ms.Instance) -> None:
    job = sales()
    first = job.execute(instance=instance, partition_key="2026-01")
    assert job.execute(instance=instance, parent=first.run_id).run.partition_key == "2026-01"
    assert job.execute(instance=instance, parent=first.run_id, partition_key="x").run.partition_key == "x"
