"""What every executor promises of steps that belong to pools."""

from __future__ import annotations

from itertools import accumulate

from attrs import evolve

import mainspring as ms
from mainspring.event import RunQueued, RunStarted, StepStarted, StepSucceeded
from mainspring.run import PoolPlace
from mainspring.storage import Storage
from mainspring.testing.contract import jobs
from mainspring.testing.contract.stored_runs import event, new_run, record, step_event
from mainspring.testing.contract.trial import Trial
from mainspring.testing.contract.watched_executor import WatchedExecutor

_HOLDER = "holder"


class PooledExecutorContract:
    """The part of `ExecutorContract` about pools."""

    def test_a_step_waits_for_its_pool_while_others_go_on(self, executor: ms.Executor, trial: Trial) -> None:
        trial.instance = evolve(trial.instance, pools={jobs.POOL: 1})
        storage = trial.instance.storage
        _take_place(storage)
        awaited = {"load", "one"}

        def watch(event: ms.Event, run: ms.RunContext) -> None:
            if event.kind not in ("STEP_WAITING", "STEP_SUCCESS", "STEP_FAILURE") or event.step_key not in awaited:
                return
            awaited.remove(event.step_key)
            if not awaited:
                record(storage, [step_event(StepSucceeded(), run_id=_HOLDER)], run_id=_HOLDER)

        trial.executor = WatchedExecutor(executor, watch=watch)
        result = trial.run(jobs.pooled)
        kinds = [each.kind for each in result.events if each.step_key == "load"]

        assert result.success
        assert trial.executed() == ["one 1", "load 1", "finish 1"]
        assert kinds == ["STEP_WAITING", "STEP_STARTED", "STEP_OUTPUT", "STEP_SUCCESS"]
        assert result.logs("load", "log").endswith("INFO mainspring.run: waits for a place in pool warehouse\n")
        assert storage.events.places_taken(jobs.POOL) == 0

    def test_a_step_that_waits_for_its_pool_ends_with_its_run(self, executor: ms.Executor, trial: Trial) -> None:
        trial.instance = evolve(trial.instance, pools={jobs.POOL: 1})
        _take_place(trial.instance.storage)

        def watch(event: ms.Event, run: ms.RunContext) -> None:
            if event.kind == "STEP_WAITING":
                run.cancel()

        trial.executor = WatchedExecutor(executor, watch=watch)
        result = trial.run(jobs.pooled)

        assert result.run.status == "CANCELED"
        assert "load" not in result.state.steps
        assert "STARTED" not in result.state.steps.values()

    def test_steps_of_one_run_share_the_places_of_their_pool(self, trial: Trial) -> None:
        trial.instance = evolve(trial.instance, pools={jobs.POOL: 1})
        result = trial.run(jobs.crowded)
        steps = [each.kind for each in result.events if (each.step_key or "").startswith("reload")]
        under_way = accumulate({"STEP_STARTED": 1, "STEP_SUCCESS": -1}.get(kind, 0) for kind in steps)

        assert result.output("total") == 6
        assert max(under_way) == 1
        assert sorted(trial.executed()) == sorted(
            ["one 1", "three 1", "reload[a] 1", "reload[b] 1", "reload[c] 1", "total 1"]
        )

    def test_a_pool_without_a_limit_is_no_matter(self, trial: Trial) -> None:
        _take_place(trial.instance.storage)
        result = trial.run(jobs.pooled)

        assert result.success
        assert "STEP_WAITING" not in [each.kind for each in result.events]
        assert {row.pool for row in trial.instance.storage.events.steps(result.run_id)} == {jobs.POOL, None}


def _take_place(storage: Storage) -> None:
    """Have another run take up the one place of the pool."""
    storage.runs.create(new_run(_HOLDER), [event(RunQueued(), run_id=_HOLDER)])
    record(storage, [event(RunStarted(), run_id=_HOLDER)], run_id=_HOLDER)
    claim = step_event(StepStarted(), run_id=_HOLDER)
    record(storage, [claim], run_id=_HOLDER, places={"clean": PoolPlace(jobs.POOL, 1)})
