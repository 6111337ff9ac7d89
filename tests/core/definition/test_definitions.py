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
