"""What every executor promises."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

import mainspring as ms
from mainspring.testing.clock import VirtualClock
from mainspring.testing.contract import jobs
from mainspring.testing.contract.pooled_executor import PooledExecutorContract
from mainspring.testing.contract.trial import Trial
from mainspring.testing.contract.watched_executor import WatchedExecutor


class ExecutorContract(PooledExecutorContract):
    """Derive a test class from this and define the fixture `executor`.

    ```python
    class TestThreads(ExecutorContract):
        @pytest.fixture
        def executor(self):
            return ThreadExecutor()
    ```

    For executors that run one step after the other there is `SequentialExecutorContract`, for the others
    `ConcurrentExecutorContract`.
    """

    @pytest.fixture
    def executor(self) -> ms.Executor:
        """Give an executor."""
        raise NotImplementedError("define the fixture executor")

    @pytest.fixture
    def clock(self) -> ms.Clock:
        """Give the clock of the runs: retries cost no time with this one."""
        return VirtualClock()

    @pytest.fixture
    def instance(self, tmp_path: Path, clock: ms.Clock) -> Iterator[ms.Instance]:
        """Give an instance whose values other processes can read."""
        with ms.Instance.open(tmp_path / "home", clock=clock) as instance:
            yield instance

    @pytest.fixture
    def trial(self, executor: ms.Executor, instance: ms.Instance, tmp_path: Path) -> Trial:
        """Give what runs a job and tells what came of it."""
        return Trial(WatchedExecutor(executor), instance, tmp_path / "witness.txt")

    def test_a_chain_runs_in_order(self, trial: Trial) -> None:
        result = trial.run(jobs.chain)

        assert result.success
        assert trial.executed() == ["one 1", "add_one 1", "add_one_2 1", "add_one_3 1", "add_one_4 1"]
        assert result.output("add_one_4") == 5

    def test_each_step_runs_once_after_all_that_it_needs(self, trial: Trial) -> None:
        result = trial.run(jobs.diamond)
        executed = trial.executed()

        assert result.output("total") == 40
        assert Counter(executed) == Counter({f"{key} 1": 1 for key in result.plan.steps})
        assert executed[0] == "one 1"
        assert executed[-2:] == ["total 1", "finish 1"]
        trial.check_order(result)

    def test_mapped_steps_run_once_for_each_key(self, trial: Trial) -> None:
        result = trial.run(jobs.mapped)

        assert result.output("total") == 12
        assert Counter(trial.executed()) == Counter(
            ["three 1", "total 1", *(f"{node}[{key}] 1" for node in ("add_one", "again") for key in "abc")]
        )

    def test_mapping_over_nothing_gathers_nothing(self, trial: Trial) -> None:
        result = trial.run(jobs.mapped_over_nothing)

        assert result.output("total") == 0
        assert trial.executed() == ["none 1", "total 1"]

    def test_readers_of_what_was_left_out_are_skipped(self, trial: Trial) -> None:
        result = trial.run(jobs.sorting)

        assert result.success
        assert trial.executed() == ["sort_out 1", "read_good 1"]
        assert result.state.steps == {
            "sort_out": "SUCCESS",
            "read_good": "SUCCESS",
            "read_bad": "SKIPPED",
            "after_bad": "SKIPPED",
        }

    def test_a_failure_stops_only_what_needs_it(self, trial: Trial) -> None:
        result = trial.run(jobs.failing)

        assert result.run.status == "FAILURE"
        assert "1 is refused" in (result.run.reason or "")
        assert sorted(trial.executed()) == ["fail 1", "one 1", "other 1", "other_2 1"]
        assert "needs_failed" not in result.state.steps

    def test_a_failed_step_is_tried_again_after_its_delay(self, trial: Trial) -> None:
        result = trial.run(jobs.retrying)
        own = [event for event in result.events if event.step_key == "succeed_at_last"]
        ends = {event.step_attempt: event.timestamp for event in own if event.kind == "STEP_RETRY"}
        starts = {event.step_attempt: event.timestamp for event in own if event.kind == "STEP_STARTED"}

        assert result.output("add_one") == 4
        assert trial.executed() == [*(f"succeed_at_last {attempt}" for attempt in (1, 2, 3)), "add_one 1"]
        assert all(starts[attempt + 1] - ends[attempt] >= jobs.RETRY_DELAY_SECONDS - 1e-6 for attempt in (1, 2))
        trial.check_order(result)

    def test_retries_end(self, trial: Trial) -> None:
        result = trial.run(jobs.retrying_in_vain)

        assert result.run.status == "FAILURE"
        assert trial.executed() == ["fail_twice 1", "fail_twice 2"]

    def test_no_step_starts_once_the_run_is_asked_to_end(self, executor: ms.Executor, trial: Trial) -> None:
        trial.executor = WatchedExecutor(executor, cancel_after=1)
        result = trial.run(jobs.chain)

        assert result.run.status == "CANCELED"
        assert trial.executed()[:1] == ["one 1"]
        assert not {"add_one_2 1", "add_one_3 1", "add_one_4 1"} & set(trial.executed())
        assert "STARTED" not in result.state.steps.values()

    @pytest.mark.parametrize("job", [jobs.diamond, jobs.mapped, jobs.sorting, jobs.failing, jobs.retrying], ids=repr)
    def test_what_it_yields_is_what_is_stored(self, trial: Trial, job: ms.Job) -> None:
        result = trial.run(job)
        stored = _by_step(evolve(event, event_id=None) for event in result.events)
        yielded = _by_step(evolve(event, event_id=None) for event in trial.executor.yielded)

        assert yielded == stored

    @pytest.mark.parametrize("job", [jobs.diamond, jobs.mapped, jobs.sorting, jobs.failing, jobs.retrying], ids=repr)
    def test_rows_and_events_tell_the_same(self, trial: Trial, job: ms.Job) -> None:
        result = trial.run(job)
        rows = trial.instance.storage.events.steps(result.run_id)
        state = result.state

        assert state.status == result.run.status
        assert {row.step_key: row.status for row in sorted(rows, key=lambda row: row.attempt)} == state.steps
        assert Counter(row.step_key for row in rows) == state.attempts
        trial.check_order(result)


def _by_step(events: Any) -> dict[str, list[ms.Event]]:
    """Return the events of steps, in order for each."""
    found: dict[str, list[ms.Event]] = {}
    for event in events:
        if event.step_key is not None:
            found.setdefault(event.step_key, []).append(event)
    return found
