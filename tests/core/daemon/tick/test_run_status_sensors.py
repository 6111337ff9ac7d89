"""Run status sensors, and what all followers have in common."""

from collections.abc import Iterator
from typing import Any

import pytest

import mainspring as ms
from mainspring.daemon.tick import tail
from mainspring.daemon.tick.interest import smallest
from mainspring.daemon.tick.page import PASSED_FACTS
from mainspring.event import RunFailed
from mainspring.storage import Storage, memory_storage
from mainspring.testing.contract.stored_runs import given_run
from tests.core.daemon.tick.deployed import LOCATION, Deployed
from tests.core.daemon.tick.following import alert, alerting, each_one, given_failure, ingest, keys, report, watching


def test_a_status_sensor_is_told_of_its_locations_runs(deployed: Deployed) -> None:
    seen: list[ms.RunStatusEvent] = []

    def look(context: ms.SensorContext, run_event: ms.RunStatusEvent) -> ms.RunRequest:
        seen.append(run_event)
        return ms.RunRequest(tags={"of": run_event.run_id})

    deployed.offer(alerting(look))
    deployed.advance(1)
    given_failure(deployed, "r1")
    given_failure(deployed, "r2", location="elsewhere")
    given_failure(deployed, "r3", location=None)
    given_run(deployed.storage, ms.RunStatus.SUCCESS, "r4", location=LOCATION)
    given_failure(deployed, "r5", job_name="report", tags={"team": "data"})
    deployed.advance(1)

    assert [each.run_id for each in seen] == ["r1", "r5"]
    assert [each.status for each in seen] == [ms.RunStatus.FAILURE] * 2
    assert (seen[1].job_name, seen[1].run.tags, seen[1].reason) == ("report", {"team": "data"}, "it failed")
    assert seen[1].run == deployed.storage.runs.get("r5")
    assert [run.tags["of"] for run in deployed.runs() if run.job_name == "alert"] == ["r1", "r5"]


def test_a_status_sensor_is_told_of_some_jobs_and_statuses(deployed: Deployed) -> None:
    deployed.offer(alerting(of=[ingest], statuses=["FAILURE", "SUCCESS"]))
    deployed.advance(1)
    first = given_failure(deployed, "r1")
    given_failure(deployed, "r2", job_name="report")
    given_run(deployed.storage, ms.RunStatus.SUCCESS, "r3", location=LOCATION)
    last = deployed.storage.events.read("r3")[-1].event_id
    deployed.advance(1)

    assert keys(deployed) == [str(first), str(last)]


@pytest.mark.parametrize(("own_runs", "number"), [(False, 1), (True, 4)])
def test_its_own_runs_concern_it_only_if_it_says_so(deployed: Deployed, own_runs: bool, number: int) -> None:
    """One that always asks for another run never ends."""
    deployed.run_seconds = None
    deployed.offer(alerting(own_runs=own_runs))
    deployed.advance(1)
    given_failure(deployed, "r1")
    deployed.advance(1)
    for _ in range(3):
        for run in deployed.runs(ms.RunStatus.STARTED):
            deployed.record(run, RunFailed("it failed, too"))
        deployed.automations.runs_changed()
        deployed.advance(1)

    assert len(keys(deployed)) == number


def test_what_does_not_concern_it_is_passed_and_not_read_again(deployed: Deployed) -> None:
    """However many runs of others there are, it does not begin at the first of them each time."""
    deployed.offer(alerting(of=[ingest]))
    deployed.advance(1)
    begun_at = int(deployed.cursor("failed") or 0)
    for number in range(3):
        given_failure(deployed, f"other-{number}", job_name="report")
    deployed.advance(tail.KEEP_UP_SECONDS - 60)
    assert deployed.cursor("failed") == str(begun_at)
    deployed.advance(120)

    assert deployed.cursor("failed") == str(deployed.storage.events.last_followed())
    assert deployed.client.asked == []
    assert deployed.ticks("failed") == []


def test_a_long_way_of_what_does_not_concern_it_is_passed_in_pages() -> None:
    deployed = Deployed(memory_storage())
    deployed.offer(alerting(of=[ingest]))
    deployed.advance(1)
    for number in range(PASSED_FACTS + 10):
        given_failure(deployed, f"other-{number:05}", job_name="report")
    event_id = given_failure(deployed, "r1")
    deployed.start_daemon()
    deployed.advance(1)

    assert keys(deployed) == [str(event_id)]


def test_retention_waits_for_the_last_of_those_that_follow(deployed: Deployed) -> None:
    """Retention never passes an active cursor."""
    both = [*watching(each_one).sensors.values(), *alerting(each_one, of=[ingest]).sensors.values()]
    deployed.offer(ms.Definitions(jobs=[ingest, report, alert], sensors=both))
    deployed.advance(1)
    (event_id,) = deployed.write("orders")
    deployed.advance(1)
    cursors = deployed.storage.automations.follower_cursors()
    assert smallest(cursors) == int(deployed.cursor("failed") or 0) < event_id

    deployed.advance(2 * tail.KEEP_UP_SECONDS)
    last = deployed.storage.events.last_followed()
    assert smallest(deployed.storage.automations.follower_cursors()) == last

    deployed.client.is_down = True
    (unread,) = deployed.write("orders")
    deployed.advance(2 * tail.KEEP_UP_SECONDS)
    assert smallest(deployed.storage.automations.follower_cursors()) == last < unread
    deployed.switch("changed", "stopped")
    deployed.switch("failed", "stopped")
    deployed.advance(1)
    assert smallest(deployed.storage.automations.follower_cursors()) is None


def test_many_that_rest_cost_one_look(storage: Storage) -> None:
    deployed = Deployed(storage)
    sensors = [
        ms.asset_sensor(job=report, asset=f"a{number}", name=f"s{number}", default_status="running")(each_one)
        for number in range(300)
    ]
    deployed.offer(ms.Definitions(jobs=[report], sensors=sensors))
    deployed.advance(1)
    pages: list[Any] = []
    after = storage.assets.after

    def counted(*arguments: Any) -> Any:
        pages.append(arguments)
        return after(*arguments)

    storage.assets.after = counted  # type: ignore[assignment,method-assign]
    deployed.write("a7", "elsewhere")
    deployed.advance(30)
    deployed.switch("s1", "stopped")
    deployed.advance(30)

    assert len(keys(deployed)) == 1
    assert len(pages) == 2  # of the one that it concerns, until there is no more


@pytest.mark.parametrize("point", ["tick.commit", "tick.committed"])
def test_a_crash_loses_nothing_and_repeats_nothing(storage: Storage, point: str) -> None:
    armed = [False]

    def crash(name: str) -> None:
        if armed[0] and name == point:
            armed[0] = False
            raise SystemExit(point)

    deployed = Deployed(storage, crash_point=crash)
    deployed.offer(watching(lambda context, item: ms.RunRequest()))
    deployed.advance(1)
    deployed.write("orders", "orders", "orders")
    armed[0] = True
    with pytest.raises(SystemExit):
        deployed.advance(1)
    deployed.start_daemon()
    deployed.advance(5)

    assert len([run for run in deployed.runs() if run.job_name == "report"]) == 3


def test_generators_may_ask_for_several(deployed: Deployed) -> None:
    def several(context: ms.SensorContext, item: ms.MaterializationEvent) -> Iterator[ms.RunRequest]:
        for letter in "ab":
            yield ms.RunRequest(f"{item.event_id}{letter}")

    deployed.offer(watching(several))
    deployed.advance(1)
    deployed.write("orders", "orders")
    deployed.advance(1)

    assert len(keys(deployed)) == 4
