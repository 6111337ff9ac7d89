"""The bookkeeper: what was planted in a database is found and named in one sentence; what is under way is no error."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import mainspring as ms
from mainspring.audit import Books, Horizon, examine
from mainspring.run import RunStatus
from mainspring.storage import AuditEntry, Storage, open_storage
from tests.core.daemon.tick.deployed import LOCATION, Deployed

HOUR = 3600.0


@ms.op
def one() -> int:
    return 1


@ms.job
def job() -> None:
    one()


@ms.sensor(job=job, default_status="running", every=60)
def files() -> Iterator[ms.RunRequest]:
    for name in ("a", "b"):
        yield ms.RunRequest(name)


hourly = ms.Schedule(name="hourly", job=job, every=HOUR, default_status="running")
DEFINITIONS = ms.Definitions(jobs=[job], schedules=[hourly], sensors=[files])

Damage = Callable[[str], None]


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    """Give a database on disk."""
    found = open_storage("sqlite:///mainspring.db", tmp_path)
    yield found
    found.close()


@pytest.fixture
def deployed(storage: Storage) -> Deployed:
    """Give a deployment in which a schedule has run thrice and a sensor has asked for two runs."""
    found = Deployed(storage)
    found.offer(DEFINITIONS)
    found.advance(3 * HOUR + 60)
    return found


@pytest.fixture
def damage(deployed: Deployed, tmp_path: Path) -> Damage:
    """Give what changes the database behind Mainspring's back."""

    def execute(script: str) -> None:
        database = sqlite3.connect(tmp_path / "mainspring.db")
        database.executescript(script)
        database.close()

    return execute


def said(books: Books) -> list[tuple[str, str]]:
    return [(each.rule, each.said) for each in books.findings]


def test_books_balance_and_say_what_was_looked_at(deployed: Deployed, storage: Storage) -> None:
    books = examine(storage, now=deployed.clock.time())

    assert books == Books(counted={"ticks": 5, "runs": 5, "run keys": 2, "steps": 0})
    assert books.balance


def test_what_is_under_way_is_pending(deployed: Deployed, storage: Storage) -> None:
    deployed.run_seconds = None
    deployed.advance(HOUR)
    deployed.clock.advance(2 * HOUR)  # nobody decides meanwhile

    books = examine(storage, now=deployed.clock.time())
    assert said(books) == []
    assert books.pending == {"runs under way": 1, "due times to be decided": 2}


def test_missed_times_that_run_later_are_pending(deployed: Deployed, storage: Storage) -> None:
    deployed.run_seconds = None
    deployed.clock.advance(3 * HOUR)
    deployed.look()

    books = examine(storage, now=deployed.clock.time())
    assert said(books) == []
    assert books.pending == {"runs under way": 2, "missed times that run later": 1}


