"""Sensors: a function that looks, or a source that lists."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import pytest
from attrs import field, frozen
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from mainspring.testing import sensor_context


@ms.op
def look() -> None: ...


@ms.job
def ingest() -> None:
    look()


@ms.job
def report() -> None:
    look()


@frozen
class Listed(ms.SensorSource):
    """Lists what it was given; a number as a cursor says how many were taken. An exception among the items is raised."""

    items: Sequence[Any]

    def poll(self, cursor: str | None) -> Iterable[ms.Item]:
        for number, each in enumerate(self.items):
            if number >= int(cursor or 0):
                if isinstance(each, BaseException):
                    raise each
                yield ms.Item(each, {"number": number}, str(number + 1)) if isinstance(each, str) else each


@frozen
class Queue(Listed):
    acknowledged: list[str] = field(factory=list)

    def ack(self, items: Sequence[ms.Item]) -> None:
        self.acknowledged.extend(item.key for item in items)


def watching(source: ms.SensorSource, request: Callable[[ms.Item], Any] | None = None, **arguments: Any) -> ms.Sensor:
    return ms.Sensor(**{"name": "s", "job": ingest, "source": source, "request": request, **arguments})


def keys(evaluation: ms.Evaluation) -> list[str | None]:
    return [each.run_key for each in evaluation.requests]


def test_a_sensor_is_known_by_its_function_and_says_what_that_says() -> None:
    @ms.sensor(job=ingest, tags={"team": "data"})
    def uploads(context: ms.SensorContext) -> Iterator[ms.RunRequest]:
        """Each upload."""
        for key in ("a", "b"):
            yield ms.RunRequest(run_key=key)
        context.set_cursor("b")

    assert (uploads.name, uploads.description, uploads.jobs) == ("uploads", "Each upload.", (ingest,))
    assert uploads.evaluate(sensor_context()) == ms.Evaluation(
        tuple(ms.RunRequest(key, job="ingest", tags={"team": "data"}) for key in ("a", "b")), cursor="b"
    )


def test_what_a_sensor_is_unless_it_says_otherwise() -> None:
    sensor = ms.Sensor(name="s", job=ingest, function=lambda: None)

    assert (sensor.every_seconds, sensor.deadline_seconds, sensor.partial) == (15.0, 60.0, "none")
    assert (sensor.default_status, sensor.mode, sensor.source, sensor.request) == ("stopped", None, None, None)
    assert repr(sensor) == "<sensor 's' of ingest>"
    assert sensor.evaluate(sensor_context(cursor="c")) == ms.Evaluation(cursor="c")


def test_an_item_of_a_source_is_a_request_under_its_key() -> None:
    evaluation = watching(Listed(["a", "b", "c"])).evaluate(sensor_context(cursor="1"))

    assert evaluation == ms.Evaluation(tuple(ms.RunRequest(key, job="ingest") for key in "bc"), cursor="3")


def test_a_function_says_what_to_ask_for_of_an_item() -> None:
    @ms.sensor(jobs=[ingest, report], source=Listed(["a", "b", "c", "d"]))
    def arrivals(item: ms.Item) -> Any:
        match item.key:
            case "a":
                return None
            case "b":
                return ms.SkipReason("not yet")
            case "c":
                return [ms.RunRequest(job="ingest"), ms.RunRequest(job="report")]
            case _:
                return ms.RunRequest(f"own {item.payload['number']}", job="report")

    evaluation = arrivals.evaluate(sensor_context())
    assert [(each.run_key, each.job) for each in evaluation.requests] == [
        ("c", "ingest"),
        ("c", "report"),
        ("own 3", "report"),
    ]
    assert (evaluation.skip_reason, evaluation.cursor) == ("not yet", "4")


def test_an_item_without_a_cursor_leaves_it_where_it_was() -> None:
    source = Listed([ms.Item("a", cursor="7"), ms.Item("b")])

    assert watching(source).evaluate(sensor_context()).cursor == "7"


def test_only_a_source_that_wants_to_know_is_told_what_was_taken() -> None:
    queue = Queue(["a", "b"])
    sensor = watching(queue)
    evaluation = sensor.evaluate(sensor_context())
    assert [item.key for item in evaluation.items] == ["a", "b"]
    assert queue.acknowledged == []

    sensor.acknowledge(evaluation.items)
    sensor.acknowledge(())
    assert queue.acknowledged == ["a", "b"]

    plain = watching(Listed(["a"]))
    assert plain.evaluate(sensor_context()).items == ()
    plain.acknowledge([ms.Item("a")])
    ms.Sensor(name="s", job=ingest, function=lambda: None).acknowledge([ms.Item("a")])


@given(st.lists(st.sampled_from("abcdef"), max_size=8), st.booleans())
def test_what_stands_of_a_source_that_fails_ends_with_a_whole_item(names: list[str], acknowledges: bool) -> None:
    """Whether the source fails or the function does, the next evaluation goes on where this one stands."""
    kind = Queue if acknowledges else Listed

    def request(item: ms.Item) -> Iterator[ms.RunRequest]:
        yield ms.RunRequest(f"{item.key} {item.payload['number']}")
        if item.payload["number"] == len(names):
            raise ValueError("no")

    whole = watching(kind(names), request).evaluate(sensor_context())
    for source in (kind([*names, OSError("gone")]), kind([*names, "z"])):
        sensor = watching(source, request, partial="commit")
        with pytest.raises(ms.EvaluationFailedError) as raised:
            sensor.evaluate(sensor_context())
        assert raised.value.partial == whole
        with pytest.raises(ms.EvaluationFailedError) as raised:
            watching(source, request).evaluate(sensor_context())
        assert raised.value.partial == ms.Evaluation()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (Listed([3]), "sensor 's' failed: its source gave 3, which is no ms.Item; yield ms.Item(key, …)"),
        (Listed([OSError("gone")]), "sensor 's' failed: OSError: gone"),
        (Listed([SystemExit(1)]), "sensor 's' failed: SystemExit: 1"),
        (Listed([ms.Item("a", cursor="nonsense"), "b"]), "sensor 's' failed: "),
    ],
)
def test_a_source_that_misbehaves_fails_the_evaluation(source: ms.SensorSource, said: str) -> None:
    sensor = watching(source)
    with pytest.raises(ms.EvaluationFailedError) as raised:
        sensor.evaluate(sensor_context(cursor=sensor_cursor(source)))

    assert said in str(raised.value)


def sensor_cursor(source: ms.SensorSource) -> str | None:
    """Return a cursor at which a source of two items fails."""
    assert isinstance(source, Listed)
    return "x" if len(source.items) == 2 else None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"name": "a b"}, "sensor cannot be called 'a b'"),
        ({"function": None}, "sensor 's' needs either a function or source=…, and not both"),
        ({"source": Listed([])}, "needs either a function or source=…, and not both"),
        ({"request": lambda item: None}, "has request=… but no source"),
        ({"function": None, "source": Listed}, "does not derive from ms.SensorSource; call the class"),
        ({"function": None, "source": "s3"}, "the source of sensor 's' is 's3', which does not derive from"),
        ({"function": None, "source": Listed([]), "request": lambda: None}, "request=… of sensor 's' takes no item"),
        ({"function": None, "source": Listed([]), "request": 3}, "sensor 's' is made of a function, not of 3"),
        ({"function": lambda a, b: None}, "sensor 's' takes (a, b), but it is called with its context alone"),
        ({"every": 0.5}, "sensor 's': every=0.5 must be seconds, from 1 to"),
        ({"every": "1"}, "every='1' must be seconds"),
        ({"every": None}, "every=None must be seconds"),
        ({"partial": "some"}, "sensor 's': partial='some' must be 'none' or 'commit'"),
        ({"default_status": True}, "default_status=True must be 'stopped' or 'running'"),
        ({"job": None}, "sensor 's' targets no job"),
        ({"adopts": "s"}, "sensor 's' adopts its own name"),
    ],
)
def test_refuses_what_is_wrong_in_one_sentence(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ms.DefinitionError) as raised:
        ms.Sensor(**{"name": "s", "job": ingest, "function": lambda: None, **arguments})

    assert said in str(raised.value)
    assert len(str(raised.value)) < 400


def test_asynchronous_functions_are_refused() -> None:
    async def later() -> None: ...

    class Called:
        async def __call__(self, context: ms.SensorContext) -> None: ...

    for each in (later, Called()):
        with pytest.raises(ms.DefinitionError, match="is asynchronous"):
            ms.sensor(job=ingest, name="s")(each)  # type: ignore[arg-type]


def test_it_is_evaluated_with_a_context_of_its_own_kind() -> None:
    with pytest.raises(ms.DefinitionError, match=r"sensor 's' is evaluated with an ms\.SensorContext, not with None"):
        watching(Listed([])).evaluate(None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"key": ""}, "the key of an item must be text, and not empty, unlike ''"),
        ({"key": 3}, "the key of an item must be text"),
        ({"key": "a\0"}, "the key of an item, 'a\\x00', holds NUL characters"),
        ({"key": "\udcff"}, "lone surrogates"),
        ({"key": "a", "cursor": 3}, "the cursor of an item must be text, not int"),
        ({"key": "a", "cursor": "x" * 5_000_000}, "at most 4,000,000 are kept"),
    ],
)
def test_an_item_has_a_key_and_a_cursor_that_can_be_kept(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ms.DefinitionError) as raised:
        ms.Item(**arguments)

    assert said in str(raised.value)
