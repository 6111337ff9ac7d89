"""What new definitions would change: what is new, gone or changed, and what follows from that."""

from typing import Any

from attrs import evolve

import mainspring as ms
from mainspring.daemon.change import Change, Standing, compare, outlook
from mainspring.daemon.change.outlook import COUNT_LIMIT
from mainspring.daemon.tick.due import introduce
from mainspring.daemon.tick.offered import OfferedSchedule, read_offered
from mainspring.location.snapshot import take_snapshot
from mainspring.storage import AutomationState, DefinitionRecord

NOW = 1_767_225_600.0  # 2026-01-01, a Thursday
DAY = 86_400.0

Definitions = dict[tuple[str, str], DefinitionRecord]


@ms.op
def one() -> int:
    return 1


@ms.job
def job() -> None:
    one()


@ms.job
def other() -> None:
    one()


def daily(**changes: Any) -> ms.Schedule:
    return ms.Schedule(**{"name": "daily", "job": job, "cron": "0 3 * * *", "default_status": "running", **changes})


def files(**changes: Any) -> ms.Sensor:
    def function() -> ms.RunRequest:
        return ms.RunRequest("a")

    return ms.sensor(**{"name": "files", "job": job, "default_status": "running", **changes})(function)


def offered(*automations: Any, jobs: tuple[ms.Job, ...] = (job, other)) -> Definitions:
    schedules = [each for each in automations if isinstance(each, ms.Schedule)]
    sensors = [each for each in automations if not isinstance(each, ms.Schedule)]
    entries = take_snapshot(ms.Definitions(jobs=list(jobs), schedules=schedules, sensors=sensors))
    return {
        (each.kind, each.name): DefinitionRecord(
            location="sales", kind=each.kind, name=each.name, hash=each.hash, body=each.body
        )
        for each in entries
    }


def standing(definitions: Definitions, **changes: Any) -> Standing:
    """Return how a location stands that has offered these for a while."""
    states: dict[str, AutomationState] = {}
    for (kind, name), record in definitions.items():
        if kind != "job":
            found = read_offered(record)
            states[name] = (
                introduce(found, NOW)
                if isinstance(found, OfferedSchedule)
                else AutomationState(location="sales", name=name, kind=kind)
            )
    return Standing(definitions=definitions, states=states, **changes)


def test_what_is_as_before_is_no_change() -> None:
    assert compare(standing(offered(daily(), files())), offered(daily(), files()), NOW) == ()


def test_what_is_new_says_when_it_begins() -> None:
    assert compare(standing({}), offered(daily(), files(), jobs=(job,)), NOW) == (
        Change("job", "job", "new"),
        Change("schedule", "daily", "new", ("it is running, and due first at 2026-01-01T03:00:00Z",)),
        Change("sensor", "files", "new", ("it is running, every 15 s",)),
    )


def test_what_is_new_and_stopped_says_how_to_start_it() -> None:
    (change,) = compare(standing(offered()), offered(daily(default_status="stopped")), NOW)

    assert change.said == ("it is stopped until `mainspring schedule start sales:daily`",)


def test_a_job_that_is_gone_takes_its_queued_runs_along() -> None:
    (change,) = compare(standing(offered(), live={"other": 2}), offered(jobs=(job,)), NOW)

    assert change == Change("job", "other", "gone", ("2 runs of it not over yet; those that have not begun will fail",))


def test_another_name_without_adoption_would_run_keys_again() -> None:
    before = standing(offered(files()), keys={"files": 3})
    gone, new = compare(before, offered(files(name="uploads")), NOW)

    assert gone == Change(
        "sensor",
        "files",
        "gone",
        (
            "its 3 run keys are kept, for this name only",
            "if 'uploads' is this sensor by another name, give it adopts='files', or what has those keys runs again",
        ),
    )
    assert new == Change("sensor", "uploads", "new", ("it is running, every 15 s",))


def test_adoption_keeps_state_and_keys() -> None:
    before = standing(offered(files()), keys={"files": 1001})
    gone, adopting = compare(before, offered(files(name="uploads", adopts="files")), NOW)

    assert gone.said == ("'uploads' takes over its state and its more than 1,000 run keys",)
    assert adopting.what == "adopts"
    assert adopting.said[0] == "it takes over the state and the more than 1,000 run keys of 'files'"


