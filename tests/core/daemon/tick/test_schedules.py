"""Schedules, decided by the daemon's own reconcilers on a virtual clock."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from attrs import evolve

import mainspring as ms
from mainspring.event import RunCanceled
from mainspring.run import RunStatus
from mainspring.storage import Decision, LocationStatus, Storage, TickStatus
from tests.core.daemon.tick.deployed import LOCATION, Deployed

HOUR = 3600.0


@ms.op
def one() -> int:
    return 1


@ms.job(tags={"team": "data"})
def job() -> None:
    one()


@ms.job
def other() -> None:
    one()


def plain(**changes: Any) -> ms.Definitions:
    """Return definitions with one schedule without a function."""
    given = {"name": "hourly", "job": job, "cron": "0 * * * *", "default_status": "running", **changes}
    return ms.Definitions(jobs=[job, other], schedules=[ms.Schedule(**given)])


def asking(function: Callable[..., Any], **changes: Any) -> ms.Definitions:
    """Return definitions with one schedule that has a function."""
    given = {"name": "hourly", "jobs": [job, other], "every": HOUR, "default_status": "running", **changes}
    return ms.Definitions(jobs=[job, other], schedules=[ms.schedule(**given)(function)])


def test_each_due_time_gives_one_run(deployed: Deployed) -> None:
    deployed.offer(plain(config={"ops": {}}, tags={"by": "clock"}))
    deployed.advance(3 * HOUR + 60)
    runs = deployed.runs()
    begin = datetime(2026, 1, 1, tzinfo=UTC).timestamp()

    assert [run.scheduled_time for run in runs] == [begin + hours * HOUR for hours in (1, 2, 3)]
    assert {run.status for run in runs} == {RunStatus.SUCCESS}
    assert (runs[0].tags, runs[0].automation, runs[0].location) == ({"team": "data", "by": "clock"}, "hourly", LOCATION)
    assert deployed.statuses("hourly") == ["REQUESTED"] * 3
    assert [run.tick_id for run in runs] == [tick.tick_id for tick in deployed.ticks("hourly")]


def test_a_function_says_what_to_ask_for(deployed: Deployed) -> None:
    def decide(context: ms.ScheduleContext) -> Any:
        hour = context.scheduled_time.hour
        if hour == 1:
            return ms.SkipReason("a holiday")
        return [ms.RunRequest(job="job", tags={"hour": str(hour)}), ms.RunRequest(job=other, priority=3)]

    deployed.offer(asking(decide))
    deployed.advance(2 * HOUR)
    skipped, requested = deployed.ticks("hourly")

    assert (skipped.status, skipped.reason, skipped.requested) == (TickStatus.SKIPPED, "a holiday", 0)
    assert (requested.status, requested.requested) == (TickStatus.REQUESTED, 2)
    runs = deployed.runs()
    assert [(run.job_name, run.priority) for run in runs] == [("job", 0), ("other", 3)]
    assert runs[0].tags == {"team": "data", "hour": "2"}


def test_downtime_is_made_up_for_as_the_policy_says(deployed: Deployed) -> None:
    """Scars: D#25594, T#4332. Three hours down: the missed runs come one after the other, the rest is on record."""
    deployed.run_seconds = 900.0
    deployed.offer(plain(cron="*/30 * * * *", catch_up=ms.CatchUp(limit=3)))
    deployed.advance(60)
    deployed.clock.advance(3 * HOUR + 100)
    deployed.start_daemon()
    deployed.advance(29 * 60)
    (missed, *requested) = deployed.ticks("hourly")

    assert (missed.status, missed.count) == (TickStatus.MISSED, 3)
    assert missed.reason is not None
    assert "3 newest" in missed.reason
    assert [tick.detail.get("caught_up", False) for tick in requested] == [True, True, False]
    first, second, live = (run.started_at or 0.0 for run in deployed.runs())
    assert (second - first, live) == (900.0, deployed.runs()[2].scheduled_time)


def test_purging_ticks_replays_nothing(deployed: Deployed, storage: Storage) -> None:
    """Scar: D#14555. What was decided is not looked up among ticks."""
    deployed.offer(plain())
    deployed.advance(2 * HOUR)
    state = storage.automations.get(LOCATION, "hourly")
    assert state is not None
    assert state.mark == deployed.clock.time()
    deployed.start_daemon()
    deployed.advance(60)

    assert len(deployed.runs()) == 2


@pytest.mark.parametrize("cron", ["*/5 * * * *", "30 * * * *", "0 0 1 1 *"])
def test_an_edit_runs_nothing_of_the_past(deployed: Deployed, cron: str) -> None:
    """Scar: D#13597."""
    deployed.offer(plain())
    deployed.advance(2.5 * HOUR)
    before = len(deployed.runs())
    deployed.offer(plain(cron=cron))
    deployed.look()
    assert len(deployed.runs()) == before
    deployed.offer(plain())
    deployed.advance(0.5 * HOUR)

    assert [run.scheduled_time for run in deployed.runs()][before:] == [deployed.clock.time()]


