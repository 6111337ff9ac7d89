"""Schedules: what one is made of, and what it asks for at a time."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

import mainspring as ms
from mainspring.errors import UnknownNameError
from mainspring.testing import schedule_context, sensor_context

DUE = datetime(2026, 3, 29, 2, 30, tzinfo=UTC)


@ms.op
def look() -> None: ...


@ms.job(modes=[ms.Mode("dev"), ms.Mode("prod")])
def ingest() -> None:
    look()


@ms.job
def report() -> None:
    look()


def evaluated(function: Callable[..., Any] | None, **arguments: Any) -> ms.Evaluation:
    schedule = ms.Schedule(**{"name": "s", "job": ingest, "cron": "@daily", "function": function, **arguments})
    return schedule.evaluate(schedule_context(scheduled_time=DUE))


def test_a_schedule_is_known_by_its_function_and_says_what_that_says() -> None:
    @ms.schedule(job=ingest, cron="0 3 * * MON-FRI", timezone="America/New_York", mode="prod")
    def weekdays(context: ms.ScheduleContext) -> ms.RunRequest | ms.SkipReason:
        """Each morning."""
        if context.scheduled_time.day == 29:
            return ms.SkipReason("market holiday")
        return ms.RunRequest(config={"ops": {"fetch": {"days": 1}}}, tags={"team": "data"})

    assert (weekdays.name, weekdays.description, weekdays.jobs) == ("weekdays", "Each morning.", (ingest,))
    assert (weekdays.cron, weekdays.timezone, weekdays.mode) == (("0 3 * * MON-FRI",), "America/New_York", "prod")
    assert weekdays.evaluate(schedule_context(scheduled_time=DUE)) == ms.Evaluation(skip_reason="market holiday")
    (request,) = weekdays.evaluate(schedule_context(scheduled_time=DUE + timedelta(days=1))).requests
    assert request == ms.RunRequest(
        config={"ops": {"fetch": {"days": 1}}}, tags={"team": "data"}, job="ingest", mode="prod"
    )


def test_what_a_schedule_is_unless_it_says_otherwise() -> None:
    schedule = ms.Schedule(name="s", job=ingest, every=90)

    assert (schedule.cron, schedule.every_seconds, schedule.timezone) == ((), 90.0, "UTC")
    assert (schedule.default_status, schedule.overlap, schedule.deadline_seconds) == ("stopped", "allow", 60.0)
    assert schedule.catch_up == ms.CatchUp(5, 86_400)
    assert (schedule.mode, schedule.start, schedule.end, schedule.adopts) == (None, None, None, None)
    assert (repr(schedule), str(schedule)) == ("<schedule 's' of ingest>", "schedule 's'")


def test_lengths_of_time_are_seconds_or_timedeltas() -> None:
    schedule = ms.Schedule(name="s", job=ingest, every=timedelta(minutes=5), deadline=timedelta(hours=1))

    assert (schedule.every_seconds, schedule.deadline_seconds) == (300.0, 3600.0)


@pytest.mark.parametrize(
    ("name", "policy"),
    [("none", ms.CatchUp(0, None)), ("latest", ms.CatchUp(1, None)), ("all", ms.CatchUp(None, None))],
)
def test_usual_catch_up_policies_have_names(name: str, policy: ms.CatchUp) -> None:
    assert ms.Schedule(name="s", job=ingest, every=90, catch_up=name).catch_up == policy


@pytest.mark.parametrize(
    "function",
    [
        None,
        lambda: None,
        lambda context: None,
        lambda context=None: None,
        lambda *arguments: None,
        partial(lambda more, context: None, 1),
    ],
    ids=["no function", "no parameter", "context", "optional context", "any", "partial"],
)
def test_without_a_word_it_asks_for_a_plain_request(function: Callable[..., Any] | None) -> None:
    assert evaluated(function) == ms.Evaluation((ms.RunRequest(job="ingest"),))


def test_without_a_word_it_asks_for_each_of_its_jobs() -> None:
    evaluation = evaluated(None, job=None, jobs=[ingest, report])

    assert [each.job for each in evaluation.requests] == ["ingest", "report"]


def test_a_generator_that_yields_nothing_asks_for_nothing() -> None:
    def nothing(context: ms.ScheduleContext) -> Iterator[ms.RunRequest]:
        yield from ()

    assert evaluated(nothing) == ms.Evaluation()
    assert evaluated(lambda: ()) == ms.Evaluation()


def test_requests_have_what_their_schedule_says_where_they_say_nothing() -> None:
    constants = {"config": {"ops": {"look": {"a": 1}}}, "tags": {"team": "data", "tier": "1"}, "mode": "dev"}
    own = {"config": {"ops": {"look": {"a": 2}}}, "tags": {"tier": "2"}, "mode": "prod"}

    plain = evaluated(None, **constants).requests
    said = evaluated(lambda: ms.RunRequest("k", **own), **constants).requests  # type: ignore[arg-type]

    assert plain == (ms.RunRequest(**constants, job="ingest"),)  # type: ignore[arg-type]
    assert said == (ms.RunRequest("k", **{**own, "tags": {"team": "data", "tier": "2"}}, job="ingest"),)  # type: ignore[arg-type]


def test_config_holds_instances_until_it_is_made_plain() -> None:
    config = {"ops": {"look": ms.EnvVar("LOOK")}}

    assert evaluated(None, config=config).requests[0].config == config


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"name": "a b"}, "schedule cannot be called 'a b'"),
        ({"name": None}, "the name of a schedule must be text"),
        ({"job": None}, "schedule 's' targets no job; give job=…, or jobs=[…]"),
        ({"job": look}, "targets <op 'look'>, which is no job; decorate it with @ms.job"),
        ({"job": "ingest"}, "targets 'ingest', which is no job; give what @ms.job has made"),
        ({"job": None, "jobs": ingest}, "the jobs of schedule 's' must be a list of jobs"),
        ({"job": None, "jobs": []}, "targets no job"),
        ({"job": None, "jobs": [ingest, ingest]}, "targets two jobs named 'ingest'; rename or remove one"),
        ({"jobs": [report]}, "is given both job and jobs; give one of them"),
        ({"cron": None}, "schedule 's' needs either cron=… or every=…, and not both"),
        ({"cron": []}, "needs either cron=… or every=…"),
        ({"every": 5}, "needs either cron=… or every=…, and not both"),
        ({"cron": None, "every": 0}, "schedule 's': every=0.0 must be seconds, from 0.001 to"),
        ({"cron": None, "every": -1}, "every=-1.0 must be seconds"),
        ({"cron": None, "every": float("nan")}, "every=nan must be seconds"),
        ({"cron": None, "every": float("inf")}, "every=inf must be seconds"),
        ({"cron": None, "every": 10**400}, "must be seconds, from 0.001 to"),
        ({"cron": None, "every": "5"}, "every='5' must be seconds"),
        ({"cron": None, "every": True}, "every=True must be seconds"),
        ({"start": datetime(2026, 1, 1)}, "the start of schedule 's' must be an aware datetime"),  # noqa: DTZ001
        ({"end": "2026-01-01"}, "the end of schedule 's' must be an aware datetime"),
        ({"start": DUE, "end": DUE}, "which is not after its start"),
        ({"default_status": "on"}, "schedule 's': default_status='on' must be 'stopped' or 'running'"),
        ({"overlap": "never"}, "overlap='never' must be 'allow' or 'skip' or 'queue_one' or 'cancel_running'"),
        ({"overlap": None}, "overlap=None must be"),
        ({"catch_up": "some"}, "catch_up='some' must be 'none', 'latest', 'all' or ms.CatchUp("),
        ({"catch_up": 5}, "catch_up=5 must be"),
        ({"catch_up": ms.CatchUp}, "must be 'none', 'latest', 'all' or ms.CatchUp("),
        ({"deadline": 0}, "deadline=0.0 must be seconds"),
        ({"deadline": "soon"}, "deadline='soon' must be seconds"),
        ({"adopts": "s"}, "schedule 's' adopts its own name"),
        ({"adopts": 4}, "the name of a schedule must be text"),
        ({"tags": {"a": 1}}, "tag 'a' of schedule 's' must be text"),
        ({"tags": "a"}, "the tags of schedule 's' must be a dict"),
        ({"config": [1]}, "the config of schedule 's' must be a dict"),
        ({"mode": 3}, "the name of a mode must be text"),
        ({"function": 3}, "schedule 's' is made of a function, not of 3"),
        ({"function": ms.RunRequest}, "is made of a function, not of <class"),
        (
            {"function": lambda context, other: None},
            "schedule 's' takes (context, other), but it is called with its context",
        ),
        ({"function": lambda *, context: None}, "takes (context), but it is called with its context alone"),
    ],
)
def test_refuses_what_is_wrong_in_one_sentence(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ms.DefinitionError) as raised:
        ms.Schedule(**{"name": "s", "job": ingest, "cron": "@daily", **arguments})

    assert said in str(raised.value)
    assert len(str(raised.value)) < 400


def test_a_mode_that_its_job_lacks_is_refused() -> None:
    with pytest.raises(
        UnknownNameError, match=r"no mode 'prd' in job 'ingest', which schedule 's' targets; did you mean"
    ):
        ms.Schedule(name="s", job=ingest, cron="@daily", mode="prd")
    assert ms.Schedule(name="s", job=report, cron="@daily", mode="prd").mode == "prd"


def test_asynchronous_functions_are_refused() -> None:
    async def later(context: ms.ScheduleContext) -> None: ...

    with pytest.raises(ms.DefinitionError, match=r"schedule 'later' is asynchronous; write def, with asyncio.run"):
        ms.schedule(job=ingest, cron="@daily")(later)  # type: ignore[arg-type]


def test_a_function_without_a_name_needs_one() -> None:
    with pytest.raises(ms.DefinitionError, match=r"a schedule made of .* has no name; give name="):
        ms.schedule(job=ingest, cron="@daily")(lambda: None)
    assert ms.schedule(job=ingest, cron="@daily", name="named")(lambda: None).name == "named"


def test_it_is_evaluated_with_a_context_of_its_own_kind() -> None:
    with pytest.raises(ms.DefinitionError, match=r"schedule 's' is evaluated with an ms\.ScheduleContext, not with"):
        ms.Schedule(name="s", job=ingest, every=5).evaluate(sensor_context())  # type: ignore[arg-type]