PLANTED = [
    pytest.param(
        "DROP INDEX ticks_by_time; INSERT INTO ticks SELECT 99, location, automation, kind, status, scheduled_time, since, "
        "count, attempts, first_at, last_at, 0, dropped, reason, body FROM ticks WHERE scheduled_time IS NOT NULL LIMIT 1",
        "one decision a tick",
        "schedule sales:hourly has decided 2026-01-01T01:00:00.000Z 2 times",
        id="a time that two ticks have decided",
    ),
    pytest.param(
        "DELETE FROM runs WHERE scheduled_time = 1767232800; DELETE FROM ticks WHERE scheduled_time = 1767232800",
        "no time is left out",
        "1 due times of schedule sales:hourly were decided by no tick: 2026-01-01T02:00:00.000Z",
        id="a time that no tick has decided",
    ),
    pytest.param(
        "UPDATE ticks SET since = scheduled_time - 3600, status = 'MISSED' WHERE scheduled_time = 1767236400",
        "one decision a tick",
        "1 due times of schedule sales:hourly were decided more than once: 2026-01-01T02:00:00.000Z",
        id="a time within another tick's stretch",
    ),
    pytest.param(
        "DELETE FROM runs WHERE scheduled_time = 1767232800",
        "one run a request",
        "of sales:hourly has asked for 1 runs, of which 0 exist",
        id="a request whose run is lost",
    ),
    pytest.param(
        "UPDATE runs SET tick_id = (SELECT min(tick_id) FROM ticks WHERE automation = 'hourly') WHERE automation = 'hourly'",
        "one run a request",
        "of sales:hourly has asked for 1 runs, and there are 3",
        id="a tick with more runs than it has asked for",
    ),
    pytest.param(
        "UPDATE runs SET tick_id = 77 WHERE scheduled_time = 1767232800",
        "one run a request",
        "says that tick 77 of sales:hourly has asked for it, which is not there",
        id="a run whose tick is not there",
    ),
    pytest.param(
        "UPDATE runs SET automation = 'files' WHERE scheduled_time = 1767232800",
        "one run a request",
        "which is of sales:hourly",
        id="a run of another automation's tick",
    ),
    pytest.param(
        "UPDATE runs SET run_key = 'a' WHERE run_key = 'b'",
        "one run a request",
        "run key 'a' of sales:files has 2 runs of job 'job': ",
        id="a run key with two runs",
    ),
    pytest.param(
        "DELETE FROM run_keys WHERE run_key = 'b'",
        "run keys are for ever",
        "run key 'b' of sales:files is missing from the ledger; run ",
        id="a key that the ledger has forgotten",
    ),
    pytest.param(
        "DELETE FROM runs WHERE run_key = 'b'",
        "run keys are for ever",
        "run key 'b' of sales:files is in the ledger for run ",
        id="a key without a run",
    ),
    pytest.param(
        "UPDATE runs SET status = 'FAILURE' WHERE run_key = 'b'",
        "the row is what the events say",
        " is FAILURE in attempt 1, and by its events SUCCESS in 1",
        id="a row that the events contradict",
    ),
    pytest.param(
        "DELETE FROM events WHERE run_id IN (SELECT run_id FROM runs WHERE run_key = 'b')",
        "the row is what the events say",
        " is SUCCESS and has no event that says so",
        id="a run whose events are lost",
    ),
    pytest.param(
        "INSERT INTO events SELECT 900, run_id, run_attempt, step_key, step_attempt, kind, timestamp, body FROM events "
        "WHERE kind = 'RUN_STARTED' LIMIT 1",
        "one execution an attempt",
        "attempt 1 of the run was begun 2 times in run ",
        id="an attempt that was begun twice",
    ),
    pytest.param(
        "UPDATE events SET run_attempt = 2 WHERE kind = 'RUN_STARTED'",
        "a superseded attempt writes nothing",
        "attempt 1 of run ",
        id="an attempt that wrote after the next one had begun",
    ),
    pytest.param(
        "UPDATE events SET kind = 'RUN_CANCELING', body = '{}' WHERE kind = 'RUN_QUEUED'",
        "statuses follow the table",
        " went from beginning to CANCELING, which no run may",
        id="a change that no run may make",
    ),
]


@pytest.mark.parametrize(("script", "rule", "sentence"), PLANTED)
def test_damage_is_found(damage: Damage, storage: Storage, script: str, rule: str, sentence: str) -> None:
    damage(script)
    found = said(examine(storage))

    assert any(each == rule and sentence in text for each, text in found), found


def test_steps_are_counted_and_checked(damage: Damage, deployed: Deployed, storage: Storage) -> None:
    deployed.write("orders")
    books = examine(storage)
    assert said(books) == []
    assert books.counted["steps"] == 1

    damage("UPDATE steps SET status = 'SUCCESS'")
    ((rule, sentence),) = said(examine(storage))
    assert rule == "the row is what the events say"
    assert (
        sentence == "step 'clean' of run writer-000001 has SUCCESS in attempt 1, and by its events STARTED in attempt 1"
    )


def test_a_run_that_succeeded_with_a_step_under_way(damage: Damage, deployed: Deployed, storage: Storage) -> None:
    deployed.write("orders")
    damage("UPDATE runs SET status = 'SUCCESS' WHERE run_id = 'writer-000001'")

    assert ("the row is what the events say", "run writer-000001 is SUCCESS, and its step 'clean' is STARTED") in said(
        examine(storage)
    )


