"""What an executor promises that runs one step after the other."""

from __future__ import annotations

from mainspring.testing.contract import jobs
from mainspring.testing.contract.executor import ExecutorContract
from mainspring.testing.contract.trial import Trial


class SequentialExecutorContract(ExecutorContract):
    """Adds to `ExecutorContract` what only holds where one step runs at a time."""

    def test_the_step_of_the_highest_priority_comes_first(self, trial: Trial) -> None:
        trial.run(jobs.ranked)

        assert trial.executed() == ["high 1", "one 1", "low 1", "total 1"]

    def test_nothing_starts_while_a_step_runs(self, trial: Trial) -> None:
        result = trial.run(jobs.diamond)
        kinds = [event.kind for event in result.events if event.kind in ("STEP_STARTED", "STEP_SUCCESS")]

        assert kinds == ["STEP_STARTED", "STEP_SUCCESS"] * len(result.plan.steps)
