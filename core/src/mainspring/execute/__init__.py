"""Carrying out a plan: steps, their contexts and resources, the in-process executor, and what came of a run.

Runs user code and records what it did. Decides what may start next only by asking the plan's progress.
"""

from mainspring.execute.cancel import cancel_run, settle_dead
from mainspring.execute.debug import StepDebug, debug_step
from mainspring.execute.event_loop import outside_event_loop
from mainspring.execute.in_process import InProcessExecutor
from mainspring.execute.load import load_asset, load_output
from mainspring.execute.options import RunOptions
from mainspring.execute.recall import find_run
from mainspring.execute.result import RunResult
from mainspring.execute.run import execute_job, plan_job, retry_run
from mainspring.execute.run_context import RunContext
from mainspring.execute.worker import liveness

__all__ = [
    "InProcessExecutor",
    "RunContext",
    "RunOptions",
    "RunResult",
    "StepDebug",
    "cancel_run",
    "debug_step",
    "execute_job",
    "find_run",
    "liveness",
    "load_asset",
    "load_output",
    "outside_event_loop",
    "plan_job",
    "retry_run",
    "settle_dead",
]
