import inspect

import pytest

from mainspring import errors
from mainspring.errors import (
    ConfigError,
    MainspringError,
    PlanCycleError,
    RunFailedError,
    TypeMismatchError,
    UnknownNameError,
    ValueNotFound,
    shorten,
    suggest,
)

ALL = [each for _, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, Exception)]


@pytest.mark.parametrize("error", ALL)
def test_every_error_is_a_mainspring_error_and_says_what_it_is(error: type[Exception]) -> None:
    assert issubclass(error, MainspringError)
    assert error.__doc__


def test_errors_carry_their_facts() -> None:
    assert PlanCycleError("ops", ["a", "b"]).cycle == ("a", "b")
    assert UnknownNameError("op", "x", ["b", "a"]).known == ("a", "b")
    assert ConfigError("it", [("a", "wrong")]).problems == (("a", "wrong"),)
    assert TypeMismatchError("clean", "input", "rows", "int", "str").expected == "int"
    assert ValueNotFound("memory", "a.b", "clean").step_key == "clean"
    assert RunFailedError("r1", "j", "FAILURE", "why").run_id == "r1"


def test_messages_name_thing_place_and_remedy() -> None:
    assert str(PlanCycleError("ops", ["a", "b"])) == (
        "ops depend on each other in a circle: a -> b -> a; remove one of these dependencies"
    )
    assert str(UnknownNameError("mode", "prd", ["prod"], place="job 'j'")) == (
        "there is no mode 'prd' in job 'j'; did you mean 'prod'?"
    )
    assert str(ConfigError("it", [("a", "wrong"), ("", "bad")])) == "it is not valid: a: wrong; bad"


def test_suggestions_are_short() -> None:
    assert suggest("x", []) == "none is defined"
    assert suggest("fetsh", ["fetch", "clean"]) == "did you mean 'fetch'?"
    assert suggest("zzz", [f"op{each}" for each in range(30)]).endswith("op9 and 20 more")
    assert len(suggest("x" * 10_000, ["y" * 10_000] * 30)) < 1200
    assert shorten("x" * 10_000) == "x" * 99 + "…"


def test_an_error_survives_being_sent_to_another_process() -> None:
    import pickle

    for error in (
        PlanCycleError("ops", ["a", "b"]),
        UnknownNameError("mode", "prd", ["prod"], place="job 'j'"),
        ConfigError("it", [("a", "wrong")]),
        TypeMismatchError("clean", "input", "rows", "int", "str"),
        ValueNotFound("memory", "a.b", "clean"),
        RunFailedError("r1", "j", "FAILURE", "why"),
    ):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
