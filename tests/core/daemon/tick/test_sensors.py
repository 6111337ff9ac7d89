"""Sensors, decided by the daemon's own reconcilers on a virtual clock."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve, field
from sqlalchemy import Engine, event

import mainspring as ms
from mainspring.daemon.tick.automations import SENSORS_AT_A_TIME
from mainspring.daemon.tick.roster import FIRST_AT_A_TIME
from mainspring.daemon.tick.sense import LAST_BACK_OFF_SECONDS, back_off_seconds, next_evaluation
from mainspring.run.queue import QueueRules
from mainspring.storage import AuditEntry, AutomationState, Decision, Storage, TickStatus, open_storage
from tests.core.daemon.tick.deployed import LOCATION, Deployed
from tests.core.daemon.tick.offers import offered_sensor


@ms.op
def one() -> int:
    return 1


@ms.job
def job() -> None:
    one()


@ms.job
def other() -> None:
    one()


def sensing(function: Callable[..., Any], **changes: Any) -> ms.Definitions:
    """Return definitions with one sensor."""
    given = {"name": "uploads", "jobs": [job, other], "default_status": "running", **changes}
    return ms.Definitions(jobs=[job, other], sensors=[ms.sensor(**given)(function)])


def cursor(deployed: Deployed, name: str = "uploads") -> str | None:
    return deployed.storage.automations.cursors(LOCATION, [name])[name]


def test_a_sensor_is_evaluated_every_fifteen_seconds(deployed: Deployed) -> None:
    deployed.offer(sensing(lambda: None))
    deployed.advance(61)
    (tick,) = deployed.ticks("uploads")

    assert (tick.status, tick.reason) == (TickStatus.SKIPPED, None)
    assert tick.count == len(deployed.client.asked) == 4 + 1
    assert tick.last_at - tick.first_at == pytest.approx(60, abs=1)


def test_equal_skips_in_a_row_are_one_record(deployed: Deployed) -> None:
    """Scars: D#19224, D#32070; the tick table's growth."""
    reasons = iter(["a", "a", "a", "b", "a", "a"])
    deployed.offer(sensing(lambda: ms.SkipReason(next(reasons, "end")), every=10))
    deployed.advance(55)

    assert [(tick.reason, tick.count) for tick in deployed.ticks("uploads")] == [("a", 3), ("b", 1), ("a", 2)]


def test_a_run_key_gives_one_run_however_often_it_is_asked_for(deployed: Deployed) -> None:
    """Scar: D#26753. In one tick and over many."""

    def uploads(context: ms.SensorContext) -> Iterator[ms.RunRequest]:
        for key in ("a", "b", "a"):
            yield ms.RunRequest(key, job="job", tags={"key": key})
        yield ms.RunRequest("a", job="other")

    deployed.offer(sensing(uploads))
    deployed.advance(40)
    first, *later = deployed.ticks("uploads")

    assert sorted((run.job_name, run.run_key) for run in deployed.runs()) == [
        ("job", "a"),
        ("job", "b"),
        ("other", "a"),
    ]
    assert (first.status, first.requested, first.dropped) == (TickStatus.REQUESTED, 3, 1)
    assert [(tick.status, tick.requested, tick.dropped) for tick in later] == [(TickStatus.SKIPPED, 0, 4)] * len(later)
    assert later[0].detail["dropped_run_keys"] == ["a", "b", "a"]


def test_re_execution_leaves_the_ledger_alone(deployed: Deployed, storage: Storage) -> None:
    """Scar: D#3594."""
    deployed.offer(sensing(lambda: ms.RunRequest("a", job="job")))
    deployed.advance(20)
    (run,) = deployed.runs()
    again = job.execute(instance=deployed.instance, parent=run.run_id, selection="one", run_key="a")
    deployed.advance(60)

    assert again.success
    assert len(deployed.runs()) == 2
    assert [each.run_id for each in storage.automations.keys(LOCATION, "uploads")] == [run.run_id]


