"""Doing again what did not end well: further attempts of a run, and runs that execute others again."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve

import mainspring as ms
from mainspring.errors import MainspringError, RunFailedError, SelectionError, UnknownNameError
from mainspring.execute.worker import own_identity

done: list[str] = []
"""The steps that were executed, in order; each test begins with none."""

broken: set[str] = set()
"""The steps that fail."""


@pytest.fixture(autouse=True)
def afresh() -> None:
    done.clear()
    broken.clear()


def work(context: ms.OpContext) -> None:
    done.append(context.step_key)
    if context.step_key in broken:
        raise ValueError(f"{context.step_key} is broken")


@define
class Window:
    days: int = 3


@ms.op
def fetch(context: ms.OpContext, *, config: Window = ms.config()) -> int:
    work(context)
    return config.days


@ms.op(out=ms.DynamicOut())
def parts(context: ms.OpContext, number: int) -> dict[str, int]:
    work(context)
    return {f"p{each}": each for each in range(number)}


@ms.op
def double(context: ms.OpContext, number: int) -> int:
    work(context)
    return number * 2


@ms.op
def total(context: ms.OpContext, numbers: list[int]) -> int:
    work(context)
    return sum(numbers)


@ms.op
def report(context: ms.OpContext, number: int) -> str:
    work(context)
    return f"total {number}"


@ms.job(tags={"team": "data"})
def mapped() -> None:
    report(total(parts(fetch()).map(double).collect()))


ALL = ["fetch", "parts", "double[p0]", "double[p1]", "double[p2]", "total", "report"]


def fail_at(instance: ms.Instance, *steps: str, job: ms.Job = mapped, **given: Any) -> str:
    """Execute a job whose steps of these names fail, mend them, and return the run's id."""
    broken.update(steps)
    result = job.execute(instance=instance, raise_on_error=False, **given)
    assert not result.success
    broken.clear()
    done.clear()
    return result.run_id


def attempts(result: ms.RunResult) -> dict[str, int]:
    return {key: number for key, number in result.state.attempts.items() if number > 1}


def test_a_run_is_executed_again_from_failure(instance: ms.Instance) -> None:
    parent = fail_at(instance, "total")

    result = mapped.execute(instance=instance, parent=parent)

    assert done == ["total", "report"]
    assert result.run.parent_run_id == parent
    assert result.output("report") == "total 6"
    assert result.output("double") == {"p0": 0, "p1": 2, "p2": 4}


def test_a_mapped_step_is_executed_again_for_the_values_for_which_it_failed(instance: ms.Instance) -> None:
    parent = fail_at(instance, "double[p1]")

    mapped.execute(instance=instance, parent=parent)

    assert done == ["double[p1]", "total", "report"]


def test_a_run_that_succeeded_leaves_nothing_to_do(instance: ms.Instance) -> None:
    parent = mapped.execute(instance=instance).run_id
    done.clear()

    result = mapped.execute(instance=instance, parent=parent)

    assert done == []
    assert result.success
    assert result.output("report") == "total 6"


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("total", ["total"]),
        ("total*", ["total", "report"]),
        ("double", ["double[p0]", "double[p1]", "double[p2]"]),
        ("parts+", ["parts", "double[p0]", "double[p1]", "double[p2]"]),
        (["fetch", "report"], ["fetch", "report"]),
        ("*", ALL),
    ],
    ids=str,
)
def test_a_selection_is_executed_again_with_what_the_parent_has(
    selection: str | list[str], expected: list[str], instance: ms.Instance
) -> None:
    parent = mapped.execute(instance=instance).run_id
    done.clear()

    result = mapped.execute(instance=instance, parent=parent, selection=selection)

    assert done == expected
    assert result.output("report") == "total 6"


def test_a_selection_needs_what_the_parent_does_not_have(instance: ms.Instance) -> None:
    parent = fail_at(instance, "double[p1]")

    with pytest.raises(SelectionError, match="'total' takes its input from 'double', which the selection leaves out"):
        mapped.execute(instance=instance, parent=parent, selection="total")


def test_a_chain_of_runs_reads_from_all_of_them(instance: ms.Instance) -> None:
    first = fail_at(instance, "parts")
    second = fail_at(instance, "double[p0]", parent=first)
    third = fail_at(instance, "report", parent=second)

    result = mapped.execute(instance=instance, parent=third)

    assert done == ["report"]
    assert result.output("report") == "total 6"
    assert result.output("fetch") == 3
    readers = {stored.run_id for stored in ms_state(instance, result).outputs.values()}
    assert readers == {first, second, third, result.run_id}


def ms_state(instance: ms.Instance, result: ms.RunResult) -> Any:
    from mainspring.execute.recall import recorded_state

    return recorded_state(instance, mapped, result.run)


def test_a_selection_in_the_middle_of_a_chain_replaces_what_was_there(instance: ms.Instance) -> None:
    first = mapped.execute(instance=instance).run_id
    second = mapped.execute(instance=instance, parent=first, selection="fetch", config=days(1)).run_id
    third = mapped.execute(instance=instance, parent=second, selection="parts*", config=days(1))

    assert third.output("fetch") == 1
    assert third.output("double") == {"p0": 0}
    assert third.output("report") == "total 0"