def test_a_schedule_that_comes_more_often_does_so_at_once(deployed: Deployed) -> None:
    deployed.offer(plain(cron="0 0 1 7 *"))
    deployed.advance(60)
    deployed.offer(plain(cron="* * * * *"))
    deployed.advance(180)

    assert len(deployed.runs()) == 3


def test_a_location_that_fails_to_load_keeps_its_schedules_as_they_are(deployed: Deployed, storage: Storage) -> None:
    """Scars: D#9805, D#25618, D#33656."""
    deployed.offer(plain(default_status="stopped"))
    deployed.look()
    switch(storage, "running", deployed.clock.time())
    deployed.automations.look_again()
    deployed.advance(HOUR)
    record = storage.locations.get(LOCATION)
    assert record is not None
    storage.locations.record(evolve(record, status=LocationStatus.FAILED, error="SyntaxError"))
    deployed.automations.look_again()
    deployed.advance(HOUR)
    deployed.offer(plain(default_status="stopped", description="mended"))
    deployed.advance(HOUR)

    assert deployed.statuses("hourly") == ["REQUESTED"] * 3
    state = storage.automations.get(LOCATION, "hourly")
    assert state is not None
    assert state.switch == "running"


def switch(storage: Storage, to: str, now: float, name: str = "hourly") -> None:
    """Switch an automation, as a person does."""
    state = storage.automations.get(LOCATION, name)
    assert state is not None
    decision = Decision(state=evolve(state, switch=to, updated_at=now))
    assert storage.automations.commit([decision]).committed[0].state is not None


def test_what_somebody_has_switched_overrides_what_the_code_says(deployed: Deployed, storage: Storage) -> None:
    deployed.offer(plain())
    deployed.advance(HOUR)
    switch(storage, "stopped", deployed.clock.time())
    deployed.automations.look_again()
    deployed.advance(3 * HOUR)
    assert len(deployed.runs()) == 1
    switch(storage, "running", deployed.clock.time())
    deployed.automations.look_again()
    deployed.look()
    assert len(deployed.runs()) == 1
    deployed.advance(HOUR)
    assert len(deployed.runs()) == 2


def test_a_renamed_schedule_keeps_its_state(deployed: Deployed, storage: Storage) -> None:
    deployed.offer(plain())
    deployed.advance(2 * HOUR)
    deployed.offer(plain(name="each_hour", adopts="hourly"))
    deployed.advance(HOUR)

    assert deployed.statuses("each_hour") == ["REQUESTED"] * 3
    assert storage.automations.get(LOCATION, "hourly") is None


def test_a_tick_that_fails_is_tried_again_and_each_attempt_is_kept(deployed: Deployed) -> None:
    """Scar: D#20380."""
    calls: list[datetime] = []

    def fails_twice(context: ms.ScheduleContext) -> Any:
        calls.append(context.scheduled_time)
        if len(calls) < 3:
            raise ValueError(f"call {len(calls)}")
        return ms.RunRequest(job=job)

    deployed.offer(asking(fails_twice))
    deployed.advance(HOUR + 60)
    (tick,) = deployed.ticks("hourly")

    assert (tick.status, tick.attempts, tick.requested) == (TickStatus.REQUESTED, 3, 1)
    assert [each["error"]["message"] for each in tick.detail["failures"]] == ["call 1", "call 2"]
    assert len(set(calls)) == 1


def test_a_tick_that_goes_on_failing_stays_so_and_the_next_one_is_on_time(deployed: Deployed) -> None:
    def fails(context: ms.ScheduleContext) -> Any:
        if context.scheduled_time.hour == 1:
            raise ValueError("no")
        return ms.RunRequest(job=job)

    deployed.offer(asking(fails))
    deployed.advance(2 * HOUR)
    failed, requested = deployed.ticks("hourly")

    assert (failed.status, failed.attempts) == (TickStatus.FAILED, 4)
    assert failed.detail["error"]["type"] == "ValueError"
    assert "fails" in failed.detail["error"]["traceback"]
    assert (requested.status, requested.first_at) == (TickStatus.REQUESTED, deployed.clock.time())


def test_a_location_that_is_down_delays_a_tick(deployed: Deployed) -> None:
    deployed.offer(asking(lambda context: ms.RunRequest(job=job)))
    deployed.client.is_down = True
    deployed.advance(HOUR + 20)
    assert deployed.ticks("hourly") == []
    deployed.client.is_down = False
    deployed.advance(5)

    assert deployed.statuses("hourly") == ["REQUESTED"]