def test_a_cleared_key_can_be_asked_for_again(deployed: Deployed, storage: Storage) -> None:
    """Scar: D#7292."""
    deployed.offer(sensing(lambda: ms.RunRequest("a", job="job")))
    deployed.advance(20)
    assert storage.automations.clear_keys(LOCATION, "uploads", "a") == 1
    subject, at = f"sensor:{LOCATION}:uploads", deployed.clock.time()
    act = AuditEntry(at=at, who="me", action="sensor clear-key", subject=subject, detail={"run_key": "a"})
    storage.audit.record(act)
    deployed.advance(20)

    assert [run.run_key for run in deployed.runs()] == ["a", "a"]


def test_keys_are_looked_up_by_one_query(tmp_path: Path) -> None:
    """Scar: D#3726, with 787 queries for an evaluation."""
    storage = open_storage("sqlite:///mainspring.db", tmp_path)
    deployed = Deployed(storage)
    keys = [f"key {number}" for number in range(787)]
    deployed.offer(sensing(lambda: [ms.RunRequest(key, job="job") for key in keys]))
    deployed.advance(5)
    asked: list[str] = []

    def note(*arguments: Any) -> None:
        if "run_keys" in arguments[2]:
            asked.append(arguments[2])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        deployed.advance(15)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    dropped = [tick.dropped for tick in deployed.ticks("uploads")]
    storage.close()

    assert len(asked) == 1
    assert dropped == [0, 787]


@pytest.mark.parametrize("text", ["", "x" * 1_000_000, "7"])
def test_cursors_come_back_as_they_were_left(deployed: Deployed, text: str) -> None:
    """Scar: D#8559."""
    seen: list[str | None] = []

    def uploads(context: ms.SensorContext) -> None:
        seen.append(context.cursor)
        context.set_cursor(text if len(seen) == 1 else None)

    deployed.offer(sensing(uploads))
    deployed.advance(32)

    assert seen == [None, text, None]


def test_a_failure_moves_nothing_and_backs_off(deployed: Deployed) -> None:
    def uploads(context: ms.SensorContext) -> Iterator[ms.RunRequest]:
        context.set_cursor("moved")
        yield ms.RunRequest("a", job="job")
        raise ValueError("half-way")

    deployed.offer(sensing(uploads))
    deployed.advance(15 + 30 + 5)
    ticks = deployed.ticks("uploads")
    state = deployed.storage.automations.get(LOCATION, "uploads")

    assert [tick.status for tick in ticks] == [TickStatus.FAILED] * 3
    assert all("half-way" in tick.detail["error"]["message"] for tick in ticks)
    assert all("uploads" in tick.detail["error"]["traceback"] for tick in ticks)
    assert (deployed.runs(), cursor(deployed)) == ([], None)
    assert state is not None
    assert (state.failures, state.not_before) == (3, ticks[-1].detail["tried_again_at"])


def test_what_came_before_a_failure_stands_where_that_is_asked_for(deployed: Deployed) -> None:
    def uploads(context: ms.SensorContext) -> Iterator[ms.RunRequest]:
        began_with = context.cursor
        for number in range(int(began_with or 0), 10):
            if number == 3 and began_with is None:
                raise ValueError("half-way")
            yield ms.RunRequest(f"key {number}", job="job")
            context.set_cursor(str(number + 1))

    deployed.offer(sensing(uploads, partial="commit"))
    deployed.advance(1)
    (tick,) = deployed.ticks("uploads")
    assert (tick.status, tick.requested) == (TickStatus.FAILED, 3)
    deployed.advance(20)

    assert sorted(run.run_key or "" for run in deployed.runs()) == [f"key {number}" for number in range(10)]


