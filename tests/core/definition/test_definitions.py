from typing import Any

import pytest

import mainspring as ms
from mainspring.errors import UnknownNameError


@ms.op
def where(*, place: str = ms.resource()) -> str:
    return place


@ms.job
def shared() -> None:
    where()


@ms.job(modes=[ms.Mode("own", resources={"place": "mine"})])
def own() -> None:
    where()


MODES = [ms.Mode("test", resources={"place": "here"}), ms.Mode("prod", resources={"place": "there"})]

another_own = ms.job(name="own")(lambda: where())  # noqa: PLW0108 - a body is a function, and not the op it calls
nightly = ms.Schedule(name="nightly", job=shared, cron="@daily")
watch = ms.Sensor(name="watch", job=shared, function=lambda: None)
also_nightly = ms.Sensor(name="nightly", job=shared, function=lambda: None)
heir = ms.Sensor(name="heir", job=shared, function=lambda: None, adopts="watch")
other_heir = ms.Sensor(name="other_heir", job=shared, function=lambda: None, adopts="watch")
on_another_own = ms.Sensor(name="own_watch", job=another_own, function=lambda: None)


def test_jobs_without_modes_share_those_of_the_definitions() -> None:
    definitions = ms.Definitions(jobs=[shared, own], modes=MODES)

    assert definitions.job("shared").execute().output("where") == "here"
    assert definitions.job("shared").execute("prod").output("where") == "there"
    assert definitions.job("own").execute().output("where") == "mine"
    assert list(shared.modes) == []


def test_a_job_with_modes_has_no_others() -> None:
    with pytest.raises(UnknownNameError, match="there is no mode 'prod' in job 'own'; there is: own"):
        ms.Definitions(jobs=[own], modes=MODES).job("own").execute("prod")


def test_an_unknown_job_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"there is no job 'shard'; did you mean 'shared'\?"):
        ms.Definitions(jobs=[shared, own]).job("shard")
    with pytest.raises(UnknownNameError, match="there is no job 'x'; none is defined"):
        ms.Definitions().job("x")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"jobs": [shared, shared]}, "two jobs are named 'shared'; rename one"),
        ({"jobs": [where]}, "<op 'where'> among the jobs of Definitions is no job; decorate it with @ms.job"),
        ({"jobs": ["shared"]}, "'shared' among the jobs of Definitions is no job"),
        ({"jobs": shared}, "the jobs of Definitions must be a list of jobs, not Job"),
        (
            {"schedules": [shared]},
            "<job 'shared': 1 ops> among the schedules of Definitions is no schedule; make it with",
        ),
        ({"schedules": nightly}, "the schedules of Definitions must be a list of schedules, not Schedule"),
        ({"schedules": None}, "the schedules of Definitions must be a list of schedules, not NoneType"),
        ({"schedules": [watch]}, "<sensor 'watch' of shared> among the schedules of Definitions is no schedule"),
        ({"sensors": [nightly]}, "<schedule 'nightly' of shared> among the sensors of Definitions is no sensor"),
        ({"sensors": "watch"}, "the sensors of Definitions must be a list of sensors, not str"),
        ({"schedules": [nightly, nightly]}, "schedule 'nightly' and schedule 'nightly' bear one name; rename one"),
        ({"schedules": [nightly], "sensors": [also_nightly]}, "schedule 'nightly' and sensor 'nightly' bear one name"),
        ({"sensors": [heir, watch]}, "sensor 'heir' adopts 'watch', which is still there; remove one of the two"),
        ({"sensors": [heir, other_heir]}, "sensor 'heir' and sensor 'other_heir' both adopt 'watch'; let one of them"),
        (
            {"jobs": [own], "sensors": [on_another_own]},
            "sensor 'own_watch' targets a job 'own', but another of that name",
        ),
        ({"modes": MODES[0]}, "the modes of Definitions must be a list of ms.Mode, not Mode"),
        ({"modes": [MODES[0], MODES[0]]}, "Definitions has two modes named 'test'; rename one"),
    ],
)
def test_refuses_what_is_wrong_in_one_sentence(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ms.DefinitionError) as raised:
        ms.Definitions(**arguments)

    assert said in str(raised.value)


def test_shows_its_jobs() -> None:
    assert repr(ms.Definitions(jobs=[shared, own])) == "<Definitions: shared, own>"
    assert repr(ms.Definitions()) == "<Definitions: empty>"
    assert repr(ms.Definitions(jobs=[shared], schedules=[nightly])) == "<Definitions: shared, nightly>"


def test_schedules_and_sensors_are_found_by_name() -> None:
    definitions = ms.Definitions(jobs=[shared], schedules=[nightly], sensors=[watch])

    assert definitions.schedules == {"nightly": nightly}
    assert definitions.sensors == {"watch": watch}
    assert definitions.automation("nightly") is nightly
    assert definitions.automation("watch") is watch
    with pytest.raises(UnknownNameError, match=r"no schedule or sensor 'nightli'; did you mean 'nightly'\?"):
        definitions.automation("nightli")


def test_a_job_that_is_targeted_is_there() -> None:
    definitions = ms.Definitions(schedules=[nightly], modes=MODES)

    assert definitions.job("shared").execute().output("where") == "here"


def test_schedules_and_sensors_see_the_modes_that_their_jobs_share() -> None:
    definitions = ms.Definitions(
        schedules=[ms.Schedule(name="nightly", jobs=[own, shared], cron="@daily", tags={"a": "b"}, deadline=5)],
        sensors=[watch],
        modes=MODES,
    )

    schedule = definitions.schedules["nightly"]
    assert schedule.jobs == (definitions.job("own"), definitions.job("shared"))
    assert (schedule.tags, schedule.deadline_seconds, schedule.cron) == ({"a": "b"}, 5.0, ("@daily",))
    assert list(definitions.sensors["watch"].jobs[0].modes) == ["test", "prod"]
    assert list(watch.jobs[0].modes) == []


def test_a_mode_that_is_not_among_the_shared_ones_is_refused() -> None:
    wrong = ms.Schedule(name="wrong", job=shared, cron="@daily", mode="prd")

    with pytest.raises(
        UnknownNameError, match=r"no mode 'prd' in job 'shared', which schedule 'wrong' targets; did you mean"
    ):
        ms.Definitions(schedules=[wrong], modes=MODES)
    assert ms.Definitions(schedules=[wrong]).schedules["wrong"] is wrong
