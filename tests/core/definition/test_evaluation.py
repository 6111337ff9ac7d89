"""Evaluations: what a function asks for is gathered in order, each key once, and what fails half-way says how far it got."""

import pickle
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from mainspring.errors import UnknownNameError
from mainspring.testing import schedule_context, sensor_context


@ms.op
def look() -> None: ...


@ms.job(modes=[ms.Mode("dev"), ms.Mode("prod")])
def ingest() -> None:
    look()


@ms.job
def report() -> None:
    look()


def evaluated(function: Callable[..., Any], cursor: str | None = None, **arguments: Any) -> ms.Evaluation:
    sensor = ms.Sensor(**{"name": "s", "job": ingest, "function": function, **arguments})
    return sensor.evaluate(sensor_context(cursor=cursor))


def failed(function: Callable[..., Any], cursor: str | None = None, **arguments: Any) -> ms.EvaluationFailedError:
    with pytest.raises(ms.EvaluationFailedError) as raised:
        evaluated(function, cursor, **arguments)
    assert raised.value.automation == "sensor 's'"
    assert str(raised.value).startswith("sensor 's' failed: ")
    assert "\n" not in str(raised.value)
    return raised.value


def keys(evaluation: ms.Evaluation) -> list[str | None]:
    return [each.run_key for each in evaluation.requests]


def returning(value: Any) -> Callable[[], Any]:
    return lambda: value


@pytest.mark.parametrize(
    ("returned", "expected"),
    [
        (None, []),
        (ms.SkipReason("no"), []),
        (ms.RunRequest("a"), ["a"]),
        ([], []),
        ([ms.RunRequest("a"), ms.RunRequest("b")], ["a", "b"]),
        ((ms.RunRequest("a"), ms.SkipReason("rest later")), ["a"]),
        (iter([ms.RunRequest("a")]), ["a"]),
        (map(ms.RunRequest, ["a", "b"]), ["a", "b"]),
        ([ms.RunRequest(), ms.RunRequest()], [None, None]),
    ],
)
def test_a_function_may_return_one_or_several_or_none(returned: Any, expected: list[str | None]) -> None:
    assert keys(evaluated(returning(returned))) == expected


def test_a_generator_may_yield_both_and_return_one_of_them() -> None:
    def mixed(context: ms.SensorContext) -> Generator[Any, None, Any]:
        yield ms.RunRequest("a")
        yield ms.SkipReason("b is not ready")
        yield ms.RunRequest("c")
        return ms.SkipReason("and that is all")

    def last(context: ms.SensorContext) -> Generator[Any, None, Any]:
        yield ms.RunRequest("a")
        return ms.RunRequest("b")

    assert evaluated(mixed, "here") == ms.Evaluation(
        (ms.RunRequest("a", job="ingest"), ms.RunRequest("c", job="ingest")), "and that is all", "here"
    )
    assert keys(evaluated(last)) == ["a", "b"]


def test_one_key_in_one_tick_is_one_request() -> None:
    """Scar: D#26753."""
    evaluation = evaluated(returning([ms.RunRequest("a", priority=number) for number in range(4)]))

    assert evaluation.requests == (ms.RunRequest("a", priority=0, job="ingest"),)
    assert evaluation.duplicates == 3


def test_one_key_for_two_jobs_is_two_requests() -> None:
    both = [ms.RunRequest("a", job=job) for job in (ingest, report, ingest)]
    evaluation = evaluated(returning(both), job=None, jobs=[ingest, report])

    assert [(each.job, each.run_key) for each in evaluation.requests] == [("ingest", "a"), ("report", "a")]
    assert evaluation.duplicates == 1


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ("a", "it returned 'a', of type str; give ms.RunRequest(…) or ms.SkipReason(…)"),
        ({"run_key": "a"}, "it returned {'run_key': 'a'}, of type dict"),
        (True, "it returned True, of type bool"),
        (b"x" * 100_000, "of type bytes"),
        (ms.RunRequest, "of type type; call the class"),
        (["a"], "it returned a list with 'a', of type str"),
        ([None], "it returned a list with None"),
        ([[ms.RunRequest("a")]], "of type list; yield them one by one"),
        (range(3), "it returned range(0, 3), of type range"),
    ],
)
def test_anything_else_is_refused_with_its_type(returned: Any, said: str) -> None:
    error = failed(returning(returned))

    assert said in str(error)
    assert len(str(error)) < 400
    assert isinstance(error.__cause__, ms.DefinitionError)


def test_a_generator_that_yields_something_else_is_closed() -> None:
    closed = []

    def odd(context: ms.SensorContext) -> Iterator[Any]:
        try:
            yield ms.RunRequest("a")
            yield "b"
        finally:
            closed.append(True)

    assert "it yielded 'b', of type str" in str(failed(odd))
    assert closed == [True]