def test_what_may_have_been_deleted_is_left_out(damage: Damage, deployed: Deployed, storage: Storage) -> None:
    damage("DELETE FROM runs WHERE scheduled_time < 1767236400; DELETE FROM ticks WHERE scheduled_time < 1767236400")
    damage("DELETE FROM runs WHERE run_key IS NOT NULL")

    horizon = Horizon(runs=deployed.clock.time() - 600, ticks=deployed.clock.time() - 600)
    assert said(examine(storage, lambda: horizon)) == []
    assert said(examine(storage)) != []


def test_times_from_before_a_change_of_the_schedule_are_not_due(deployed: Deployed, storage: Storage) -> None:
    deployed.switch("hourly", "stopped")
    deployed.advance(24 * HOUR)
    deployed.switch("hourly", "running")
    deployed.advance(3 * HOUR)
    deployed.offer(
        ms.Definitions(jobs=[job], schedules=[ms.Schedule(name="hourly", job=job, every=60, default_status="running")])
    )
    deployed.advance(HOUR)

    books = examine(storage)
    assert said(books) == []
    assert books.counted["ticks"] > 60


def test_a_run_that_changes_while_it_is_read_is_read_again(deployed: Deployed, storage: Storage) -> None:
    deployed.run_seconds = None
    deployed.advance(HOUR)
    (run,) = deployed.runs(RunStatus.STARTED)
    read = storage.events.read
    ended: list[str] = []

    def end_meanwhile(run_id: str) -> object:
        found = read(run_id)
        if run_id == run.run_id and not ended:
            ended.append(run_id)
            deployed.end(run)
        return found

    storage.events.read = end_meanwhile  # type: ignore[method-assign, assignment]
    books = examine(storage)

    assert ended == [run.run_id]
    assert said(books) == []


def test_a_schedule_that_became_a_sensor_of_the_log(deployed: Deployed, storage: Storage) -> None:
    @ms.run_status_sensor(job=job, statuses=[RunStatus.FAILURE], default_status="running")
    def hourly(context: ms.SensorContext, run_event: object) -> None:
        """Look on."""

    deployed.offer(ms.Definitions(jobs=[job], sensors=[hourly]))
    deployed.advance(HOUR)

    assert said(examine(storage)) == []


def test_a_key_that_was_cleared_under_an_older_name(deployed: Deployed, storage: Storage) -> None:
    assert storage.automations.clear_keys(LOCATION, "files", "a") == 1
    act = {"run_key": "a", "job": None, "jobs": 1}
    subject = f"sensor:{LOCATION}:files"
    storage.audit.record(AuditEntry(at=1.0, who="me", action="sensor clear-key", subject=subject, detail=act))
    deployed.advance(120)

    @ms.sensor(job=job, default_status="running", every=60, adopts="files")
    def uploads() -> ms.RunRequest:
        return ms.RunRequest("a")

    deployed.offer(ms.Definitions(jobs=[job], schedules=[hourly], sensors=[uploads]))
    deployed.advance(120)

    assert [run.run_key for run in deployed.runs() if run.automation == "uploads"].count("a") == 2
    assert said(examine(storage)) == []


def test_times_closer_than_a_second_to_a_stretch(deployed: Deployed, storage: Storage) -> None:
    often = ms.Schedule(name="often", job=job, every=0.2, catch_up="none", default_status="running")
    deployed.offer(ms.Definitions(jobs=[job], schedules=[often]))
    deployed.advance(1)
    deployed.clock.advance(6)
    deployed.advance(1)

    assert "MISSED" in deployed.statuses("often")
    assert said(examine(storage)) == []


def test_what_is_deleted_while_it_is_read_is_not_missing(damage: Damage, deployed: Deployed, storage: Storage) -> None:
    horizons = iter([Horizon(), *[Horizon(deployed.clock.time(), deployed.clock.time())] * 5])

    def horizon() -> Horizon:
        found = next(horizons)
        if found == Horizon():
            damage("DELETE FROM runs")  # just after it was said that all is there
        return found

    assert said(examine(storage, horizon)) == []
