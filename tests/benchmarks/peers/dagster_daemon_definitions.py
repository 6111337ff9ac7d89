"""What dagster_daemon.py loads: schedules due every minute, of which some request a run, and sensors that skip."""

# mypy: disable-error-code="import-not-found, untyped-decorator"

import os

import dagster

SCHEDULES = int(os.environ["SCHEDULES"])
FIRE = int(os.environ["FIRE"])
SENSORS = int(os.environ["SENSORS"])


@dagster.op
def work() -> int:
    return 1


@dagster.job
def one_op() -> None:
    work()


def fire(index: int) -> object:
    return dagster.ScheduleDefinition(
        name=f"fire_{index}",
        job=one_op,
        cron_schedule="* * * * *",
        default_status=dagster.DefaultScheduleStatus.RUNNING,
    )


def skip(index: int) -> object:
    decorate = dagster.schedule(
        name=f"skip_{index}",
        job=one_op,
        cron_schedule="* * * * *",
        default_status=dagster.DefaultScheduleStatus.RUNNING,
    )
    return decorate(lambda _context: dagster.SkipReason("nothing to do"))


def sensor(index: int) -> object:
    decorate = dagster.sensor(
        name=f"sensor_{index}",
        job=one_op,
        minimum_interval_seconds=15,
        default_status=dagster.DefaultSensorStatus.RUNNING,
    )
    return decorate(lambda _context: dagster.SkipReason("nothing to do"))


defs = dagster.Definitions(
    jobs=[one_op],
    schedules=[fire(i) if i < FIRE else skip(i) for i in range(SCHEDULES)],
    sensors=[sensor(i) for i in range(SENSORS)],
)
