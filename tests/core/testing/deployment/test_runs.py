from datetime import UTC, datetime, timedelta

import pytest
from attrs import define

import mainspring as ms
from mainspring.storage import TickStatus
from mainspring.testing import Deployment
from tests.core.testing.deployment.deployed import MONDAY, due_times, every_night, made_job, nights, statuses


def ran_at(run: ms.Run) -> tuple[str, str]:
    started, ended = (
        datetime.fromtimestamp(each or 0, UTC).strftime("%H:%M") for each in (run.started_at, run.ended_at)
    )
    return started, ended


@pytest.mark.parametrize(
    ("overlap", "expected"), [("skip", ["02 01:00", "02 03:00"]), ("queue_one", ["02 01:00", "02 02:00", "02 03:00"])]
)
def test_a_time_at_which_the_last_run_is_still_under_way_is_skipped_or_waits(overlap: str, expected: list[str]) -> None:
    definitions = nights(cron="0 * * * *", overlap=overlap)
    with Deployment(definitions, start=MONDAY, runs_take="90 minutes") as deployment:
        deployment.advance("3 hours 30 minutes")
        first, second, *_ = deployment.runs()

        assert due_times(deployment.runs()) == expected
        assert (first.ended_at or 0) <= (second.started_at or 0)
        assert [tick.status for tick in deployment.ticks("nights")].count(TickStatus.OVERLAP) == 3 - len(expected)


def test_an_overlapping_time_may_cancel_the_run_before_it() -> None:
    ended: list[str] = []
    job = made_job("slow", lambda: ended.append("ran to its end"))
    hourly = every_night(job=job, cron="0 * * * *", overlap="cancel_running")
    with Deployment(ms.Definitions(schedules=[hourly]), start=MONDAY, runs_take="90 minutes") as deployment:
        deployment.advance("2 hours 15 minutes")

        assert statuses(deployment.runs()) == ["CANCELED", "STARTED"]
        assert ended == []
        deployment.stop("nights")
        deployment.advance("1 day")
        assert statuses(deployment.runs()) == ["CANCELED", "SUCCESS"]
        assert ended == ["ran to its end"]


def test_runs_wait_for_places_in_the_queue() -> None:
    several = [every_night(name=name) for name in ("one", "two", "three")]
    definitions = ms.Definitions(schedules=several)
    with Deployment(
        definitions, start=MONDAY, runs_take={"nightly": "1 hour"}, queue={"max_concurrent_runs": 2}
    ) as deployment:
        deployment.advance("3 hours 30 minutes")
        assert statuses(deployment.runs()) == ["STARTED", "STARTED", "QUEUED"]

        deployment.advance("2 hours")
        assert [ran_at(run) for run in deployment.runs()] == [
            ("03:00", "04:00"),
            ("03:00", "04:00"),
            ("04:00", "05:00"),
        ]


def test_tags_have_limits_of_their_own() -> None:
    several = [every_night(name=name, tags={"team": "data"}) for name in ("one", "two")]
    limits = {"limits": [{"tag": "team", "value": "data", "limit": 1}]}
    definitions = ms.Definitions(schedules=[*several, every_night(name="other")])
    with Deployment(definitions, start=MONDAY, runs_take="1 hour", queue=limits) as deployment:
        deployment.advance("3 hours")

        assert {run.automation: run.status.value for run in deployment.runs()} == {
            "one": "STARTED",
            "two": "QUEUED",
            "other": "STARTED",
        }


def test_a_run_that_fails_is_retried_once_its_delay_has_passed() -> None:
    tries: list[datetime] = []

    def fail_at_first() -> None:
        tries.append(deployment.now)
        if len(tries) < 3:
            raise OSError("the warehouse is down")

    job = made_job("flaky", fail_at_first, retry=ms.RunRetryPolicy(max_retries=2, delay=600.0))
    with Deployment(ms.Definitions(schedules=[every_night(job=job)]), start=MONDAY) as deployment:
        deployment.advance("12 hours")
        (run,) = deployment.runs()

        assert (run.status, run.attempt) == ("SUCCESS", 3)
        assert [each - tries[0] for each in tries] == [timedelta(), timedelta(minutes=10), timedelta(minutes=20)]
        assert deployment.wakeups == 3


