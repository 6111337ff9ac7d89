"""What an evaluator does: call one schedule or sensor after the other, and tell what came of each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from attrs import field, frozen

from mainspring.definition.automation_context import ScheduleContext, SensorContext
from mainspring.definition.definitions import Definitions
from mainspring.definition.evaluation import Evaluation, EvaluationFailedError
from mainspring.definition.follower import Follower
from mainspring.definition.schedule import Schedule
from mainspring.definition.sensor import Sensor
from mainspring.definition.sensor_source import Item
from mainspring.errors import MainspringError, UnknownNameError
from mainspring.execute.capture import StepLog, capture
from mainspring.execute.error import error_info
from mainspring.location.evaluation import plain_error, plain_evaluation
from mainspring.location.followed import read_followed
from mainspring.location.frames import Channel, Message
from mainspring.location.load import LoadedCode
from mainspring.log.port import CUT, LogKey, LogPiece, LogStore

LOG_LIMIT_CHARACTERS = 64 * 1024
"""How much of each stream is kept of what an evaluation prints and logs."""


def serve(channel: Channel, code: LoadedCode) -> None:
    """Evaluate what the front asks for, one thing at a time, until it hangs up."""
    channel.send(kind="up")
    with capture.installed():
        while (message := channel.receive()) is not None:
            code.crash_point("evaluator.begin")
            reply = evaluate(message, code.definitions)
            code.crash_point("evaluator.end")
            channel.send(kind="evaluated", **reply)
            code.crash_point("evaluator.told")


def evaluate(request: Message, definitions: Definitions) -> Mapping[str, Any]:
    """Evaluate one thing, and return what came of it; whatever its code raises is part of that."""
    log = _Kept()
    error: BaseException | None = None
    evaluation = Evaluation()
    plain: dict[str, Any] = {}
    try:
        with StepLog(log, "", request["name"], 1):
            evaluation = _evaluate(request, definitions)
        plain = plain_evaluation(evaluation)
    except EvaluationFailedError as failed:
        error = failed.__cause__ or failed
        plain = _stands(failed)
    except BaseException as raised:  # noqa: BLE001 - people's code may raise anything, KeyboardInterrupt too
        error = raised
    outcome = "evaluated" if error is None else "failed"
    said = None if error is None else plain_error(error_info(error))
    return {"id": request["id"], "outcome": outcome, **plain, "error": said, "logs": log.texts}


def _evaluate(request: Message, definitions: Definitions) -> Evaluation:
    name = request["name"]
    match request["kind"]:
        case "schedule":
            return _evaluate_schedule(_find("schedule", definitions.schedules, name), request)
        case "sensor":
            return _evaluate_sensor(_find("sensor", definitions.sensors, name), request)
        case "acknowledge":
            sensor: Sensor = _find("sensor", definitions.sensors, name)
            sensor.acknowledge([Item(**each) for each in request["items"]])
            return Evaluation()
        case other:
            raise MainspringError(f"this location cannot evaluate a {other}; upgrade Mainspring in its environment")


def _find(kind: str, known: Mapping[str, Any], name: str) -> Any:
    if name not in known:
        raise UnknownNameError(kind, name, known)
    return known[name]


def _evaluate_schedule(schedule: Schedule, request: Message) -> Evaluation:
    time = datetime.fromtimestamp(request["scheduled_time"], ZoneInfo(schedule.timezone))
    return schedule.evaluate(ScheduleContext(scheduled_time=time, schedule_name=schedule.name))


def _evaluate_sensor(sensor: Sensor, request: Message) -> Evaluation:
    last = request["last_tick_time"]
    context = SensorContext(
        cursor=request["cursor"],
        sensor_name=sensor.name,
        last_tick_time=None if last is None else datetime.fromtimestamp(last, UTC),
        last_run_key=request["last_run_key"],
    )
    if isinstance(sensor, Follower):
        return sensor.evaluate(context, [read_followed(each) for each in request["followed"]])
    return sensor.evaluate(context)


def _stands(failed: EvaluationFailedError) -> dict[str, Any]:
    """Return what stands of an evaluation that failed; nothing where that cannot be told to others."""
    try:
        return plain_evaluation(failed.partial)
    except MainspringError:
        return {}


@frozen(eq=False)
class _Kept(LogStore):
    """Keeps what one evaluation prints and logs."""

    texts: dict[str, str] = field(factory=dict)

    def append(self, key: LogKey, text: str) -> None:
        before = self.texts.get(key.stream, "")
        if len(before) < LOG_LIMIT_CHARACTERS:
            longer = before + text
            fits = len(longer) <= LOG_LIMIT_CHARACTERS
            self.texts[key.stream] = longer if fits else longer[:LOG_LIMIT_CHARACTERS] + CUT

    def piece(self, key: LogKey, start: int = 0) -> LogPiece:
        text = self.texts.get(key.stream, "")[start:]
        return LogPiece(text, start + len(text))
