"""The rehearsal: what each child would otherwise do for the first time is done once, before the first fork.

A first time is dear: annotations are resolved, modules imported, caches filled, and Python adapts the code that it runs to
what it meets. A child would do all that in pages of memory that are copied for it, and then end.
"""

from __future__ import annotations

import contextlib
import random

from mainspring.definition.context import OpContext
from mainspring.definition.decorator import op
from mainspring.definition.job import Job, job
from mainspring.event import Fact
from mainspring.event.codec import encode_fact
from mainspring.execute.capture import StepLog
from mainspring.execute.process.parent_death import prctl
from mainspring.execute.resources import OpenResources
from mainspring.execute.step import StepExecution
from mainspring.execute.task import StepTask
from mainspring.execute.typecheck import load_checker
from mainspring.io.memory import MemoryIOManager
from mainspring.log.memory import MemoryLogStore
from mainspring.plan import Plan, Step
from mainspring.run import Run, RunStatus

TIMES = 12
"""How often; Python adapts a function's code within eight calls."""


def rehearse(plan: Plan) -> list[Fact]:
    """Resolve the annotations of a plan's ops, load what checks values against them, and carry out a step for nobody.

    Returns:
        What came of that step.
    """
    prctl()
    for step in plan.steps.values():
        with contextlib.suppress(Exception):  # the step itself will say what is wrong
            for annotation in (*step.op.input_types.values(), *step.op.output_types.values()):
                load_checker(annotation)
    run = Run(run_id="rehearsal", job_name="rehearsal", mode="rehearsal", status=RunStatus.STARTED)
    task = StepTask(run, Step("rehearse", "rehearse", _rehearse, {}), 1)
    logs = MemoryLogStore()
    facts: list[Fact] = []
    for _ in range(TIMES):
        resources = OpenResources(run.mode, {"io_manager": MemoryIOManager()}, {})
        with StepLog(logs, run.run_id, task.step.key, task.attempt):
            facts = StepExecution(task, resources, random.random).perform()
        resources.close()
        for fact in facts:
            encode_fact(fact)
    return facts


@op
def _rehearse(context: OpContext) -> int:
    context.add_output_metadata({"path": "text", "size_bytes": 1, "ratio": 0.5, "is_whole": True, "nothing": None})
    return 1


def rehearsal_job() -> Job:
    """Return a job of one op, for a rehearsal of whole runs."""

    @job(name="rehearsal")
    def body() -> None:
        _rehearse()

    return body