def days(number: int) -> dict[str, Any]:
    return {"ops": {"fetch": {"days": number}}}


def test_other_keys_the_second_time_leave_no_steps_of_the_old_ones(instance: ms.Instance) -> None:
    parent = fail_at(instance, "total", config=days(4))

    result = mapped.execute(instance=instance, parent=parent, selection="*", config=days(2))

    assert done == ["fetch", "parts", "double[p0]", "double[p1]", "total", "report"]
    assert result.output("double") == {"p0": 0, "p1": 2}
    assert result.output("report") == "total 2"


def test_config_mode_and_nothing_else_is_the_parents(instance: ms.Instance) -> None:
    """Scar: D#3594, where executing a keyed run again broke its sensor."""

    @ms.job(name="mapped", modes=[ms.Mode("dev"), ms.Mode("prod")])
    def in_modes() -> None:
        report(total(parts(fetch()).map(double).collect()))

    given: dict[str, Any] = {"run_key": "key", "tags": {"who": "me"}, "config": days(2)}
    parent = fail_at(instance, "report", job=in_modes, mode="prod", **given)

    again = in_modes.execute(instance=instance, parent=parent).run
    otherwise = in_modes.execute("dev", instance=instance, parent=parent, config=days(1)).run

    assert (again.mode, again.config) == ("prod", days(2))
    assert (again.run_key, again.tags, again.attempt) == (None, {}, 1)
    assert (otherwise.mode, otherwise.config) == ("dev", days(1))
    parent_run = instance.storage.runs.get(parent)
    assert parent_run is not None
    assert (parent_run.run_key, parent_run.status) == ("key", ms.RunStatus.FAILURE)


def test_an_empty_dynamic_output_is_taken_over(instance: ms.Instance) -> None:
    parent = fail_at(instance, "report", config=days(0))

    result = mapped.execute(instance=instance, parent=parent)

    assert done == ["report"]
    assert result.output("report") == "total 0"


@ms.op(out={"value": ms.Out(optional=True)})
def maybe(context: ms.OpContext) -> dict[str, int]:
    work(context)
    return {}


@ms.op
def other(context: ms.OpContext) -> int:
    work(context)
    return 1


@ms.job
def optional() -> None:
    report.alias("reader")(maybe()["value"])
    report(other())


def test_an_output_that_was_left_out_stays_left_out(instance: ms.Instance) -> None:
    parent = fail_at(instance, "report", job=optional)

    result = optional.execute(instance=instance, parent=parent)

    assert done == ["report"]
    assert result.success


def test_an_output_that_was_left_out_may_come_the_second_time(instance: ms.Instance) -> None:
    parent = optional.execute(instance=instance).run_id

    @ms.op(name="maybe", out={"value": ms.Out(optional=True)})
    def surely(context: ms.OpContext) -> dict[str, int]:
        work(context)
        return {"value": 5}

    @ms.job(name="optional")
    def mended() -> None:
        report.alias("reader")(surely()["value"])
        report(other())

    done.clear()
    result = mended.execute(instance=instance, parent=parent, selection="maybe*")

    assert done == ["maybe", "reader"]
    assert result.output("reader") == "total 5"


def test_a_job_that_has_changed_takes_over_what_it_still_has(instance: ms.Instance) -> None:
    parent = fail_at(instance, "total")

    @ms.op
    def audit(context: ms.OpContext, number: int) -> int:
        work(context)
        return number

    @ms.job(name="mapped")
    def changed() -> None:
        audit(total(parts(fetch()).map(double).collect()))

    result = changed.execute(instance=instance, parent=parent)

    assert done == ["total", "audit"]
    assert result.output("audit") == 6
    with pytest.raises(UnknownNameError, match="there is no step 'report'"):
        result.output("report")


def test_a_chain_goes_on_where_a_selected_op_is_gone(instance: ms.Instance) -> None:
    first = mapped.execute(instance=instance).run_id
    second = fail_at(instance, "total", parent=first, selection=["total", "report"])

    @ms.job(name="mapped")
    def shorter() -> None:
        total(parts(fetch()).map(double).collect())

    shorter.execute(instance=instance, parent=second)

    assert done == ["total"]


def test_another_jobs_run_is_refused(instance: ms.Instance) -> None:
    parent = fail_at(instance, "report", job=optional)

    with pytest.raises(MainspringError, match=f"run {parent} is of job 'optional', not of 'mapped'"):
        mapped.execute(instance=instance, parent=parent)


def test_an_unknown_parent_is_refused(instance: ms.Instance) -> None:
    with pytest.raises(UnknownNameError, match="there is no run 'nothing'"):
        mapped.execute(instance=instance, parent="nothing")


