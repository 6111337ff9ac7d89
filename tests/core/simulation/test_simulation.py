from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

import mainspring as ms
from mainspring.errors import UnknownNameError
from mainspring.simulation.outcome import Outcome
from mainspring.simulation.simulation import Simulated, simulate
from mainspring.storage import AutomationState, Decision, Storage, Tick, TickStatus, memory_storage
from mainspring.testing.deployment.location import LocationHere


@ms.op
def work() -> None:
    raise AssertionError("nothing is executed")


@ms.job
def ingest() -> None:
    work()


@ms.job
def report() -> None:
    work()


@ms.schedule(job=ingest, cron="0 0 * * *")
def weekdays(context: ms.ScheduleContext) -> ms.RunRequest | ms.SkipReason:
    if context.scheduled_time.weekday() > 4:
        return ms.SkipReason("weekend")
    return ms.RunRequest(tags={"day": str(context.scheduled_time.date())})


def at(year: int, month: int, day: int) -> float:
    return datetime(year, month, day, tzinfo=UTC).timestamp()


def of(definitions: ms.Definitions, **options: Any) -> Simulated:
    """Simulate the first two weeks of March 2026, which begin on a Sunday."""
    return simulate({"sales": LocationHere("sales", definitions)}, at(2026, 3, 1), at(2026, 3, 14), **options)


def short(outcome: Outcome) -> tuple[str, str, int, int]:
    return outcome.automation, outcome.status, outcome.times, outcome.runs


def test_what_repeats_is_told_once_and_both_ends_count() -> None:
    found = of(ms.Definitions(schedules=[weekdays])).outcomes

    assert list(map(short, found)) == [("weekdays", "SKIPPED", 4, 0), ("weekdays", "REQUESTED", 10, 10)]
    assert [each.reason for each in found] == ["weekend", None]
    assert (found[0].first_at, found[0].last_at) == (at(2026, 3, 1), at(2026, 3, 14))
    assert found[1].asks_for == (("ingest", "default"),)
    assert found[1].example is not None
    assert found[1].example.tags == {"day": "2026-03-02"}


def test_runs_succeed_at_once_so_that_what_follows_them_is_seen() -> None:
    @ms.run_status_sensor(job=report, of=[ingest], statuses=["SUCCESS"])
    def after(context: ms.SensorContext, event: ms.RunStatusEvent) -> ms.RunRequest:
        return ms.RunRequest()

    found = of(ms.Definitions(schedules=[weekdays], sensors=[after])).outcomes

    assert ("after", "REQUESTED", 10, 10) in map(short, found)


def test_what_a_function_raises_is_told() -> None:
    @ms.schedule(job=ingest, cron="0 0 1 * *")
    def broken(context: ms.ScheduleContext) -> None:
        raise ZeroDivisionError("no such month")

    (outcome,) = of(ms.Definitions(schedules=[broken])).outcomes

    assert (outcome.status, outcome.reason, outcome.runs) == ("FAILED", "ZeroDivisionError: no such month", 0)


def test_a_stub_calls_no_functions_and_leaves_sensors_out() -> None:
    def fail(context: object) -> None:
        raise AssertionError("it is called")

    schedule = ms.schedule(job=ingest, cron="0 0 * * *", name="daily")(fail)
    sensor = ms.sensor(job=ingest, name="uploads")(fail)
    found = of(ms.Definitions(schedules=[schedule], sensors=[sensor]), is_stubbed=True)

    assert list(map(short, found.outcomes)) == [("daily", "REQUESTED", 14, 14)]
    assert [each.name for each in found.left_out] == ["uploads"]


def test_no_source_is_told_that_its_items_were_taken() -> None:
    class Letters(ms.SensorSource):
        def poll(self, cursor: str | None) -> list[ms.Item]:
            return [] if cursor else [ms.Item("a", None, "a")]

        def ack(self, items: object) -> None:
            raise AssertionError("nothing was taken")

    letters = ms.Sensor(
        name="letters",
        job=ingest,
        source=Letters(),
        request=lambda item: ms.RunRequest(run_key=item.key),
        every=86_400.0,
    )
    found = of(ms.Definitions(sensors=[letters])).outcomes

    assert ("letters", "REQUESTED", 1, 1) in map(short, found)
    assert "FAILED" not in [each.status for each in found]


