"""How long runs take that only seem to take their time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from mainspring.definition.definitions import Definitions
from mainspring.run import Run
from mainspring.testing.deployment.duration import Duration, seconds_in


class Lengths:
    """How long runs take.

    Args:
        definitions: Whose jobs they are of.
        runs_take: How long those of all jobs take, or those of each; of a job that is not named, no time.

    Raises:
        UnknownNameError: There is no such job.
        MomentError: One cannot be read.
    """

    def __init__(self, definitions: Definitions, runs_take: Duration | Mapping[str, Duration]) -> None:
        self._by_job: dict[str, float] = {}
        self._any = 0.0
        if isinstance(runs_take, (str, int, float, timedelta)):
            self._any = seconds_in(runs_take)
        else:
            self._by_job = {definitions.job(name).name: seconds_in(each) for name, each in runs_take.items()}

    def of(self, run: Run) -> float:
        """Return how many seconds a run takes."""
        return self._by_job.get(run.job_name, self._any)
