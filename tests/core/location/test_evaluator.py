"""What an evaluator makes of what people's code does; in this process."""

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

import mainspring as ms
from mainspring.definition.evaluation import Evaluation
from mainspring.event import AssetMaterialized, Event, RunFailed
from mainspring.execute.capture import capture
from mainspring.location.evaluation import (
    EvaluationReply,
    ask_acknowledgement,
    ask_schedule,
    ask_sensor,
    read_reply,
)
from mainspring.location.evaluator import LOG_LIMIT_CHARACTERS, evaluate
from mainspring.location.followed import plain_change, plain_materialization
from mainspring.location.frames import FrameReader, Message, pack
from mainspring.run import RunPolicy

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@ms.op
def one() -> int:
    return 1


@ms.job
def report() -> None:
    one()


@frozen
class Inbox(ms.SensorSource):
    taken: Path

    def poll(self, cursor: str | None) -> Iterator[ms.Item]:
        for number in range(int(cursor or 0), 3):
            yield ms.Item(f"mail-{number}", {"subject": "grüße"}, cursor=str(number + 1))

    def ack(self, items: Sequence[ms.Item]) -> None:
        self.taken.write_text(" ".join(item.key for item in items))


def reply_of(request: Message, *automations: Any) -> EvaluationReply:
    """Evaluate, with everything that travels made as plain as it will be."""
    definitions = ms.Definitions(
        schedules=[each for each in automations if isinstance(each, ms.Schedule)],
        sensors=[each for each in automations if isinstance(each, ms.Sensor)],
    )
    (received,) = FrameReader().feed(pack(request))
    with capture.installed():
        (reply,) = FrameReader().feed(pack(evaluate(received, definitions)))
    return read_reply(reply)


def test_a_schedule_is_told_its_time_in_its_zone() -> None:
    @ms.schedule(job=report, cron="0 12 * * *", timezone="Asia/Kolkata")
    def noon(context: ms.ScheduleContext) -> ms.RunRequest:
        return ms.RunRequest(tags={"at": context.scheduled_time.isoformat()})

    reply = reply_of(ask_schedule("a", "noon", NOON, 60), noon)

    assert (reply.id, reply.outcome, reply.error) == ("a", "evaluated", None)
    assert [each.tags["at"] for each in reply.evaluation.requests] == ["2026-03-01T17:30:00+05:30"]
    assert reply.evaluation.requests[0].job == "report"


@pytest.mark.parametrize("cursor", [None, "", "…" * 1_000_000])
def test_a_sensor_is_told_where_it_left_off_and_says_where_it_goes_on(cursor: str | None) -> None:
    """Scar: D#8559."""
    seen: list[Any] = []

    @ms.sensor(job=report)
    def uploads(context: ms.SensorContext) -> Iterator[ms.RunRequest]:
        seen.append((context.cursor, context.last_tick_time, context.last_run_key))
        context.set_cursor(f"{context.cursor or ''}+")
        yield ms.RunRequest("a", config={"ops": {}}, priority=3)
        yield ms.RunRequest("a")

    request = ask_sensor("s", "uploads", 60, cursor=cursor, last_tick_time=NOON, last_run_key="z")
    evaluation = reply_of(request, uploads).evaluation

    assert seen == [(cursor, NOON, "z")]
    assert evaluation.cursor == f"{cursor or ''}+"
    assert [(each.run_key, each.priority) for each in evaluation.requests] == [("a", 3)]
    assert evaluation.duplicates == 1


@pytest.mark.parametrize("error", [ValueError("broken"), SystemExit(3), KeyboardInterrupt(), MemoryError()])
def test_what_code_raises_is_its_own_failure_with_its_traceback(error: BaseException) -> None:
    @ms.sensor(job=report)
    def uploads() -> ms.SkipReason:
        print("before")  # noqa: T201 - captured
        raise error

    reply = reply_of(ask_sensor("s", "uploads", 60), uploads)

    assert reply.outcome == "failed"
    assert reply.error is not None
    assert (reply.error.type, reply.error.message) == (type(error).__name__, str(error))
    assert "in uploads" in reply.error.traceback
    assert reply.evaluation == Evaluation()
    assert reply.logs == {"stdout": "before\n"}


def test_what_came_before_a_failure_stands_where_the_sensor_says_so() -> None:
    @ms.sensor(job=report, partial="commit")
    def uploads(context: ms.SensorContext) -> Iterator[ms.RunRequest]:
        context.set_cursor("1")
        yield ms.RunRequest("first")
        raise OSError("the bucket is gone")

    reply = reply_of(ask_sensor("s", "uploads", 60), uploads)

    assert reply.outcome == "failed"
    assert reply.error is not None
    assert reply.error.type == "OSError"
    assert [each.run_key for each in reply.evaluation.requests] == ["first"]
    assert reply.evaluation.cursor == "1"


def test_what_cannot_travel_fails_in_one_sentence() -> None:
    @ms.sensor(job=report)
    def uploads() -> ms.RunRequest:
        return ms.RunRequest("a", config={"ops": {"one": object()}})

    reply = reply_of(ask_sensor("s", "uploads", 60), uploads)

    assert reply.outcome == "failed"
    assert reply.error is not None
    assert "JSON has nothing like a object" in reply.error.message


