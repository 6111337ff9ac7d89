"""What the tests of deployments deploy."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import mainspring as ms
from mainspring.run import Run

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


@ms.op
def work() -> int:
    return 1


@ms.job
def nightly() -> None:
    work()


def every_night(**changes: Any) -> ms.Schedule:
    """Return a schedule at three o'clock that is on."""
    fields = {"name": "nights", "job": nightly, "cron": "0 3 * * *", "default_status": "running"}
    return ms.Schedule(**{**fields, **changes})


def nights(**changes: Any) -> ms.Definitions:
    """Return definitions with such a schedule."""
    return ms.Definitions(schedules=[every_night(**changes)])


def made_job(name: str, body: Callable[[], object], *, out: ms.Out | None = None, **options: Any) -> ms.Job:
    """Return a job of one op that calls a function."""

    @ms.op(name="step", out=out)
    def step() -> object:
        return body()

    @ms.job(name=name, **options)
    def job() -> None:
        step()

    return job


def statuses(runs: list[Run]) -> list[str]:
    """Return how runs stand."""
    return [run.status.value for run in runs]


def due_times(runs: list[Run]) -> list[str]:
    """Return when runs were due, in UTC."""
    return [datetime.fromtimestamp(run.scheduled_time or 0, UTC).strftime("%d %H:%M") for run in runs]
