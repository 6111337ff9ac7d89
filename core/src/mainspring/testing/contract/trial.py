"""Runs the jobs that executors are tried with."""

from __future__ import annotations

from pathlib import Path

from attrs import evolve

import mainspring as ms
from mainspring.plan.step import upstream_nodes
from mainspring.testing.contract import jobs
from mainspring.testing.contract.watched_executor import WatchedExecutor


class Trial:
    """Runs jobs with an executor and tells what came of it."""

    def __init__(self, executor: WatchedExecutor, instance: ms.Instance, witness: Path) -> None:
        self.executor = executor
        self.instance = instance
        self.witness = witness

    def run(self, job: ms.Job, **tags: str) -> ms.RunResult:
        """Run a job."""
        bound = evolve(job, modes={"test": ms.Mode("test", executor=self.executor)})
        tags = {jobs.WITNESS: str(self.witness), **tags}
        return bound.execute(instance=self.instance, tags=tags, raise_on_error=False)

    def executed(self) -> list[str]:
        """Return what the ops noted: step and attempt, in order."""
        return self.witness.read_text().splitlines()

    def check_order(self, result: ms.RunResult) -> None:
        """Check that, in the log, no attempt starts before all that it needs has ended, and none ends unstarted."""
        ended: set[str] = set()
        running: set[str] = set()
        for event in result.events:
            key = event.step_key or ""
            match event.kind:
                case "STEP_STARTED":
                    step = result.plan.steps.get(key) or result.plan.steps[key.partition("[")[0]]
                    needed = {node for node in upstream_nodes(step) if not result.plan.steps[node].is_template}
                    assert needed <= ended, f"{key} started before {needed - ended} had ended"
                    assert key not in running, f"{key} started while it ran"
                    running.add(key)
                case "STEP_RETRY":
                    running.remove(key)
                case "STEP_SUCCESS" | "STEP_FAILURE" | "STEP_CANCELED":
                    running.remove(key)
                    ended.add(key)
                case "STEP_SKIPPED":
                    ended.add(key)
        assert not running