def test_a_process_that_was_ended_leaves_the_cursor_where_it_was(deployed: Deployed) -> None:
    calls: list[str | None] = []

    def uploads(context: ms.SensorContext) -> None:
        calls.append(context.cursor)
        context.set_cursor("set")

    deployed.offer(sensing(uploads))
    deployed.advance(1)
    evaluate = deployed.client.evaluate

    def ended(batch: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        for each in batch:
            yield {"id": each["id"], "outcome": "failed", "error": {"type": "Deadline", "message": "it took too long"}}

    deployed.client.evaluate = ended  # type: ignore[method-assign]
    deployed.advance(15)
    deployed.client.evaluate = evaluate  # type: ignore[method-assign]
    deployed.advance(30)

    assert calls[:2] == [None, "set"]
    assert cursor(deployed) == "set"


def test_many_requests_are_queued_in_parts_before_the_sensor_is_asked_again(deployed: Deployed) -> None:
    deployed.run_seconds = None
    deployed.rules = QueueRules(max_concurrent_runs=1)
    deployed.offer(sensing(lambda: [ms.RunRequest(str(number), job="job") for number in range(1300)], every=1))
    deployed.advance(5)
    first, second = deployed.ticks("uploads")[:2]

    assert len(deployed.runs()) == first.requested == 1300
    assert (second.requested, second.dropped) == (0, 1300)
    keys = [run.run_key for run in deployed.runs()]
    assert keys == [str(number) for number in range(1300)]


@define
class Listing(ms.SensorSource):
    """Lists what a test puts there, and notes what is acknowledged."""

    names: list[str] = field(factory=list)
    acknowledged: list[str] = field(factory=list)
    is_down: bool = False

    def poll(self, cursor: str | None) -> Iterator[ms.Item]:
        if self.is_down:
            raise ConnectionError("the store is down")
        for number, name in enumerate(self.names):
            if number >= int(cursor or 0):
                yield ms.Item(name, payload={"name": name}, cursor=str(number + 1))

    def ack(self, items: Sequence[ms.Item]) -> None:
        self.acknowledged += [item.key for item in items]


def test_a_source_is_told_what_was_recorded(deployed: Deployed) -> None:
    source = Listing(["a", "b"])
    sensor = ms.Sensor(name="uploads", job=job, source=source, default_status="running")
    deployed.offer(ms.Definitions(jobs=[job], sensors=[sensor]))
    deployed.advance(1)
    source.names.append("c")
    source.is_down = True
    deployed.advance(15)
    assert deployed.statuses("uploads") == ["REQUESTED", "FAILED"]
    source.is_down = False
    deployed.advance(60)

    assert sorted(run.run_key or "" for run in deployed.runs()) == ["a", "b", "c"]
    assert (sorted(source.acknowledged), cursor(deployed)) == (["a", "b", "c"], "3")


def test_a_cursor_that_somebody_has_set_meanwhile_stands(deployed: Deployed, storage: Storage) -> None:
    """Scar: D#8559. A decision on what was read before is not stored, and the sensor is asked again."""

    def set_by_hand(message: Mapping[str, Any]) -> None:
        state = storage.automations.get(LOCATION, "uploads")
        assert state is not None
        if message["cursor"] == "1":
            storage.automations.commit([Decision(state=state, cursor="100", moves_cursor=True)])
            deployed.automations.look_again()

    def uploads(context: ms.SensorContext) -> ms.RunRequest:
        number = int(context.cursor or 0) + 1
        context.set_cursor(str(number))
        return ms.RunRequest(str(number), job="job")

    deployed.client.before = set_by_hand
    deployed.offer(sensing(uploads))
    deployed.advance(16)

    assert [run.run_key for run in deployed.runs()] == ["1", "101"]


def test_a_sensor_says_what_a_tick_may_know(deployed: Deployed) -> None:
    seen: list[tuple[Any, Any]] = []

    def uploads(context: ms.SensorContext) -> ms.RunRequest:
        seen.append((context.last_tick_time, context.last_run_key))
        print("printed", len(seen))  # noqa: T201 - to be kept with the tick
        return ms.RunRequest(f"key {len(seen)}", job="job")

    deployed.offer(sensing(uploads))
    deployed.advance(16)

    assert seen[0] == (None, None)
    assert seen[1][0] is not None
    assert seen[1][1] == "key 1"
    assert deployed.ticks("uploads")[1].detail["logs"]["stdout"] == "printed 2\n"


def test_a_sensor_is_due_after_its_time_and_backs_off_no_longer_than_that() -> None:
    sensor = offered_sensor(every_seconds=10.0)
    state = AutomationState(location="sales", name="uploads", kind="sensor")

    assert next_evaluation(sensor, state, 100.0) == 100.0
    state = evolve(state, mark=100.0)
    assert next_evaluation(sensor, state, 105.0) == 110.0
    assert next_evaluation(sensor, state, 95.0) == 110.0
    assert next_evaluation(sensor, state, 50.0) == 50.0
    assert next_evaluation(sensor, evolve(state, outbox=1), 105.0) is None
    assert next_evaluation(sensor, evolve(state, switch="stopped"), 105.0) is None
    assert next_evaluation(sensor, evolve(state, failures=3, not_before=140.0), 105.0) == 140.0
    assert back_off_seconds(10.0, 2000) == LAST_BACK_OFF_SECONDS
    assert back_off_seconds(1000.0, 9) == 1000.0


def many(count: int) -> ms.Definitions:
    """Return definitions with many sensors that skip, and a schedule that is due every second."""

    def skip() -> None:
        """Ask for nothing."""

    sensors = [
        ms.sensor(name=f"sensor_{number:04}", job=job, default_status="running")(skip) for number in range(count)
    ]
    every_second = ms.schedule(job=job, every=1, default_status="running", name="every_second")(skip)
    return ms.Definitions(jobs=[job], schedules=[every_second], sensors=sensors)


def marks(deployed: Deployed) -> Counter[float | None]:
    return Counter(state.mark for state in deployed.storage.automations.states() if state.kind == "sensor")


def test_new_sensors_are_spread_and_stay_so(deployed: Deployed) -> None:
    deployed.offer(many(10 * FIRST_AT_A_TIME))
    deployed.advance(5)
    at_first = marks(deployed)
    deployed.advance(60)

    assert list(at_first.values()) == list(marks(deployed).values()) == [FIRST_AT_A_TIME] * 10


def test_sensors_that_are_due_at_once_wait_for_their_turn_and_schedules_do_not(deployed: Deployed) -> None:
    deployed.offer(many(450))
    deployed.advance(5)
    deployed.clock.advance(60)  # all of them are late now
    deployed.client.asked.clear()
    most = 0

    def note(_: Mapping[str, Any]) -> None:
        nonlocal most
        most = max(most, deployed.automations.progress.evaluating)

    deployed.client.before = note
    deployed.look()

    asked = [message["name"] for message in deployed.client.asked]
    assert len(set(asked)) == 451
    assert "every_second" in asked[: SENSORS_AT_A_TIME + 1]
    assert most <= SENSORS_AT_A_TIME + 1


def test_what_has_not_changed_is_not_looked_at_when_all_is_read_anew(deployed: Deployed) -> None:
    deployed.offer(many(10))
    deployed.advance(5)
    planned = deployed.automations.next_at(deployed.clock.time())
    deployed.automations.look_again()
    deployed.automations.reconcile([LOCATION])

    assert deployed.automations.next_at(deployed.clock.time()) == planned


def test_when_the_clock_is_set_back_all_are_looked_at_once_they_are_read_anew(deployed: Deployed) -> None:
    deployed.offer(sensing(lambda: None, every=15))
    deployed.advance(5)
    asked = len(deployed.client.asked)
    deployed.clock.advance(-3600)
    deployed.automations.look_again()
    deployed.advance(14)

    assert len(deployed.client.asked) == asked + 1
