"""What people write, and what a strict type checker knows of it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TypedDict, assert_type

from attrs import define

import mainspring as ms


@define
class Window:
    days: int = 7


class Session:
    def rows(self) -> list[int]:
        return [1]


@define
class SessionResource(ms.Resource[Session]):
    url: str = ""

    @contextmanager
    def open(self) -> Iterator[Session]:
        yield Session()


class Split(TypedDict):
    good: list[int]
    bad: list[str]


@ms.op
def fetch(context: ms.OpContext, *, config: Window = ms.config()) -> list[int]:
    context.log.info("x")
    return [config.days]


@ms.op(out=ms.Out(io_manager="warehouse", asset="warehouse/orders"), retry=ms.RetryPolicy(max_retries=3, delay=1.0))
def clean(rows: list[int], *, session: Session = ms.resource()) -> dict[str, int]:
    return {str(each): each for each in rows}


@ms.op(out={"good": ms.Out(), "bad": ms.Out(optional=True)})
def split(rows: list[int]) -> Split:
    return {"good": rows, "bad": []}


@ms.op(out=ms.DynamicOut())
def pieces(rows: list[int]) -> dict[str, int]:
    return {str(each): each for each in rows}


@ms.op(out=ms.DynamicOut())
def pieces_of(context: ms.OpContext, rows: list[int]) -> dict[str, int]:
    return {str(each): each for each in rows}


@ms.op
def double(value: int) -> int:
    return 2 * value


@ms.op
def label(context: ms.OpContext, value: int) -> str:
    return f"{context.step_key} {value}"


@ms.op
def total(values: list[int], start: int = 0) -> int:
    return sum(values, start)


@ms.op
def join(values: list[str]) -> str:
    return ",".join(values)


@ms.op
def store(table: dict[str, int]) -> None:
    table.clear()


@ms.op
def report() -> None:
    assert True


@ms.graph
def doubled(rows: list[int]) -> list[int]:
    return pieces(rows).map(double).collect()


@ms.job(
    modes=[ms.Mode("dev", resources={"session": SessionResource(), "warehouse": ms.MemoryIOManager()})],
    tags={"team": "data"},
)
def ingest() -> None:
    rows = fetch()
    assert_type(rows, list[int])
    table = clean(rows)
    assert_type(table, dict[str, int])
    store(table)
    report.after(table)()
    report.alias("last").after(clean.alias("again")(rows))()
    parts = split(rows)
    assert_type(parts["good"], list[int])
    assert_type(parts["bad"], list[str])
    total(parts["good"])
    values = pieces(rows).map(double)
    gathered = values.collect()
    assert_type(gathered, list[int])
    total(gathered, start=3)
    total([total(gathered), total(rows)])
    assert_type(join(pieces_of(rows).map(label).collect()), str)
    assert_type(doubled(rows), list[int])


@ms.job
def bare() -> None:
    fetch()


@ms.job
def ordered() -> None:
    stored = store(clean(fetch()))
    report.after(stored)()


@ms.job
def ordered_directly() -> None:
    report.after(store(clean(fetch())))()


@ms.schedule(job=ingest, cron="0 3 * * MON-FRI", timezone="America/New_York", mode="dev", deadline=timedelta(minutes=1))
def weekdays(context: ms.ScheduleContext) -> ms.RunRequest | ms.SkipReason:
    if context.scheduled_time.day == 1:
        return ms.SkipReason("first of the month")
    return ms.RunRequest(config={"ops": {"fetch": Window(1)}}, tags={"team": "data"})


@ms.schedule(jobs=[ingest, bare], every=5, catch_up=ms.CatchUp(limit=3, window=timedelta(hours=1)), overlap="skip")
def often() -> list[ms.RunRequest]:
    return [ms.RunRequest(job=ingest), ms.RunRequest(job="bare")]


@ms.schedule(job=ingest, cron=["@daily", "@weekly"])
def silent() -> None: ...


@ms.sensor(job=ingest)
def uploads(context: ms.SensorContext) -> Generator[ms.RunRequest, None, ms.SkipReason | None]:
    yield ms.RunRequest("key")
    context.set_cursor("key")
    return ms.SkipReason("all seen")


@ms.sensor(job=ingest, source=ms.DirectorySource("inbox", pattern="*.csv"), every=timedelta(seconds=5))
def arrivals(item: ms.Item) -> ms.RunRequest:
    return ms.RunRequest(config={"ops": {"fetch": {"path": item.payload["path"]}}})


plain = ms.Schedule(name="plain", job=ingest, every=timedelta(minutes=5), catch_up="latest")
inbox = ms.Sensor(
    name="inbox", job=ingest, source=ms.DirectorySource(Path("inbox")), request=lambda item: ms.RunRequest(item.key)
)
assert_type(weekdays, ms.Schedule)
assert_type(uploads, ms.Sensor)
assert_type(uploads.evaluate(ms.testing.sensor_context(cursor="x")), ms.Evaluation)
assert_type(clean([1], session=Session()), dict[str, int])
assert_type(fetch(ms.testing.op_context(), config=Window(3)), list[int])
assert_type(label(ms.testing.op_context(), 3), str)
assert_type(double(3), int)
assert_type(pieces([1]).map(double).collect(), list[int])
definitions = ms.Definitions(
    jobs=[ingest, bare, ordered, ordered_directly],
    schedules=[weekdays, often, silent, plain],
    sensors=[uploads, arrivals, inbox],
)
result = ingest.execute("dev", config={"ops": {"fetch": {"days": 1}}})
assert_type(result.success, bool)
