"""Runs made of what automations ask for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from attrs import evolve, frozen

from mainspring.daemon.tick.offered import Offered, OfferedSchedule
from mainspring.definition.request import RunRequest
from mainspring.errors import UnknownNameError
from mainspring.execute.recorded_job import RecordedJob
from mainspring.run import Run, RunStatus
from mainspring.run.ids import run_id

_COUNTED = 0x1000
"""How many ids of one millisecond sort as they were made."""


@frozen
class Requester:
    """Makes runs of requests.

    Attributes:
        jobs: The jobs that a location offers, by name.
        mode: The instance's mode, which runs get whose automation names none, if their job has it.
        deployed_modes: Modes that the settings name, which jobs without modes of their own have as well.
        randomness: Returns random bytes for ids.
    """

    jobs: Mapping[str, RecordedJob]
    mode: str | None
    deployed_modes: Collection[str]
    randomness: Callable[[int], bytes]

    def runs(
        self,
        automation: Offered,
        requests: Sequence[RunRequest],
        now: float,
        *,
        scheduled_time: float | None = None,
        waits_for_last: bool = False,
    ) -> tuple[Run, ...]:
        """Return the runs of requests, in their order; their ids sort so.

        Args:
            automation: What asked for them.
            requests: What it asked for, completed.
            now: Seconds since the epoch.
            scheduled_time: When they were due.
            waits_for_last: Whether they wait for the end of what earlier ticks asked for.

        Raises:
            UnknownNameError: Its location offers no such job any more, or the job has no such mode.
        """
        made: list[Run] = []
        for number, request in enumerate(requests):
            job = self._job(request.job)
            run = Run(
                run_id=self._id(now, number),
                job_name=job.name,
                mode=self._mode(job, request.mode),
                status=RunStatus.QUEUED,
                config=request.config,
                tags={**job.tags, **request.tags},
                run_key=request.run_key,
                scheduled_time=scheduled_time,
                partition_key=request.partition_key,
                priority=request.priority,
                created_at=now,
                location=automation.location,
                automation=automation.name,
                policy=evolve(job.policy, waits_for_last=True) if waits_for_last else job.policy,
                retries_left=job.policy.max_retries,
            )
            made.append(run)
        return tuple(made)

    def _job(self, name: str | None) -> RecordedJob:
        if name is None or name not in self.jobs:
            raise UnknownNameError("job", name or "", self.jobs)
        return self.jobs[name]

    def _mode(self, job: RecordedJob, mode: str | None) -> str:
        known = (*job.modes, *self.deployed_modes)
        if mode is not None and mode not in known:
            raise UnknownNameError("mode", mode, known, place=f"job {job.name!r}")
        if mode is not None:
            return mode
        return self.mode if self.mode in (*job.modes, *self.deployed_modes) and self.mode is not None else job.modes[0]

    def _id(self, now: float, number: int) -> str:
        millis, counted = divmod(number, _COUNTED)
        return run_id(now + millis / 1000, counted.to_bytes(2, "big") + self.randomness(8))


def plain_requests(schedule: OfferedSchedule) -> tuple[RunRequest, ...]:
    """Return what a schedule without a function asks for: a run of each of its jobs."""
    return tuple(
        RunRequest(job=job, mode=schedule.mode, config=schedule.config, tags=schedule.tags) for job in schedule.jobs
    )


def without_known(
    requests: Sequence[RunRequest], known: Collection[tuple[str, str]]
) -> tuple[tuple[RunRequest, ...], tuple[str, ...]]:
    """Part requests into those that are new and the run keys of those that were made before."""
    if not known:
        return tuple(requests), ()
    new = tuple(each for each in requests if (each.job, each.run_key) not in known)
    return new, tuple(each.run_key for each in requests if each.run_key and (each.job, each.run_key) in known)


def keys_of(requests: Sequence[RunRequest]) -> list[tuple[str, str]]:
    """Return jobs and run keys of those requests that have one."""
    return [(each.job or "", each.run_key) for each in requests if each.run_key is not None]