def test_a_request_for_a_job_that_is_no_target_is_refused() -> None:
    error = failed(returning(ms.RunRequest(job="ingset")))
    assert "there is no job 'ingset' in the targets of sensor 's'; did you mean 'ingest'?" in str(error)
    assert isinstance(error.__cause__, UnknownNameError)

    error = failed(returning(ms.RunRequest()), job=None, jobs=[ingest, report])
    assert "a run request of sensor 's' names no job; give job=…, one of 'ingest', 'report'" in str(error)


def test_a_request_in_a_mode_that_the_job_lacks_is_refused() -> None:
    assert "there is no mode 'prd' in job 'ingest'; did you mean 'prod'?" in str(
        failed(returning(ms.RunRequest(mode="prd")))
    )
    assert evaluated(returning(ms.RunRequest(mode="prd")), job=report).requests[0].mode == "prd"


class UnspeakableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("no\nsuch bucket"), "ValueError: no such bucket"),
        (SystemExit(3), "SystemExit: 3"),
        (StopIteration(), "StopIteration"),
        (GeneratorExit(), "GeneratorExit"),
        (RecursionError("deep"), "RecursionError: deep"),
        (UnspeakableError(), "UnspeakableError"),
        (ms.DefinitionError("said already"), "said already"),
    ],
)
def test_what_a_function_raises_is_the_cause(error: BaseException, said: str) -> None:
    def fails() -> None:
        raise error

    raised = failed(fails, "here")
    assert str(raised) == f"sensor 's' failed: {said}"
    assert raised.__cause__ is error
    assert raised.partial == ms.Evaluation(cursor="here")


def test_a_person_can_interrupt_it() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluated(interrupted)


def test_a_schedule_fails_in_the_same_way() -> None:
    def fails() -> Iterator[ms.RunRequest]:
        yield ms.RunRequest("a")
        raise ValueError("no")

    schedule = ms.Schedule(name="s", job=ingest, cron="@daily", function=fails)
    with pytest.raises(ms.EvaluationFailedError, match=r"^schedule 's' failed: ValueError: no$") as raised:
        schedule.evaluate(schedule_context(scheduled_time=datetime(2026, 1, 1, tzinfo=UTC)))

    assert raised.value.partial == ms.Evaluation()


def test_the_cursor_of_what_is_committed_stands_as_at_the_last_yield() -> None:
    """What the function looked at after that was not asked for, so the next evaluation looks at it again."""

    def fails(context: ms.SensorContext) -> Iterator[ms.RunRequest]:
        for number in range(5):
            context.set_cursor(str(number))
            if number == 3:
                raise ValueError("no")
            yield ms.RunRequest(f"key {number}")

    committed = failed(fails, "before", partial="commit").partial
    assert (keys(committed), committed.cursor) == (["key 0", "key 1", "key 2"], "2")
    nothing = failed(fails, "before").partial
    assert nothing == ms.Evaluation(cursor="before")


def test_the_error_can_be_sent_to_another_process() -> None:
    def fails(context: ms.SensorContext) -> Iterator[ms.RunRequest]:
        yield ms.RunRequest("a", config={"ops": {"look": {"days": 1}}})
        raise ValueError("no")

    error = failed(fails, partial="commit")
    sent = pickle.loads(pickle.dumps(error))

    assert (str(sent), sent.automation, sent.partial) == (str(error), error.automation, error.partial)


asked = st.lists(
    st.builds(ms.RunRequest, st.none() | st.sampled_from("abcd"))
    | st.builds(ms.SkipReason, st.sampled_from(["no", "not yet"])),
    max_size=12,
)


@given(asked)
def test_returned_or_yielded_it_is_the_same(several: list[Any]) -> None:
    def yields() -> Iterator[Any]:
        yield from several

    assert evaluated(returning(several)) == evaluated(yields) == evaluated(returning(iter(several)))


@given(asked)
def test_each_key_once_each_keyless_request_always_and_in_order(several: list[Any]) -> None:
    evaluation = evaluated(returning(several))
    requests = [each.run_key for each in several if isinstance(each, ms.RunRequest)]
    reasons = [each.text for each in several if isinstance(each, ms.SkipReason)]

    kept = [key for index, key in enumerate(requests) if key is None or key not in requests[:index]]
    assert keys(evaluation) == kept
    assert evaluation.duplicates == len(requests) - len(kept)
    assert evaluation.skip_reason == (reasons[-1] if reasons else None)


@given(asked, st.data())
def test_a_failure_half_way_leaves_a_prefix_or_nothing(several: list[Any], data: st.DataObject) -> None:
    """What stands is what the same function would have asked for, had it stopped at its last yield."""
    at = data.draw(st.integers(0, len(several)))

    def stops(context: ms.SensorContext) -> Iterator[Any]:
        for number, each in enumerate(several[:at]):
            context.set_cursor(f"{number} begun")
            yield each
        context.set_cursor(f"{at - 1} begun" if at else None)

    def fails(context: ms.SensorContext) -> Iterator[Any]:
        yield from stops(context)
        context.set_cursor("lost")
        raise ValueError

    assert failed(fails, partial="commit").partial == evaluated(stops)
    assert failed(fails).partial == ms.Evaluation()