def test_a_run_without_attempts_left_has_failed_for_what_its_op_raised() -> None:
    def fail() -> None:
        raise OSError("the warehouse is down")

    with Deployment(ms.Definitions(schedules=[every_night(job=made_job("broken", fail))]), start=MONDAY) as deployment:
        deployment.advance("2 days")

        assert statuses(deployment.runs()) == ["FAILURE", "FAILURE"]
        assert "the warehouse is down" in (deployment.runs()[0].reason or "")


def test_a_step_that_waits_to_be_tried_again_holds_up_nobody() -> None:
    tries: list[int] = []

    @ms.op(retry=ms.RetryPolicy(max_retries=1, delay=7200.0))
    def flaky() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("down")

    @ms.job
    def patient() -> None:
        flaky()

    hourly = every_night(job=patient, cron="0 * * * *")
    with Deployment(ms.Definitions(schedules=[hourly]), start=MONDAY) as deployment:
        deployment.advance("3 hours")

        assert statuses(deployment.runs()) == ["SUCCESS"] * 3
        assert [tick.status for tick in deployment.ticks("nights")] == ["REQUESTED"] * 3
        assert deployment.now == MONDAY + timedelta(hours=3)


def test_a_run_that_takes_longer_than_its_limit_is_ended() -> None:
    job = made_job("slow", lambda: None, time_limit=1800.0)
    with Deployment(ms.Definitions(schedules=[every_night(job=job)]), start=MONDAY, runs_take="1 hour") as deployment:
        deployment.advance("1 day")
        (run,) = deployment.runs()

        assert (run.status, ran_at(run)[1]) == ("FAILURE", "03:30")
        assert "longer than its limit of 1800 s" in (run.reason or "")


def test_runs_go_on_while_no_daemon_is_up() -> None:
    with Deployment(nights(), start=MONDAY, runs_take="1 hour") as deployment:
        deployment.advance("3 hours 30 minutes")
        deployment.outage("6 hours")

        assert [(run.status, *ran_at(run)) for run in deployment.runs()] == [("SUCCESS", "03:00", "04:00")]


def test_stubbed_runs_execute_nothing() -> None:
    executed: list[int] = []
    job = made_job("careful", lambda: executed.append(1))
    with Deployment(ms.Definitions(schedules=[every_night(job=job)]), start=MONDAY, stub_runs=True) as deployment:
        deployment.advance("2 days")

        assert statuses(deployment.runs()) == ["SUCCESS", "SUCCESS"]
        assert executed == []
        assert [event.kind for event in deployment.events(deployment.runs()[0])] == [
            "RUN_QUEUED",
            "RUN_STARTING",
            "RUN_STARTED",
            "RUN_SUCCESS",
        ]


def test_a_person_may_launch_a_run_and_read_what_came_of_it() -> None:
    @define
    class Factor:
        by: int

    @ms.op
    def double(*, config: Factor = ms.config()) -> int:
        return 2 * config.by

    @ms.job
    def sums() -> None:
        double()

    definitions = ms.Definitions(jobs=[sums])
    with Deployment(definitions) as deployment:
        run = deployment.launch("sums", config={"ops": {"double": {"by": 21}}}, tags={"by": "hand"})

        assert (run.status, run.tags) == ("SUCCESS", {"by": "hand"})
        assert definitions.load_output(run.run_id, "double", instance=deployment.instance) == 42


@pytest.mark.parametrize(("mode", "expected"), [(None, "dev"), ("prod", "prod")])
def test_automations_that_name_no_mode_take_the_deployments(mode: str | None, expected: str) -> None:
    job = made_job("moded", lambda: None, modes=[ms.Mode("dev"), ms.Mode("prod")])
    with Deployment(ms.Definitions(schedules=[every_night(job=job)]), start=MONDAY, mode=mode) as deployment:
        deployment.advance("1 day")
        deployment.launch("moded")

        assert [run.mode for run in deployment.runs()] == [expected, expected]
