"""Asset sensors and run status sensors, decided by the daemon's own reconcilers on a virtual clock."""

import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

import mainspring as ms
from mainspring.daemon.tick import tail
from mainspring.daemon.tick.interest import smallest
from mainspring.daemon.tick.page import PAGE_ITEMS, PASSED_FACTS
from mainspring.event import RunFailed
from mainspring.storage import Storage, TickStatus, memory_storage
from mainspring.testing.contract.stored_runs import given_run
from tests.core.daemon.tick.deployed import LOCATION, Deployed


@ms.op
def one() -> int:
    return 1


@ms.job
def ingest() -> None:
    one()


@ms.job
def report() -> None:
    one()


@ms.job
def alert() -> None:
    one()


def each_one(context: ms.SensorContext, item: Any) -> ms.RunRequest:
    return ms.RunRequest(str(item.event_id))


def skip(context: ms.SensorContext, item: ms.MaterializationEvent) -> ms.SkipReason:
    return ms.SkipReason("no rows")


def watching(function: Callable[..., Any] = each_one, **changes: Any) -> ms.Definitions:
    """Return definitions with an asset sensor."""
    given = {"job": report, "asset": "orders", "name": "changed", "default_status": "running", **changes}
    return ms.Definitions(jobs=[ingest, report], sensors=[ms.asset_sensor(**given)(function)])


def alerting(function: Callable[..., Any] = each_one, **changes: Any) -> ms.Definitions:
    """Return definitions with a run status sensor."""
    given = {"job": alert, "statuses": ["FAILURE"], "name": "failed", "default_status": "running", **changes}
    return ms.Definitions(jobs=[ingest, report, alert], sensors=[ms.run_status_sensor(**given)(function)])


def given_failure(deployed: Deployed, run_id: str, **changes: Any) -> int:
    """Have a run fail, and return the event's id."""
    given = {"job_name": "ingest", "location": LOCATION, **changes}
    given_run(deployed.storage, ms.RunStatus.FAILURE, run_id, **given)
    deployed.automations.runs_changed()
    return deployed.storage.events.read(run_id)[-1].event_id or 0


def keys(deployed: Deployed) -> list[str]:
    """Return the run keys of all runs that were asked for."""
    return [run.run_key for run in deployed.runs() if run.run_key is not None]


def test_each_of_several_materializations_in_a_moment_gives_a_request(deployed: Deployed) -> None:
    """Scar: D#32853, where only the last of four in five seconds was looked at."""
    deployed.offer(watching())
    deployed.advance(1)
    ids: list[int] = []
    for _ in range(4):
        ids += deployed.write("orders")
        deployed.advance(1.2)

    assert keys(deployed) == [str(each) for each in ids]
    assert deployed.cursor("changed") == str(ids[-1])

    together = deployed.write("orders", "bills", "orders", "orders", "orders")
    deployed.advance(0.2)

    assert keys(deployed)[4:] == [str(each) for number, each in enumerate(together) if number != 1]
    assert deployed.ticks("changed")[-1].requested == 4


def test_it_wakes_at_once(deployed: Deployed) -> None:
    deployed.offer(watching())
    deployed.advance(60)
    assert deployed.client.asked == []
    deployed.write("orders")
    deployed.look()

    assert len(keys(deployed)) == 1

    deployed.write("orders")  # the end of the log is left alone for a moment
    deployed.advance(tail.LOOK_SECONDS)
    assert len(keys(deployed)) == 2


def test_without_a_word_it_is_found_a_second_later(deployed: Deployed) -> None:
    """Wake-ups may be lost."""
    deployed.offer(watching())
    deployed.advance(5)
    deployed.write("orders", tells=False)
    deployed.clock.advance(tail.POLL_SECONDS)
    deployed.look()

    assert len(keys(deployed)) == 1


def test_no_news_leave_no_tick_and_ask_no_code(deployed: Deployed) -> None:
    deployed.offer(watching())
    deployed.advance(1)
    deployed.write("bills")
    deployed.advance(300)

    assert deployed.client.asked == []
    assert deployed.ticks("changed") == []


