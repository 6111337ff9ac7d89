import threading
from datetime import UTC, datetime, timedelta

import mainspring as ms
from mainspring.testing import Deployment
from tests.core.testing.deployment.deployed import MONDAY, due_times, every_night, nightly, nights, statuses


def test_three_days_of_a_daily_schedule_take_three_wakeups() -> None:
    with Deployment(nights(), start=MONDAY) as deployment:
        rounds = deployment.rounds
        deployment.advance("3 days")

        assert due_times(deployment.runs()) == ["02 03:00", "03 03:00", "04 03:00"]
        assert statuses(deployment.runs("nightly")) == ["SUCCESS"] * 3
        assert [tick.status for tick in deployment.ticks("nights")] == ["REQUESTED"] * 3
        assert (deployment.wakeups, deployment.rounds - rounds) == (3, 7)
        assert deployment.now == MONDAY + timedelta(days=3)


def test_a_year_of_a_daily_schedule_takes_a_wakeup_a_day() -> None:
    with Deployment(nights(), start=datetime(2026, 1, 1, tzinfo=UTC)) as deployment:
        deployment.advance("365 days")

        assert statuses(deployment.runs(automation="nights")) == ["SUCCESS"] * 365
        assert deployment.wakeups == 365


def test_what_is_due_at_the_last_moment_is_done() -> None:
    with Deployment(nights(), start=MONDAY) as deployment:
        deployment.advance("3 hours")

        assert statuses(deployment.runs()) == ["SUCCESS"]


def test_times_follow_the_zone_where_clocks_are_set_forward_and_back() -> None:
    definitions = nights(timezone="America/New_York")
    with Deployment(definitions, start=datetime(2026, 3, 7, 12, tzinfo=UTC)) as spring:
        spring.advance("2 days")
    with Deployment(definitions, start=datetime(2026, 10, 31, 12, tzinfo=UTC)) as autumn:
        autumn.advance("2 days")

    assert due_times(spring.runs()) == ["08 07:00", "09 07:00"]
    assert due_times(autumn.runs()) == ["01 08:00", "02 08:00"]


def test_a_function_says_what_is_run_and_what_is_skipped() -> None:
    threads: list[threading.Thread] = []

    @ms.schedule(job=nightly, cron="0 3 * * *", default_status="running")
    def weekdays(context: ms.ScheduleContext) -> ms.RunRequest | ms.SkipReason:
        threads.append(threading.current_thread())
        if context.scheduled_time.weekday() > 4:
            return ms.SkipReason("weekend")
        return ms.RunRequest(tags={"day": context.scheduled_time.strftime("%a")})

    with Deployment(ms.Definitions(schedules=[weekdays]), start=MONDAY) as deployment:
        deployment.advance("7 days")

        assert [run.tags["day"] for run in deployment.runs()] == ["Mon", "Tue", "Wed", "Thu", "Fri"]
        assert [tick.reason for tick in deployment.ticks("weekdays")] == [None] * 5 + ["weekend"] * 2
        assert set(threads) == {threading.current_thread()}


def test_a_function_that_raises_fails_its_tick_and_no_other_automation() -> None:
    @ms.schedule(job=nightly, cron="0 3 * * *", default_status="running")
    def broken(context: ms.ScheduleContext) -> None:
        raise ZeroDivisionError("no such day")

    with Deployment(ms.Definitions(schedules=[broken, every_night()]), start=MONDAY) as deployment:
        deployment.advance("3 hours")
        (tick,) = deployment.ticks("broken")

        assert tick.status == "FAILED"
        assert tick.reason is not None
        assert "no such day" in tick.reason
        assert statuses(deployment.runs()) == ["SUCCESS"]


def test_a_schedule_is_off_until_it_is_switched_on_and_what_was_due_before_never_runs() -> None:
    with Deployment(nights(default_status="stopped"), start=MONDAY) as deployment:
        deployment.advance("1 day")
        deployment.start("nights")
        deployment.advance("1 day")
        deployment.stop("nights")
        deployment.advance("1 day")

        assert due_times(deployment.runs()) == ["03 03:00"]


def test_all_automations_are_switched_where_none_is_named() -> None:
    two = [every_night(name=name, default_status="stopped") for name in ("one", "two")]
    with Deployment(ms.Definitions(schedules=two), start=MONDAY) as deployment:
        deployment.start()
        deployment.advance("1 day")
        deployment.stop()
        deployment.advance("1 day")

        assert [run.automation for run in deployment.runs()] == ["one", "two"]


def test_what_was_missed_while_no_daemon_was_up_is_caught_up_as_the_policy_says() -> None:
    hourly = every_night(name="hourly", cron="0 * * * *", catch_up=ms.CatchUp(limit=2))
    with Deployment(ms.Definitions(schedules=[hourly]), start=MONDAY) as deployment:
        deployment.outage("5 hours 30 minutes")
        missed, *_ = deployment.ticks("hourly")

        assert due_times(deployment.runs()) == ["02 04:00", "02 05:00"]
        assert (missed.status, missed.count) == ("MISSED", 3)
        deployment.advance("30 min")
        assert due_times(deployment.runs())[2:] == ["02 06:00"]


def test_the_same_deployment_comes_to_the_same_each_time() -> None:
    def history() -> list[tuple[object, ...]]:
        several = [every_night(name=name) for name in ("one", "two", "three")]
        with Deployment(ms.Definitions(schedules=several), start=MONDAY, queue={"max_concurrent_runs": 1}) as made:
            made.advance("2 days")
            runs = [(run.run_id, run.automation, run.started_at) for run in made.runs()]
            return [*runs, *((event.event_id, event.kind) for run in made.runs() for event in made.events(run))]

    assert history() == history()
