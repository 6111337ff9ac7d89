# ruff: noqa: PLW0108 - the body of a job is a function, and not the op that it calls
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import mainspring as ms
from mainspring.errors import InstanceError, UnknownNameError

untyped_job: Any = ms.job


@ms.op
def one() -> int:
    return 1


@ms.op
def inc(value: int) -> int:
    return value + 1


@ms.graph
def counted() -> int:
    """Count."""
    return inc(one())


def body() -> None:
    """Count to two."""
    inc(one())


def test_decorates_bare_and_called() -> None:
    assert ms.job(body).name == "body"
    assert ms.job(name="other", description="More.", tags={"team": "data"})(body).name == "other"
    assert repr(ms.job(body)) == "<job 'body': 2 ops>"
    assert ms.job(body).description == "Count to two."


def test_can_be_made_of_a_graph() -> None:
    made = ms.job(counted)

    assert made.name == "counted"
    assert made.description == "Count."
    assert list(made.nodes) == ["one", "inc"]
    assert made.execute().output("inc") == 2


def test_wires_its_body_once() -> None:
    calls: list[int] = []

    @ms.job
    def made() -> None:
        calls.append(1)
        one()

    made.execute()
    made.execute()
    assert calls == [1]


@pytest.mark.parametrize("empty", [lambda: None, lambda: 3, lambda: ms.job(name="inner")(body)], ids=["1", "2", "3"])
def test_without_ops_is_refused(empty: Callable[[], object]) -> None:
    with pytest.raises(ms.DefinitionError, match="job 'j' has no ops; call at least one in its body"):
        ms.job(name="j")(empty)


def test_is_not_called_but_run() -> None:
    made = ms.job(body)

    with pytest.raises(ms.DefinitionError, match=r"job 'body' is not called but run: body.execute\(\)"):
        made()
    with pytest.raises(ms.DefinitionError, match="job 'body' is not called"):
        ms.job(name="outer")(lambda: made())


def test_takes_no_parameters() -> None:
    with pytest.raises(ms.DefinitionError, match=r"job 'made' takes parameters \(days, hours\), but a job has none"):

        @ms.job  # type: ignore[arg-type]
        def made(days: int, *, hours: int = 3) -> None:
            one()


def test_whose_body_is_a_generator_is_refused() -> None:
    with pytest.raises(ms.DefinitionError, match="the body of job 'made' is a coroutine or generator function"):

        @ms.job
        def made() -> Iterator[int]:
            yield one()


@pytest.mark.parametrize("target", [3, "body", one, ms.job(body)], ids=repr)
def test_decorates_functions_only(target: object) -> None:
    with pytest.raises(ms.DefinitionError, match="@job decorates a function, not"):
        untyped_job(target)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"name": "a b"}, "job cannot be called 'a b'"),
        ({"name": "x" * 10_000}, "has 10000 characters; use at most 100"),
        ({"tags": {"team": 3}}, "tag 'team' of job 'body' must be text with a text value"),
        ({"tags": [("team", "data")]}, "the tags of job 'body' must be a dict of text to text, not list"),
        ({"modes": ms.Mode("dev")}, "the modes of job 'body' must be a list of ms.Mode, not Mode"),
        ({"modes": ["dev"]}, "'dev' among the modes of job 'body' is no ms.Mode; write ms.Mode(…)"),
        ({"modes": [ms.Mode("dev"), ms.Mode("dev")]}, "job 'body' has two modes named 'dev'; rename one"),
    ],
)
def test_refuses_a_wrong_declaration_in_one_sentence(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ms.DefinitionError) as raised:
        untyped_job(**arguments)(body)

    assert said in str(raised.value)


@pytest.mark.parametrize("config", [[], "text", 3, False, 0], ids=repr)
def test_config_that_is_no_mapping_is_refused(config: Any) -> None:
    with pytest.raises(ms.ConfigError, match="the config of job 'body' is not valid: expected a mapping, got"):
        ms.job(body).execute(config=config)


def test_an_unknown_mode_is_refused() -> None:
    made = ms.job(modes=[ms.Mode("dev"), ms.Mode("prod")])(body)

    with pytest.raises(UnknownNameError, match=r"there is no mode 'prd' in job 'body'; did you mean 'prod'\?"):
        made.execute("prd")


def test_what_is_no_mode_and_what_is_no_instance_are_refused() -> None:
    made: Any = ms.job(body)

    with pytest.raises(ms.ConfigError, match="mode must be text, not dict; a config is given as config=…"):
        made.execute({"ops": {}})
    with pytest.raises(InstanceError, match=r"is run on an ms.Instance, not on 'home'; open one with ms.Instance.open"):
        made.execute(instance="home")
