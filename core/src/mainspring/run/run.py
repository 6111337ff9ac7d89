"""A run as recorded, and the attempts of its steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from mainspring.run.policy import NO_POLICY, RunPolicy
from mainspring.run.status import RunStatus, StepStatus
from mainspring.run.worker import WorkerIdentity


@frozen(kw_only=True)
class Run:
    """One execution of a job in a mode with a config.

    Attributes:
        run_id: Its id: text that sorts by the time of creation.
        job_name: The job.
        mode: The mode's name.
        status: Where it stands.
        attempt: Which attempt of the run this is, from 1.
        config: The config as given; references to the environment stay references.
        tags: The run's tags, the job's among them.
        selection: Which steps were asked for; None for all.
        run_key: The key under which it was requested, if any.
        scheduled_time: When it was due, seconds since the epoch, if a schedule asked for it.
        partition_key: Its partition, if any.
        parent_run_id: The run that it executes again, if any.
        priority: Runs of a higher priority leave the queue first.
        created_at: When it was made, seconds since the epoch.
        started_at: When the attempt's execution began, if it did.
        ended_at: When the attempt ended, if it did.
        reason: Why it failed or was canceled, in a sentence.
        worker: The process that carries out the attempt, if one does or did.
        location: The code location that has its job; None for a run of code that was at hand where it was made.
        automation: The schedule or sensor that asked for it, if one did.
        tick_id: The tick that asked for it, if one did.
        policy: What is done for it besides starting it once.
        not_before: Until when it waits in the queue at the least, seconds since the epoch.
        retries_left: How many attempts may still follow without a person.
    """

    run_id: str
    job_name: str
    mode: str
    status: RunStatus
    attempt: int = 1
    config: Mapping[str, Any] = field(factory=dict)
    tags: Mapping[str, str] = field(factory=dict)
    selection: tuple[str, ...] | None = None
    run_key: str | None = None
    scheduled_time: float | None = None
    partition_key: str | None = None
    parent_run_id: str | None = None
    priority: int = 0
    created_at: float = 0.0
    started_at: float | None = None
    ended_at: float | None = None
    reason: str | None = None
    worker: WorkerIdentity | None = None
    location: str | None = None
    automation: str | None = None
    tick_id: int | None = None
    policy: RunPolicy = NO_POLICY
    not_before: float | None = None
    retries_left: int = 0

    def _repr_html_(self) -> str:
        from mainspring.notebook.run_view import run_html

        return run_html(self)


@frozen(kw_only=True)
class StepRecord:
    """One attempt of a step as recorded.

    Attributes:
        run_id: The run.
        step_key: The step.
        attempt: Which attempt of the step, from 1; it counts on across attempts of the run.
        run_attempt: The attempt of the run that made it.
        status: Where it stands.
        started_at: When it was claimed, seconds since the epoch; of a skipped step, when it was skipped.
        ended_at: When it ended, if it did.
        pool: The pool of which it takes up a place while it is under way, if any.
    """

    run_id: str
    step_key: str
    attempt: int
    run_attempt: int
    status: StepStatus
    started_at: float
    ended_at: float | None = None
    pool: str | None = None
