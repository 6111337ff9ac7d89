"""Run requests and skip reasons: refused when they are made, plain on the wire, and the same again behind it."""

import json
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve, field
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from mainspring.definition.request import plain_request, request_from_plain
from mainspring.errors import ConfigError


class Color(Enum):
    RED = "red"


@define
class Window:
    days: int = 7
    since: datetime | None = None
    folder: Path = field(default=Path("data"))
    token: str | ms.EnvVar = ""
    user: Any = ""
    color: Color = Color.RED


@ms.op
def look() -> None: ...


@ms.job
def looks() -> None:
    look()


def cyclic() -> dict[str, Any]:
    config: dict[str, Any] = {}
    config["ops"] = config
    return config


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"run_key": 7}, "the run key of a run request must be text, not int; write str(value)"),
        ({"run_key": b"a"}, "must be text, not bytes"),
        ({"run_key": ""}, "the run key of a run request is empty; leave it out"),
        ({"run_key": "a\0b"}, "holds NUL characters or lone surrogates"),
        ({"run_key": "\ud800" * 10_000}, "holds NUL characters or lone surrogates"),
        ({"config": [1]}, "the config of a run request must be a dict such as"),
        ({"config": None}, "the config of a run request must be a dict such as"),
        ({"config": cyclic()}, "is nested too deeply, or holds itself"),
        ({"tags": ["a"]}, "the tags of a run request must be a dict of text to text, not list"),
        ({"tags": {"a": 1}}, "write str(value)"),
        ({"mode": 1}, "the name of a mode must be text"),
        ({"mode": "a b"}, "mode cannot be called 'a b'"),
        ({"job": look}, "the name of a job must be text"),
        ({"job": "a b"}, "job cannot be called 'a b'"),
        ({"partition_key": 1}, "the partition key of a run request must be text"),
        ({"priority": "high"}, "the priority of a run request must be a whole number, not 'high'"),
        ({"priority": True}, "the priority of a run request must be a whole number, not True"),
        ({"priority": 1.5}, "the priority of a run request must be a whole number, not 1.5"),
    ],
)
def test_refuses_what_is_wrong_in_one_sentence(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ms.DefinitionError) as raised:
        ms.RunRequest(**arguments)

    assert said in str(raised.value)
    assert len(str(raised.value)) < 400


@pytest.mark.parametrize("text", ["", "  \n", None, 3, b"no", "\ud800"])
def test_a_skip_reason_is_text(text: object) -> None:
    with pytest.raises(ms.DefinitionError, match="a skip reason"):
        ms.SkipReason(text)  # type: ignore[arg-type]


def test_the_run_key_may_be_any_text_and_comes_first() -> None:
    for key in ("a", " ", "Schlüssel 🔑\n", "../../etc", "x" * 1_000_000):
        assert ms.RunRequest(key).run_key == ms.RunRequest(run_key=key).run_key == key


def test_a_job_is_named_by_itself_or_by_its_name() -> None:
    assert ms.RunRequest(job=looks) == ms.RunRequest(job="looks")


def test_a_request_keeps_its_config_when_its_maker_goes_on_to_change_it() -> None:
    config: dict[str, Any] = {"ops": {"fetch": {"days": [1]}}}
    tags = {"a": "1"}
    request = ms.RunRequest(config=config, tags=tags)
    config["ops"]["fetch"]["days"].append(2)
    config["ops"]["fetch"]["more"] = 3
    tags["b"] = "2"

    assert request == ms.RunRequest(config={"ops": {"fetch": {"days": [1]}}}, tags={"a": "1"})


def test_instances_in_config_become_plain_and_references_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "secret")
    window = Window(3, datetime(2026, 1, 2, tzinfo=UTC), token=ms.EnvVar("TOKEN"), user=ms.EnvVar("USER", "me"))
    request = ms.RunRequest(
        "key",
        config={
            "ops": {"fetch": window, "send": {"token": ms.EnvVar("TOKEN"), "days": (1, 2), "on": date(2026, 1, 2)}}
        },
        tags={"team": "data"},
        mode="prod",
        job="ingest",
        partition_key="2026",
        priority=-2,
    )

    plain = plain_request(request)
    assert "secret" not in json.dumps(plain)
    assert plain == {
        "run_key": "key",
        "config": {
            "ops": {
                "fetch": {
                    "days": 3,
                    "since": "2026-01-02T00:00:00+00:00",
                    "folder": "data",
                    "token": {"env": "TOKEN"},
                    "user": {"env": "USER", "default": "me"},
                    "color": "red",
                },
                "send": {"token": {"env": "TOKEN"}, "days": [1, 2], "on": "2026-01-02"},
            }
        },
        "tags": {"team": "data"},
        "mode": "prod",
        "job": "ingest",
        "partition_key": "2026",
        "priority": -2,
    }


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"ops": {"fetch": {"days": {1}}}}, "ops.fetch.days: JSON has nothing like a set"),
        ({"ops": {"fetch": [object()]}}, "ops.fetch[0]: JSON has nothing like a object"),
        ({"ops": {"fetch": b"x"}}, "ops.fetch: JSON has nothing like a bytes"),
        ({"ops": {"fetch": {"days": float("nan")}}}, "ops.fetch.days: JSON has no nan"),
        ({"ops": {1: {}}}, "ops: key 1 must be text, not int; write str(key)"),
        ({1: {}}, "key 1 must be text"),
    ],
)
def test_config_that_json_cannot_hold_is_refused_with_its_place(config: dict[Any, Any], said: str) -> None:
    request = ms.RunRequest("orders.csv", config=config)

    with pytest.raises(ConfigError) as raised:
        plain_request(request)

    assert str(raised.value).startswith("the config of run request 'orders.csv' is not valid: ")
    assert said in str(raised.value)


def test_config_nested_too_deeply_is_one_sentence() -> None:
    config: dict[str, Any] = {}
    for _ in range(100_000):
        config = {"ops": config}

    with pytest.raises(ms.DefinitionError, match="nested too deeply"):
        ms.RunRequest(config=config)


@pytest.mark.parametrize(
    ("plain", "said"),
    [
        ([], "a run request is written as a mapping"),
        ({"run_kee": "a"}, "a run request has no field 'run_kee'; did you mean 'run_key'?"),
        ({1: "a"}, "a run request has no field 1"),
        ({"run_key": 1}, "must be text"),
    ],
)
def test_plain_data_of_no_request_are_refused(plain: Any, said: str) -> None:
    with pytest.raises(ms.DefinitionError) as raised:
        request_from_plain(plain)

    assert said in str(raised.value)


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
names = st.none() | st.sampled_from(["a", "ingest", "größe"])
requests = st.builds(
    ms.RunRequest,
    st.none() | texts.filter(bool),
    config=st.dictionaries(st.text(), json_values, max_size=3),
    tags=st.dictionaries(texts.filter(bool), texts, max_size=3),
    mode=names,
    job=names,
    partition_key=st.none() | texts,
    priority=st.integers(),
)


@given(requests)
def test_a_plain_request_is_the_same_again(request: ms.RunRequest) -> None:
    assert request_from_plain(json.loads(json.dumps(plain_request(request)))) == request
    assert evolve(request) == request