def test_what_is_printed_and_logged_is_kept_by_stream_and_cut_where_it_is_long() -> None:
    @ms.sensor(job=report)
    def chatty(context: ms.SensorContext) -> ms.SkipReason:
        print("x" * LOG_LIMIT_CHARACTERS * 2)  # noqa: T201 - captured
        context.log.warning("careful")
        logging.getLogger("of a library").warning("more")
        return ms.SkipReason("nothing")

    logs = reply_of(ask_sensor("s", "chatty", 60), chatty).logs

    assert len(logs["stdout"]) < LOG_LIMIT_CHARACTERS + 100
    assert "this stream is cut here" in logs["stdout"]
    assert [line.partition(" ")[2] for line in logs["log"].splitlines()] == [
        "WARNING mainspring.sensor: careful",
        "WARNING of a library: more",
    ]


def test_items_of_a_source_are_acknowledged_with_the_words_that_they_came_with(tmp_path: Path) -> None:
    sensor = ms.Sensor(name="mail", job=report, source=Inbox(tmp_path / "taken"))
    evaluation = reply_of(ask_sensor("s", "mail", 60, cursor="1"), sensor).evaluation

    assert [each.key for each in evaluation.items] == ["mail-1", "mail-2"]
    assert evaluation.items[0].payload == {"subject": "grüße"}
    assert not (tmp_path / "taken").exists()
    reply = reply_of(ask_acknowledgement("t", "mail", evaluation.items, 60), sensor)
    assert reply.outcome == "evaluated"
    assert (tmp_path / "taken").read_text() == "mail-1 mail-2"


@pytest.mark.parametrize("kind", ["schedule", "sensor"])
def test_a_name_that_is_gone_and_a_kind_that_is_unknown(kind: str) -> None:
    ask = ask_schedule("a", "nothing", NOON, 60) if kind == "schedule" else ask_sensor("a", "nothing", 60)

    gone, unknown = reply_of(ask), reply_of({**ask, "kind": "oracle"})
    assert gone.error is not None
    assert f"there is no {kind} 'nothing'" in gone.error.message
    assert unknown.error is not None
    assert "cannot evaluate a oracle; upgrade" in unknown.error.message


def test_what_cannot_tell_a_cursor_leaves_it_where_it_was() -> None:
    """As after a crash, a deadline, or requests that cannot be told: the cursor must not be lost."""

    @ms.sensor(job=report)
    def odd(context: ms.SensorContext) -> ms.RunRequest:
        context.set_cursor(None)
        return ms.RunRequest("a", config={"ops": object()})

    @ms.sensor(job=report)
    def again(context: ms.SensorContext) -> None:
        context.set_cursor(None)

    crashed = read_reply({"id": "1", "outcome": "failed", "error": {"type": "EvaluatorEnded", "message": "code 3"}})
    untold = reply_of(ask_sensor("1", "odd", 60, cursor="before"), odd)
    absent = reply_of(ask_sensor("1", "gone", 60, cursor="before"), odd)
    told = reply_of(ask_sensor("1", "again", 60, cursor="before"), again)

    assert [each.outcome for each in (crashed, untold, absent, told)] == ["failed", "failed", "failed", "evaluated"]
    assert [each.cursor_after("before") for each in (crashed, untold, absent)] == ["before"] * 3
    assert told.cursor_after("before") is None


def test_an_asset_sensor_is_called_with_what_is_new() -> None:
    seen: list[Any] = []

    @ms.asset_sensor(job=report, asset="orders")
    def changed(context: ms.SensorContext, materialization: ms.MaterializationEvent) -> ms.RunRequest:
        seen.append(materialization)
        return ms.RunRequest(str(materialization.event_id))

    fact = AssetMaterialized("orders", "january", metadata={"rows": [1, 2]})
    events = [
        Event(run_id="r", run_attempt=1, fact=fact, timestamp=2.5, step_key="clean", step_attempt=1, event_id=each)
        for each in (7, 9)
    ]
    request = ask_sensor("s", "changed", 60, cursor="3", followed=[plain_materialization(each) for each in events])
    evaluation = reply_of(request, changed).evaluation

    assert [each.run_key for each in evaluation.requests] == ["7", "9"]
    assert evaluation.cursor == "9"
    assert seen[0] == ms.MaterializationEvent(
        event_id=7,
        asset_key=ms.AssetKey("orders"),
        run_id="r",
        step_key="clean",
        partition_key="january",
        metadata={"rows": [1, 2]},
        timestamp=2.5,
    )


def test_a_run_status_sensor_is_called_with_the_run() -> None:
    seen: list[Any] = []

    @ms.run_status_sensor(job=report, statuses=["FAILURE"])
    def failed(context: ms.SensorContext, run_event: ms.RunStatusEvent) -> None:
        seen.append(run_event)

    run = ms.Run(
        run_id="r",
        job_name="ingest",
        mode="prod",
        status=ms.RunStatus.FAILURE,
        config={"ops": {"clean": {"days": 7}}},
        tags={"team": "data"},
        selection=("clean",),
        worker=ms.WorkerIdentity("host", "boot", 1, 2),
        policy=RunPolicy(max_retries=2),
        location="sales",
    )
    event = Event(run_id="r", run_attempt=1, fact=RunFailed("the disk is full"), timestamp=2.5, event_id=7)
    reply = reply_of(ask_sensor("s", "failed", 60, followed=[plain_change(event, run)]), failed)

    assert (reply.outcome, reply.evaluation.cursor) == ("evaluated", "7")
    assert seen == [
        ms.RunStatusEvent(event_id=7, status=ms.RunStatus.FAILURE, run=run, reason="the disk is full", timestamp=2.5)
    ]