def test_a_value_that_was_deleted_meanwhile_is_named(instance: ms.Instance) -> None:
    assert instance.home is not None
    parent = fail_at(instance, "total")
    shutil.rmtree(instance.home / "values")

    with pytest.raises(RunFailedError) as caught:
        mapped.execute(instance=instance, parent=parent)

    assert isinstance(caught.value.__cause__, ms.ValueNotFound)
    assert caught.value.__cause__.step_key == "double[p0]"
    assert mapped.execute(instance=instance, parent=parent, selection="*").success


def test_a_parent_without_an_instance_is_unknown() -> None:
    with pytest.raises(UnknownNameError, match="there is no run"):
        mapped.execute(parent="01890000-0000-7000-8000-000000000000")


def test_a_retry_is_the_same_run(instance: ms.Instance) -> None:
    run_id = fail_at(instance, "double[p1]", run_key="key", config=days(2), tags={"who": "me"})

    result = mapped.retry(run_id, instance=instance)

    assert done == ["double[p1]", "total", "report"]
    assert attempts(result) == {"double[p1]": 2}
    assert (result.run_id, result.run.attempt, result.run.status) == (run_id, 2, ms.RunStatus.SUCCESS)
    assert (result.run.run_key, result.run.config, result.run.tags["who"]) == ("key", days(2), "me")
    assert result.run.reason is None
    assert result.output("report") == "total 2"


def test_a_retry_may_fail_and_be_retried(instance: ms.Instance) -> None:
    run_id = fail_at(instance, "double[p1]")
    broken.add("total")
    with pytest.raises(RunFailedError, match="step 'total' failed: ValueError: total is broken"):
        mapped.retry(run_id, instance=instance)
    assert not mapped.retry(run_id, instance=instance, raise_on_error=False).success
    broken.clear()
    done.clear()

    result = mapped.retry(run_id, instance=instance)

    assert done == ["total", "report"]
    assert result.run.attempt == 4
    assert attempts(result) == {"double[p1]": 2, "total": 3}


def test_a_run_that_executes_another_again_can_be_retried(instance: ms.Instance) -> None:
    parent = fail_at(instance, "parts")
    run_id = fail_at(instance, "double[p2]", parent=parent)

    result = mapped.retry(run_id, instance=instance)

    assert done == ["double[p2]", "total", "report"]
    assert result.output("fetch") == 3


def test_a_retry_keeps_to_the_runs_selection(instance: ms.Instance) -> None:
    run_id = fail_at(instance, "double[p2]", selection="*double")

    assert mapped.retry(run_id, instance=instance).success
    assert done == ["double[p2]"]


def test_only_a_run_that_failed_or_was_canceled_is_retried(instance: ms.Instance) -> None:
    run_id = mapped.execute(instance=instance).run_id

    with pytest.raises(MainspringError, match=f"run {run_id} is SUCCESS; only a run that failed or was canceled"):
        mapped.retry(run_id, instance=instance)
    with pytest.raises(UnknownNameError, match="there is no run 'nothing'"):
        mapped.retry("nothing", instance=instance)
    with pytest.raises(MainspringError, match="is of job 'mapped', not of 'optional'"):
        optional.retry(fail_at(instance, "total"), instance=instance)


def test_a_canceled_run_is_retried(instance: ms.Instance) -> None:
    @ms.op
    def stop() -> int:
        if not done:
            done.append("stop")
            raise KeyboardInterrupt
        return 1

    @ms.job
    def stopped() -> None:
        stop()

    with pytest.raises(KeyboardInterrupt):
        stopped.execute(instance=instance)
    from mainspring.storage import RunQuery

    (run,) = instance.storage.runs.find(RunQuery())
    assert run.status is ms.RunStatus.CANCELED

    assert stopped.retry(run.run_id, instance=instance).output("stop") == 1


def test_a_run_under_way_is_not_retried(instance: ms.Instance) -> None:
    refused: list[str] = []

    @ms.op
    def impatient(context: ms.OpContext) -> None:
        with pytest.raises(MainspringError, match="is still carried out by process"):
            hasty.retry(context.run_id, instance=instance)
        refused.append(context.run_id)

    @ms.job
    def hasty() -> None:
        impatient()

    assert hasty.execute(instance=instance).run_id == refused[0]


def test_the_dead_are_told_from_the_living(instance: ms.Instance) -> None:
    """A process whose number was given out again began at another time."""
    from mainspring.execute.worker import liveness

    own = own_identity(interruptible=False)

    assert liveness(own) == "alive"
    assert liveness(evolve(own, start_time=own.start_time - 1)) == "dead"
    assert liveness(evolve(own, boot_id="other/pid:[1]")) == "dead"
    assert liveness(evolve(own, boot_id="other/pid:[1]", host="elsewhere")) == "elsewhere"


def test_what_an_attempt_left_is_read_by_the_next_one_from_files(home: Path) -> None:
    with ms.Instance.open(home) as instance:
        run_id = fail_at(instance, "report")
    with ms.Instance.open(home) as instance:
        assert mapped.retry(run_id, instance=instance).output("report") == "total 6"
    assert done == ["report"]