def test_only_those_are_simulated_that_are_named() -> None:
    other = ms.Schedule(name="other", job=ingest, cron="0 0 * * *")
    definitions = ms.Definitions(schedules=[weekdays, other])

    for name in ("other", "sales:other"):
        assert list(map(short, of(definitions, names=[name]).outcomes)) == [("other", "REQUESTED", 14, 14)]
    with pytest.raises(UnknownNameError, match=r"no schedule or sensor 'othr'; .*other"):
        of(definitions, names=["othr"])


def home_with(*states: tuple[AutomationState, str | None]) -> Storage:
    """Return the storage of a home with automations and their cursors."""
    storage = memory_storage()
    for state, cursor in states:
        storage.automations.introduce([state])
        storage.automations.commit([Decision(state=state, cursor=cursor, moves_cursor=True)])
    return storage


def of_home(definitions: ms.Definitions, home: Storage) -> Simulated:
    return of(definitions, home=home, are_all_on=False)


def test_what_is_on_in_a_home_counts_as_switched_on_when_it_begins() -> None:
    later = ms.Schedule(name="later", job=ingest, cron="0 0 * * *", default_status="running")
    definitions = ms.Definitions(schedules=[weekdays, later])
    on = AutomationState(location="sales", name="weekdays", kind="schedule", switch="running", mark=at(2030, 1, 1))
    off = AutomationState(location="sales", name="later", kind="schedule", switch="stopped")
    found = of_home(definitions, home_with((on, None), (off, None)))

    assert list(map(short, found.outcomes)) == [("weekdays", "SKIPPED", 4, 0), ("weekdays", "REQUESTED", 10, 10)]
    assert [each.name for each in found.left_out] == ["later"]


@pytest.fixture
def uploads() -> ms.Sensor:
    @ms.sensor(job=ingest, every=86_400.0, default_status="running")
    def uploads(context: ms.SensorContext) -> ms.RunRequest:
        day = int(context.cursor or 0) + 1
        context.set_cursor(str(day))
        return ms.RunRequest(run_key=f"day-{day}")

    return uploads


def key_asked_for(storage: Storage, run_key: str) -> Callable[[], int]:
    """Have a run key asked for in a home, and return what counts the runs and ticks there."""
    state = storage.automations.get("sales", "uploads")
    assert state is not None
    tick = Tick(location="sales", automation="uploads", kind="sensor", status=TickStatus.REQUESTED)
    run = ms.Run(
        run_id="r1",
        job_name="ingest",
        mode="default",
        status=ms.RunStatus.QUEUED,
        location="sales",
        automation="uploads",
        run_key=run_key,
    )
    storage.automations.commit([Decision(state=state, ticks=(tick,), runs=(run,), cursor="7", moves_cursor=True)])
    return lambda: len(storage.events.read("r1")) + len(storage.automations.states())


def test_cursors_and_run_keys_are_those_of_the_home_where_nothing_changes(uploads: ms.Sensor) -> None:
    home = home_with((AutomationState(location="sales", name="uploads", kind="sensor"), None))
    rows = key_asked_for(home, "day-8")
    before = rows(), home.automations.states(), home.automations.cursors("sales", ["uploads"])
    found = of_home(ms.Definitions(sensors=[uploads]), home).outcomes

    assert [short(each) for each in found] == [("uploads", "SKIPPED", 1, 0), ("uploads", "REQUESTED", 12, 12)]
    assert found[1].example is not None
    assert found[1].example.run_key == "day-9"
    assert (rows(), home.automations.states(), home.automations.cursors("sales", ["uploads"])) == before


def test_many_schedules_are_told_one_by_one_and_how_far_it_has_come() -> None:
    many = [ms.Schedule(name=f"s{number}", job=ingest, cron="0 3 * * *") for number in range(100)]
    here = {"sales": LocationHere("sales", ms.Definitions(schedules=many))}
    shares: list[float] = []
    found = simulate(here, at(2026, 1, 1), at(2026, 1, 31), on_progress=shares.append)

    assert {(each.times, each.runs, each.status) for each in found.outcomes} == {(30, 30, "REQUESTED")}
    assert len(found.outcomes) == 100
    assert (shares[-1], shares == sorted(shares)) == (1.0, True)