def test_it_is_told_what_was_written(deployed: Deployed) -> None:
    seen: list[ms.MaterializationEvent] = []
    deployed.offer(watching(lambda context, item: seen.append(item)))
    deployed.advance(1)
    (event_id,) = deployed.write("orders", run_id="r7", partition_key="may", metadata={"rows": 7})
    deployed.advance(1)
    (event,) = deployed.storage.events.read("r7", kinds=["ASSET_MATERIALIZED"])

    assert seen == [
        ms.MaterializationEvent(
            event_id=event_id,
            asset_key=ms.AssetKey("orders"),
            run_id="r7",
            step_key="clean",
            partition_key="may",
            metadata={"rows": 7},
            timestamp=event.timestamp,
        )
    ]
    assert [(each.status, each.count) for each in deployed.ticks("changed")] == [(TickStatus.SKIPPED, 1)]


def test_skips_in_a_row_are_one_record_though_the_cursor_moves(deployed: Deployed) -> None:
    """Scar: the tick table's growth."""
    deployed.offer(watching(skip))
    deployed.advance(1)
    for _ in range(5):
        deployed.write("orders")
        deployed.advance(1)

    assert [(each.reason, each.count) for each in deployed.ticks("changed")] == [("no rows", 5)]


def test_several_assets_are_followed_in_one_order(deployed: Deployed) -> None:
    deployed.offer(watching(asset=["orders", "bills"]))
    deployed.advance(1)
    ids = [*deployed.write("bills", "stock", "orders"), *deployed.write("orders", "bills")]
    deployed.advance(1)

    assert keys(deployed) == [str(each) for each in (ids[0], *ids[2:])]


def test_a_new_one_begins_at_the_end_of_the_log(deployed: Deployed) -> None:
    deployed.write("orders", "orders")
    deployed.offer(watching())
    deployed.advance(1)
    (event_id,) = deployed.write("orders")
    deployed.advance(1)

    assert keys(deployed) == [str(event_id)]


def test_what_happens_while_it_is_off_is_never_looked_at(deployed: Deployed) -> None:
    deployed.offer(watching())
    deployed.advance(1)
    (first,) = deployed.write("orders")
    deployed.advance(1)
    deployed.switch("changed", "stopped")
    deployed.advance(1)
    deployed.write("orders")
    deployed.advance(20)
    assert deployed.cursor("changed") is None
    deployed.switch("changed", "running")
    deployed.advance(1)
    (last,) = deployed.write("orders")
    deployed.advance(1)

    assert keys(deployed) == [str(first), str(last)]


def test_what_happens_while_no_daemon_runs_is_looked_at(deployed: Deployed) -> None:
    deployed.offer(watching())
    deployed.advance(1)
    ids = [*deployed.write("orders"), *deployed.write("orders")]
    deployed.start_daemon()
    deployed.advance(1)

    assert keys(deployed) == [str(each) for each in ids]


def test_one_that_is_offered_no_more_begins_again_later(deployed: Deployed) -> None:
    deployed.offer(watching())
    deployed.advance(1)
    deployed.offer(ms.Definitions(jobs=[report]))
    deployed.advance(1)
    deployed.write("orders")
    deployed.advance(1)
    assert deployed.storage.automations.follower_cursors() == []
    deployed.offer(watching())
    deployed.advance(1)
    (last,) = deployed.write("orders")
    deployed.advance(1)

    assert keys(deployed) == [str(last)]


def test_another_asset_replays_nothing_of_its_past_and_forgets_nothing_of_the_first(deployed: Deployed) -> None:
    deployed.offer(watching())
    deployed.advance(1)
    deployed.client.is_down = True
    deployed.write("bills", "bills")
    orders = deployed.write("orders", "orders")
    deployed.write("bills")
    deployed.advance(3)
    deployed.offer(watching(asset=["orders", "bills"]))
    deployed.client.is_down = False
    deployed.advance(3)
    assert keys(deployed) == [str(each) for each in orders]

    (bill,) = deployed.write("bills")
    deployed.advance(1)
    assert keys(deployed)[2:] == [str(bill)]


def test_what_was_another_kind_of_automation_begins_at_the_end(deployed: Deployed) -> None:
    deployed.write("orders")
    schedule = ms.Schedule(name="changed", job=report, every=3600, default_status="running")
    looking = ms.Sensor(name="changed", job=report, default_status="running", function=lambda: None)
    for other in (ms.Definitions(schedules=[schedule]), ms.Definitions(sensors=[looking])):
        deployed.offer(other)
        deployed.advance(20)
        deployed.offer(watching())
        deployed.advance(1)
        (last,) = deployed.write("orders")
        deployed.advance(1)
        assert keys(deployed)[-1] == str(last)
    deployed.offer(ms.Definitions(schedules=[schedule]))
    deployed.advance(7300)

    assert len(keys(deployed)) == 2
    assert [each.scheduled_time is not None for each in deployed.ticks("changed")][-2:] == [True, True]