def test_adoption_that_does_not_come_about() -> None:
    before = standing(offered(files()))
    (change,) = compare(before, offered(files(), files(name="uploads", adopts="nobody")), NOW)
    assert (change.name, change.what) == ("uploads", "new")
    assert change.said[0] == "it does not take over 'nobody', which was never seen"

    seen = evolve(before, states={**before.states, "uploads": evolve(before.states["files"], name="uploads")})
    gone, change = compare(seen, offered(files(name="uploads", adopts="files")), NOW)
    assert (gone.name, gone.what, change.what) == ("files", "gone", "new")
    assert change.said[0] == "it does not take over 'files', as it was seen before under its own name"


def test_one_that_was_there_before_keeps_its_keys_and_its_switch() -> None:
    before = standing(offered(daily()), keys={"daily": 1})
    before = evolve(
        before, definitions=offered(), states={"daily": evolve(before.states["daily"], switch="stopped", timing=None)}
    )
    (change,) = compare(before, offered(daily()), NOW)

    assert change.said == (
        "it was there before: its 1 run key count, and what fell due meanwhile does not run",
        "it is stopped until `mainspring schedule start sales:daily`",
    )


def test_other_times_drop_what_was_missed() -> None:
    before = standing(offered(daily()))
    late = evolve(before.states["daily"], backlog=((NOW - 3 * DAY, NOW - DAY),))
    (change,) = compare(evolve(before, states={"daily": late}), offered(daily(cron="0 4 * * *")), NOW)

    assert change.said == (
        "its times change; nothing of the past runs by the new ones; 2 missed times of before will not run",
        "changes cron",
    )


def test_a_default_that_changes_and_a_switch_that_overrides_it() -> None:
    before = standing(offered(daily()))
    (change,) = compare(before, offered(daily(default_status="stopped")), NOW)
    assert change.said == ("it comes to be stopped, by its default_status",)

    switched = evolve(before, states={"daily": evolve(before.states["daily"], switch="running")})
    (change,) = compare(switched, offered(daily(default_status="stopped")), NOW)
    assert change.said == ("its default_status is stopped; it stays running, as somebody has switched it",)


def test_other_jobs_and_other_fields() -> None:
    (change,) = compare(standing(offered(files())), offered(files(job=other, every=60)), NOW)

    assert change.said == (
        "it asks for runs of 'job' no more",
        "it may ask for runs of 'other'; run keys count for each job by itself",
        "changes every_seconds",
    )


def test_a_schedule_that_is_gone_says_what_it_missed() -> None:
    before = standing(offered(daily()))
    late = evolve(before.states["daily"], backlog=((NOW - DAY, NOW),))
    (change,) = compare(evolve(before, states={"daily": late}), offered(), NOW)

    assert change == Change("schedule", "daily", "gone", ("1 missed time of it will not run",))


def test_the_outlook_counts_what_is_on() -> None:
    new = offered(daily(), daily(name="hourly", cron="@hourly"), daily(name="off", default_status="stopped"))
    found = outlook(standing({}), new, NOW, NOW + 7 * DAY)

    assert [(each.name, each.count, each.first) for each in found] == [
        ("hourly", 168, NOW + 3600),
        ("daily", 7, NOW + 3 * 3600),
    ]


def test_the_outlook_of_what_is_due_all_the_time_is_cut() -> None:
    new = offered(ms.Schedule(name="often", job=job, every=1, default_status="running"))
    (found,) = outlook(standing({}), new, NOW, NOW + 366 * DAY)

    assert found.count == COUNT_LIMIT + 1


def test_what_keeps_its_name_and_changes_its_kind_has_no_heir() -> None:
    before = standing(offered(daily()), keys={"daily": 3})
    gone, _, _ = compare(before, offered(files(name="daily"), daily(name="other_daily")), NOW)

    assert gone == Change("schedule", "daily", "gone", ("its 3 run keys are kept, for this name only",))


def test_only_what_is_of_the_same_sort_may_be_the_heir() -> None:
    @ms.run_status_sensor(job=job, statuses=[ms.RunStatus.FAILURE], default_status="running")
    def failures(context: object, run_event: object) -> None:
        """Look on."""

    _, gone = compare(standing(offered(files()), keys={"files": 3}), offered(failures), NOW)
    assert gone.said == ("its 3 run keys are kept, for this name only",)

    before = standing(offered(failures))
    _, adopting = compare(before, offered(files(adopts="failures")), NOW)
    assert adopting.said[1] == "it is of another sort than 'failures', and finds that one's cursor"
