"""Asset sensors and run status sensors: what they are made of, and what they say when they are called by hand."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import mainspring as ms
from mainspring.definition.run_status_sensor import STATUSES
from mainspring.testing import materialization, run_event, sensor_context


@ms.op(out=ms.Out(asset="warehouse/orders"))
def orders() -> int:
    return 1


@ms.op
def read() -> None: ...


@ms.job
def ingest() -> None:
    orders()


@ms.job
def report() -> None:
    read()


def anything(context: ms.SensorContext, item: Any) -> ms.RunRequest:
    return ms.RunRequest(run_key=str(item.event_id))


def watching(function: Callable[..., Any] = anything, **arguments: Any) -> ms.AssetSensor:
    return ms.asset_sensor(**{"job": report, "asset": "warehouse/orders", "name": "s", **arguments})(function)


def alerting(function: Callable[..., Any] = anything, **arguments: Any) -> ms.RunStatusSensor:
    return ms.run_status_sensor(**{"job": report, "statuses": ["FAILURE"], "name": "s", **arguments})(function)


def test_an_asset_sensor_asks_for_each_materialization() -> None:
    @ms.asset_sensor(job=report, asset="warehouse/orders", tags={"team": "data"})
    def when_orders_change(context: ms.SensorContext, materialization: ms.MaterializationEvent) -> ms.RunRequest:
        """Report what was ordered."""
        rows = materialization.metadata["rows"]
        return ms.RunRequest(run_key=str(materialization.event_id), tags={"rows": str(rows)})

    events = [materialization("warehouse/orders", metadata={"rows": each}, event_id=each) for each in (3, 4)]
    evaluation = when_orders_change.evaluate(sensor_context(), events)

    assert (when_orders_change.name, when_orders_change.description) == (
        "when_orders_change",
        "Report what was ordered.",
    )
    assert [(each.run_key, each.job, each.tags) for each in evaluation.requests] == [
        ("3", "report", {"team": "data", "rows": "3"}),
        ("4", "report", {"team": "data", "rows": "4"}),
    ]
    assert evaluation.cursor == "4"


def test_a_run_status_sensor_is_told_of_the_run() -> None:
    @ms.run_status_sensor(job=report, statuses=[ms.RunStatus.FAILURE], of=ingest)
    def on_failure(context: ms.SensorContext, run_event: ms.RunStatusEvent) -> ms.RunRequest | ms.SkipReason:
        if run_event.run.tags.get("quiet"):
            return ms.SkipReason("it is quiet")
        return ms.RunRequest(tags={"of": run_event.job_name, "run": run_event.run_id, "why": run_event.reason or ""})

    loud = run_event("FAILURE", job_name="ingest", run_id="r1", reason="the disk is full")
    quiet = run_event(ms.RunStatus.FAILURE, tags={"quiet": "yes"})
    evaluation = on_failure.evaluate(sensor_context(), [quiet, loud])

    assert loud.status is ms.RunStatus.FAILURE
    assert [each.tags for each in evaluation.requests] == [{"of": "ingest", "run": "r1", "why": "the disk is full"}]
    assert evaluation.skip_reason == "it is quiet"


def test_events_made_by_hand_are_told_from_each_other() -> None:
    ids = [materialization("a").event_id, run_event("SUCCESS").event_id, materialization("a").event_id]

    assert ids == sorted(set(ids))
    assert materialization("a", event_id=7).event_id == 7
    assert materialization("a", metadata={"at": {1}}).metadata == {"at": [1]}


@pytest.mark.parametrize(
    ("asset", "keys"),
    [
        ("warehouse/orders", ["warehouse/orders"]),
        (ms.AssetKey("orders"), ["orders"]),
        (orders, ["warehouse/orders"]),
        (["b", ms.AssetKey("a"), orders, "b"], ["b", "a", "warehouse/orders"]),
    ],
)
def test_assets_are_named_by_key_or_by_their_op(asset: Any, keys: list[str]) -> None:
    assert list(map(str, watching(asset=asset).assets)) == keys


@pytest.mark.parametrize(
    ("asset", "said"),
    [
        ([], "watches no asset"),
        (read, "no asset; name the asset by its key"),
        (7, "not 7"),
        ("a//b", "an asset key is text"),
        ([f"a{number}" for number in range(101)], "make several sensors"),
    ],
)
def test_other_assets_are_refused(asset: Any, said: str) -> None:
    with pytest.raises(ms.DefinitionError, match=said):
        watching(asset=asset)


def test_an_op_with_several_assets_does_not_say_which() -> None:
    @ms.op(out={"a": ms.Out(asset="a"), "b": ms.Out(asset="b")})
    def both() -> dict[str, int]:
        return {"a": 1, "b": 2}

    with pytest.raises(ms.DefinitionError, match="a and b; name the asset by its key"):
        watching(asset=both)


@pytest.mark.parametrize(
    "arguments",
    [
        {"statuses": ms.RunStatus.FAILURE},
        {"statuses": "FAILURE"},
        {"statuses": [ms.RunStatus.FAILURE, "FAILURE"]},
        {"statuses": {"FAILURE"}},
    ],
)
def test_statuses_are_one_or_several(arguments: dict[str, Any]) -> None:
    assert alerting(**arguments).statuses == ("FAILURE",)


def test_all_statuses_can_be_watched() -> None:
    assert set(STATUSES) == set(ms.RunStatus)
    assert alerting(statuses=list(ms.RunStatus)).statuses == STATUSES


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"statuses": []}, "needs statuses"),
        ({"statuses": None}, "needs statuses"),
        ({"statuses": ["FAILED"]}, "there is no status 'FAILED'"),
        ({"of": "ingest"}, "give a job or a list of jobs"),
        ({"of": []}, "give a job or a list of jobs"),
        ({"own_runs": 1}, "must be True or False"),
        ({"every": 0.5}, "every"),
        ({"partial": "some"}, "partial"),
    ],
)
def test_what_does_not_fit_a_run_status_sensor_is_refused(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ms.MainspringError, match=said):
        alerting(**arguments)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda: None, r"takes \(\), but it is called with its context and an ms.MaterializationEvent"),
        (lambda context: None, "give it these two parameters"),
        (lambda context, item, more: None, "and the rest defaults"),
        ("when", "is made of a function"),
    ],
)
def test_a_function_takes_its_context_and_the_item(function: Any, said: str) -> None:
    with pytest.raises(ms.DefinitionError, match=said):
        watching(function)


def test_a_follower_has_no_other_source() -> None:
    with pytest.raises(ms.DefinitionError, match="follows the log, so it has neither"):
        ms.AssetSensor(name="s", job=report, asset="a", on_each=anything, function=lambda: None)


def test_its_cursor_moves_by_itself() -> None:
    seen: list[str | None] = []

    def look(context: ms.SensorContext, item: ms.MaterializationEvent) -> None:
        seen.append(context.cursor)

    def move(context: ms.SensorContext, item: ms.MaterializationEvent) -> None:
        context.set_cursor("here")

    events = [materialization("a", event_id=each) for each in (5, 9)]
    context = sensor_context(cursor="2")

    assert watching(look).evaluate(context, events).cursor == "9"
    assert seen == ["2", "5"]
    assert watching(look).evaluate(context).cursor == context.cursor == "2"
    with pytest.raises(ms.EvaluationFailedError, match="'s' follows the log, so its cursor is its place there"):
        watching(move).evaluate(context, events)


@pytest.mark.parametrize(("partial", "keys", "cursor"), [("none", [], None), ("commit", ["1", "1b"], "1")])
def test_what_fails_half_way_stands_up_to_the_last_whole_item(
    partial: str, keys: list[str], cursor: str | None
) -> None:
    def fail(context: ms.SensorContext, item: ms.MaterializationEvent) -> Iterator[ms.RunRequest]:
        yield ms.RunRequest(str(item.event_id))
        if item.event_id == 2:
            raise ValueError("the second")
        yield ms.RunRequest(f"{item.event_id}b")

    events = [materialization("a", event_id=each) for each in (1, 2, 3)]
    with pytest.raises(ms.EvaluationFailedError, match="the second") as raised:
        watching(fail, partial=partial).evaluate(sensor_context(), events)

    assert [each.run_key for each in raised.value.partial.requests] == keys
    assert raised.value.partial.cursor == cursor


def test_what_it_is_called_with_is_checked() -> None:
    event: Any = run_event("FAILURE")
    with pytest.raises(ms.EvaluationFailedError, match=r"ms\.testing\.materialization\(…\) makes one"):
        watching().evaluate(sensor_context(), [event])
    context: Any = None
    with pytest.raises(ms.DefinitionError, match=r"is evaluated with an ms\.SensorContext"):
        watching().evaluate(context, [])


def test_watched_jobs_are_at_hand() -> None:
    definitions = ms.Definitions(sensors=[alerting(of=[ingest])])

    assert list(definitions.jobs) == ["report", "ingest"]

    @ms.job(name="ingest")
    def other() -> None:
        read()

    with pytest.raises(ms.DefinitionError, match="watches a job 'ingest', but another of that name"):
        ms.Definitions(jobs=[other], sensors=[alerting(of=[ingest])])


def test_followers_are_sensors_that_share_modes() -> None:
    sensors = [watching(name="a", mode="prod"), alerting(name="b", of=[ingest])]
    definitions = ms.Definitions(sensors=sensors, modes=[ms.Mode("prod")])
    found = definitions.automation("a")

    assert (found.kind, repr(found)) == ("sensor", "<sensor 'a' of report>")
    assert list(found.jobs[0].modes) == ["prod"]
    assert isinstance(definitions.sensors["b"], ms.RunStatusSensor)