def test_a_failure_is_tried_again_with_the_same_and_later_ones_wait(deployed: Deployed) -> None:
    tries: list[int] = []

    def fail(context: ms.SensorContext, item: ms.MaterializationEvent) -> ms.RunRequest:
        tries.append(item.event_id)
        if len(tries) < 3:
            raise ValueError("not yet")
        return each_one(context, item)

    deployed.offer(watching(fail, every=10))
    deployed.advance(1)
    (first,) = deployed.write("orders")
    deployed.advance(5)
    (second,) = deployed.write("orders")
    deployed.advance(60)

    assert tries == [first, first, first, second]
    assert deployed.statuses("changed") == ["FAILED", "FAILED", "REQUESTED"]
    assert keys(deployed) == [str(first), str(second)]


def test_what_came_before_a_failure_may_stand(deployed: Deployed) -> None:
    broken: set[int] = set()

    def fail(context: ms.SensorContext, item: ms.MaterializationEvent) -> ms.RunRequest:
        if item.event_id in broken:
            raise ValueError("not this one")
        return each_one(context, item)

    deployed.offer(watching(fail, partial="commit", every=10))
    deployed.advance(1)
    ids = deployed.write("orders", "orders", "orders")
    broken.add(ids[1])
    deployed.advance(5)
    assert deployed.cursor("changed") == str(ids[0])
    broken.clear()
    deployed.advance(60)

    assert keys(deployed) == [str(each) for each in ids]


def test_a_location_that_is_down_is_asked_again(deployed: Deployed) -> None:
    deployed.offer(watching())
    deployed.advance(1)
    deployed.client.is_down = True
    (event_id,) = deployed.write("orders")
    deployed.advance(10)
    assert deployed.ticks("changed") == []
    deployed.client.is_down = False
    deployed.advance(2)

    assert keys(deployed) == [str(event_id)]


def test_one_that_is_switched_off_while_it_is_evaluated_ends_then(deployed: Deployed) -> None:
    deployed.offer(watching())
    deployed.advance(1)

    def switch_off(message: Mapping[str, Any]) -> None:
        deployed.client.before = lambda message: None
        deployed.switch("changed", "stopped")

    deployed.client.before = switch_off
    deployed.write(*["orders"] * 2 * PAGE_ITEMS)
    deployed.advance(5)

    assert len(deployed.client.asked) == 1
    assert deployed.cursor("changed") is None


def test_a_backlog_is_drained_in_pages_without_waiting(deployed: Deployed) -> None:
    """Scars: D#19224, D#32070."""
    deployed.run_seconds = None
    deployed.offer(watching(every=15))
    deployed.advance(1)
    deployed.client.is_down = True
    ids = [event_id for _ in range(10) for event_id in deployed.write(*["orders"] * 50)]
    deployed.advance(1)
    deployed.client.is_down = False
    deployed.client.asked.clear()
    deployed.advance(2)

    assert sorted(map(int, keys(deployed))) == ids
    assert [len(each["followed"]) for each in deployed.client.asked] == [PAGE_ITEMS] * (500 // PAGE_ITEMS)


def test_memory_stays_flat_while_a_large_backlog_is_drained() -> None:
    """Scars: D#19224, D#32070: ten thousand materializations are never held at once."""
    deployed = Deployed(memory_storage())
    deployed.offer(watching(skip))
    deployed.advance(1)
    deployed.client.is_down = True
    for number in range(100):
        deployed.write(*["orders"] * 100, run_id=f"w{number}", metadata={"said": "x" * 500})
    deployed.client.is_down = False
    largest = 0

    def measure(message: Mapping[str, Any]) -> None:
        nonlocal largest
        largest = max(largest, len(message["followed"]))
        deployed.client.asked.clear()

    deployed.client.before = measure
    tracemalloc.start()
    deployed.advance(5)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert deployed.ticks("changed")[0].count == 10_000 / PAGE_ITEMS
    assert largest == PAGE_ITEMS
    assert peak < 5_000_000


def test_what_says_much_is_given_a_few_at_a_time(deployed: Deployed) -> None:
    deployed.offer(watching())
    deployed.advance(1)
    deployed.write(*["orders"] * 5, metadata={"said": "x" * 400_000})
    deployed.write("orders", metadata={"said": "x" * 2_000_000})
    deployed.advance(1)

    assert [len(each["followed"]) for each in deployed.client.asked] == [2, 2, 1, 1]
    assert len(keys(deployed)) == 6


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
