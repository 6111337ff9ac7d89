"""The attempt of a run that follows one that has failed, without a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from mainspring.event import RunQueued
from mainspring.execute.recall import find_run
from mainspring.execute.recorder import Recorder
from mainspring.run import Run

if TYPE_CHECKING:
    from mainspring.instance import Instance


def queue_next_attempt(instance: Instance, run: Run) -> Run:
    """Have the next attempt of a run that has failed wait in the queue, and return the run as it then stands.

    Args:
        instance: Where it is recorded.
        run: The run as it was read.

    Raises:
        SupersededError: The run has a later attempt already, or is gone.
        TransitionError: The attempt is not over, or has succeeded.
    """
    following = evolve(run, attempt=run.attempt + 1)
    recorder = Recorder(
        instance.storage.events,
        instance.clock,
        run.run_id,
        following.attempt,
        instance.observers,
        instance.crash_point,
    )
    said = f"attempt {run.attempt} failed: {run.reason or 'no reason is recorded'}"
    event = recorder.event(RunQueued(said, from_scratch=run.policy.retry_from == "scratch"))
    not_before = event.timestamp + run.policy.retry_delay_seconds
    instance.crash_point("attempt.queue")
    recorder.begin(event, lambda: instance.storage.runs.queue_attempt(run.run_id, run.attempt, not_before, [event]))
    instance.crash_point("attempt.queued")
    recorder.tell([event])
    return find_run(instance, run.run_id)