def test_a_job_that_is_not_offered_any_more_fails_the_tick(deployed: Deployed) -> None:
    definitions = plain()
    deployed.offer(definitions)
    deployed.look()
    known = deployed.storage.locations.hashes(LOCATION)
    record = deployed.storage.locations.get(LOCATION)
    assert record is not None
    gone = [place for place in known if place[0] == "job"]
    deployed.storage.locations.record(evolve(record, snapshot="another"), [], gone)
    deployed.automations.look_again()
    deployed.advance(HOUR + 60)
    (tick,) = deployed.ticks("hourly")

    assert tick.status is TickStatus.FAILED
    assert "job" in (tick.reason or "")
    assert deployed.runs() == []


@pytest.mark.parametrize(
    ("overlap", "statuses", "left"),
    [
        ("allow", ["REQUESTED"] * 4, ["STARTED"] * 4),
        ("skip", ["REQUESTED", "OVERLAP", "OVERLAP", "OVERLAP"], ["STARTED"]),
        ("queue_one", ["REQUESTED", "REQUESTED", "OVERLAP", "OVERLAP"], ["STARTED", "QUEUED"]),
    ],
)
def test_overlap(deployed: Deployed, overlap: str, statuses: list[str], left: list[str]) -> None:
    deployed.run_seconds = None
    deployed.offer(plain(overlap=overlap))
    deployed.advance(4 * HOUR)

    assert deployed.statuses("hourly") == statuses
    assert [run.status for run in deployed.runs()] == left
    assert all(tick.reason for tick in deployed.ticks("hourly") if tick.status is TickStatus.OVERLAP)
    for run in deployed.runs(RunStatus.STARTED):
        deployed.end(run)
    deployed.look()
    assert [run.status for run in deployed.runs()][len(statuses) :] == []
    assert all(run.status in (RunStatus.SUCCESS, RunStatus.STARTED) for run in deployed.runs())


def test_the_last_run_is_canceled_for_the_next_one(deployed: Deployed) -> None:
    deployed.run_seconds = None
    deployed.offer(plain(overlap="cancel_running"))
    deployed.advance(2 * HOUR)
    first, second = deployed.runs()

    assert (first.status, second.status) == (RunStatus.CANCELING, RunStatus.QUEUED)
    deployed.record(first, RunCanceled())
    deployed.look()
    assert [run.status for run in deployed.runs()] == [RunStatus.CANCELED, RunStatus.STARTED]


@pytest.mark.parametrize("overlap", ["skip", "queue_one", "cancel_running"])
def test_missed_times_do_not_overlap_either(deployed: Deployed, overlap: str) -> None:
    deployed.run_seconds = 900.0
    deployed.offer(plain(cron="*/30 * * * *", overlap=overlap))
    deployed.advance(60)
    deployed.clock.advance(3 * HOUR - 120)
    deployed.start_daemon()
    deployed.advance(3 * HOUR)
    ends = [(run.started_at or 0.0, run.ended_at or 0.0) for run in deployed.runs(RunStatus.SUCCESS)]

    assert len(ends) > 5
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(sorted(ends)))


def test_a_mode_that_no_job_has_fails_the_tick(deployed: Deployed) -> None:
    deployed.offer(asking(lambda context: ms.RunRequest(job="job", mode="prdo")))
    deployed.advance(HOUR + 60)
    (tick,) = deployed.ticks("hourly")

    assert tick.status is TickStatus.FAILED
    assert "prdo" in (tick.reason or "")
    assert deployed.runs() == []


def test_a_clock_that_jumps_decides_no_time_twice(deployed: Deployed) -> None:
    deployed.offer(plain(catch_up="all"))
    deployed.advance(2 * HOUR)
    deployed.clock.jump(-HOUR)
    deployed.advance(HOUR)
    assert len(deployed.runs()) == 2
    deployed.clock.jump(24 * HOUR)
    deployed.advance(60)
    deployed.clock.jump(-24 * HOUR)
    deployed.advance(26 * HOUR)
    times = [run.scheduled_time for run in deployed.runs()]

    assert len(times) == len(set(times))
    assert sorted(each or 0.0 for each in times) == [times[0] + hours * HOUR for hours in range(len(times)) if times[0]]


def test_many_schedules_are_decided_together(deployed: Deployed) -> None:
    schedules = [ms.Schedule(name=f"s{n}", job=job, cron="0 * * * *", default_status="running") for n in range(300)]
    deployed.offer(ms.Definitions(jobs=[job], schedules=schedules))
    deployed.advance(HOUR)

    assert len(deployed.runs()) == 300
    assert {run.scheduled_time for run in deployed.runs()} == {deployed.clock.time()}


def test_start_and_end_are_kept(deployed: Deployed) -> None:
    begin = datetime(2026, 1, 1, 2, tzinfo=UTC)
    deployed.offer(plain(start=begin, end=begin.replace(hour=4)))
    deployed.advance(10 * HOUR)

    assert [datetime.fromtimestamp(run.scheduled_time or 0, UTC).hour for run in deployed.runs()] == [2, 3]
