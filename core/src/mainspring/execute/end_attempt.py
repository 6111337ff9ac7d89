"""The end of an attempt whose worker does not record it: the run's, and that of the steps that were at work in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.errors import SupersededError
from mainspring.event import ErrorInfo, Fact, RunCanceled, RunFailed, StepCanceled, StepFailed
from mainspring.execute.recorder import Recorder
from mainspring.run import Run, StepStatus

if TYPE_CHECKING:
    from mainspring.instance import Instance

_TRIES = 3


def failure(kind: str, said: str) -> RunFailed:
    """Return the failure of a run for what no step of it has raised.

    Args:
        kind: What it is, as the name of an error's class.
        said: Why, in a sentence.
    """
    return RunFailed(said, ErrorInfo(kind, said))


def end_attempt(instance: Instance, run: Run, ending: RunFailed | RunCanceled) -> None:
    """Record that an attempt is over, and with it the steps that are at work; a worker that still lives is fenced by that.

    Args:
        instance: Where the run is recorded.
        run: The run as it was read.
        ending: How it ended.

    Raises:
        TransitionError: It is over already.
        SupersededError: There is a later attempt, or its worker writes all the time.
    """
    for remaining in reversed(range(_TRIES)):
        try:
            _end(instance, run, ending)
        except SupersededError:  # a step has ended since they were read, or the attempt is not in charge any more
            if not remaining:
                raise
        else:
            return


def _end(instance: Instance, run: Run, ending: RunFailed | RunCanceled) -> None:
    recorder = Recorder(
        instance.storage.events, instance.clock, run.run_id, run.attempt, instance.observers, instance.crash_point
    )
    cut_short = _of_steps(ending)
    events = [
        recorder.event(cut_short, step.step_key, step.attempt)
        for step in instance.storage.events.steps(run.run_id)
        if step.status is StepStatus.STARTED and step.run_attempt == run.attempt
    ]
    instance.crash_point("attempt.end")
    recorder.write([*events, recorder.event(ending)])
    instance.crash_point("attempt.ended")


def _of_steps(ending: RunFailed | RunCanceled) -> Fact:
    match ending:
        case RunCanceled():
            return StepCanceled()
        case RunFailed(reason=reason, error=error):
            return StepFailed(error or ErrorInfo("RunFailed", reason))
