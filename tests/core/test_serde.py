import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, Literal, TypedDict

import pytest
from attrs import define, field, validators
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from mainspring.serde import make_converter, parse_environment, structured


class Color(Enum):
    RED = "red"
    ONE = 1


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


class Table(TypedDict):
    name: str
    rows: int


@define
class Inner:
    secret: str = ""
    port: int = field(default=1, validator=validators.ge(1))


@define
class Everything:
    flag: bool = False
    count: int = 0
    ratio: float = 0.0
    name: str = ""
    maybe: int | None = None
    either: int | str = 0
    any_plain: bool | float | None = None
    color: Color = Color.RED
    kind: Literal["a", 1] = "a"
    path: Path = Path()
    day: date = date(2026, 1, 1)
    moment: datetime | None = None
    wait: timedelta = timedelta(0)
    names: list[str] = field(factory=list)
    some: Sequence[int] = ()
    unique: set[int] = field(factory=set)
    sizes: dict[str, int] = field(factory=dict)
    more: Mapping[str, Inner] = field(factory=dict)
    pair: tuple[int, str] = (0, "")
    many: tuple[int, ...] = ()
    inner: Inner = field(factory=Inner)
    inners: list[Inner] = field(factory=list)
    point: Point = field(factory=lambda: Point(0))
    table: Table | None = None
    anything: Any = None


def one(name: str, value: Any) -> Any:
    return getattr(structured("it", {name: value}, Everything), name)


def said(raw: Any, type_: type = Everything) -> str:
    with pytest.raises(ms.ConfigError) as raised:
        structured("it", raw, type_)
    text = str(raised.value)
    assert text.startswith("it is not valid: ")
    assert "\n" not in text
    return text.removeprefix("it is not valid: ")


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("ratio", 3, 3.0),
        ("maybe", None, None),
        ("either", "x", "x"),
        ("any_plain", 3, 3.0),
        ("color", 1, Color.ONE),
        ("kind", 1, 1),
        ("path", "a/b", Path("a/b")),
        ("day", "2026-02-03", date(2026, 2, 3)),
        ("moment", "2026-02-03T04:05:06", datetime(2026, 2, 3, 4, 5, 6)),  # noqa: DTZ001
        ("wait", 1.5, timedelta(seconds=1.5)),
        ("names", ["a", "b"], ["a", "b"]),
        ("names", ("a",), ["a"]),
        ("unique", [1, 1], {1}),
        ("sizes", {"a": 1}, {"a": 1}),
        ("more", {"a": {"port": 3}}, {"a": Inner(port=3)}),
        ("pair", [1, "a"], (1, "a")),
        ("many", [1, 2], (1, 2)),
        ("inner", {"port": 2}, Inner(port=2)),
        ("point", {"x": 1}, Point(1)),
        ("table", {"name": "a", "rows": 1}, {"name": "a", "rows": 1}),
        ("anything", {"a": [1]}, {"a": [1]}),
    ],
)
def test_structures_what_fits(name: str, raw: object, value: object) -> None:
    assert one(name, raw) == value


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ({"flag": "false"}, 'flag: expected bool, got str "false"'),
        ({"flag": 1}, "flag: expected bool, got int 1"),
        ({"count": 7.9}, "count: expected int, got float 7.9"),
        ({"count": True}, "count: expected int, got bool true"),
        ({"count": "7"}, 'count: expected int, got str "7"'),
        ({"ratio": 10**400}, "ratio: expected float, got int 1000"),
        ({"ratio": True}, "ratio: expected float, got bool true"),
        ({"name": 3}, "name: expected str, got int 3"),
        ({"maybe": "x"}, 'maybe: expected int, got str "x"'),
        ({"either": True}, "either: expected int or str, got bool true"),
        ({"color": True}, "color: expected one of 'red', 1, got bool true"),
        ({"kind": True}, "kind: expected one of 'a', 1, got bool true"),
        ({"path": 3}, "path: expected a path, got int 3"),
        ({"day": "tomorrow"}, 'day: expected an ISO 8601 date, got str "tomorrow"'),
        ({"wait": "1"}, 'wait: expected seconds, got str "1"'),
        ({"wait": 1e300}, "wait: expected seconds, got float 1e+300"),
        ({"names": "abc"}, 'names: expected a list, got str "abc"'),
        ({"names": {"a": 1}}, 'names: expected a list, got dict {"a": 1}'),
        ({"names": None}, "names: expected a list, got NoneType null"),
        ({"names": [1, "a", None]}, "names[0]: expected str, got int 1; names[2]: expected str, got NoneType null"),
        ({"some": "12"}, 'some: expected a list, got str "12"'),
        ({"sizes": [1]}, "sizes: expected a mapping, got list [1]"),
        ({"pair": [1]}, "pair: expected a list of 2, got list [1]"),
        ({"inner": 3}, "inner: expected a mapping with the fields of Inner, got int 3"),
        ({"inner": {"prot": 3}}, "inner: unknown key 'prot'; did you mean 'port'?"),
        ({"inners": [{"port": "x"}]}, 'inners[0].port: expected int, got str "x"'),
        ({"more": {"a": {"port": "x"}}}, "more['a'].port: expected int, got str \"x\""),
        ({"point": {}}, "point.x: it is required but missing"),
        ({"point": {"x": 1, "z": 1}}, "point: unknown key 'z'; there is: x, y"),
        ({"table": {"name": "a", "rows": 1, "cells": 3}}, "table: unknown key 'cells'; there is: name, rows"),
        ({3: 1, "b": 2}, "unknown key 3; there is: "),
        ([1], "expected a mapping with the fields of Everything, got list [1]"),
    ],
    ids=str,
)
def test_names_place_and_problem(raw: Any, problem: str) -> None:
    assert problem in said(raw)


def test_says_all_that_is_wrong_at_once() -> None:
    problems = said({"count": "x", "flag": 1, "inner": {"port": "x"}, "names": "abc", "nme": 1}).split("; ")

    assert len(problems) == 6
    assert {each.partition(":")[0] for each in problems} >= {"count", "flag", "inner.port", "names"}


def test_a_validator_of_a_class_has_its_say() -> None:
    assert said({"inner": {"port": 0}}).startswith("inner.port: ") or "must be >= 1" in said({"inner": {"port": 0}})


def test_an_instance_is_taken_as_it_is() -> None:
    everything = Everything()

    assert structured("it", everything, Everything) is everything


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("flag", "yes", True),
        ("flag", "0", False),
        ("count", " 7 ", 7),
        ("ratio", "1.5", 1.5),
        ("name", "7", "7"),
        ("maybe", "7", 7),
        ("either", "7", 7),
        ("either", "x", "x"),
        ("color", "red", Color.RED),
        ("color", "1", Color.ONE),
        ("kind", "1", 1),
        ("path", "a", Path("a")),
        ("wait", "1.5", timedelta(seconds=1.5)),
        ("names", '["a"]', ["a"]),
        ("sizes", '{"a": 1}', {"a": 1}),
        ("inner", '{"port": 2}', Inner(port=2)),
        ("pair", '[1, "a"]', (1, "a")),
        ("anything", "x", "x"),
    ],
)
def test_text_from_the_environment_is_parsed(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: object
) -> None:
    monkeypatch.setenv("SETTING", text)

    assert one(name, {"env": "SETTING"}) == value
    assert one(name, ms.EnvVar("SETTING")) == value


def test_references_stand_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SETTING", "3")

    assert one("names", ["a", {"env": "SETTING"}]) == ["a", "3"]
    assert one("sizes", {"a": {"env": "SETTING"}}) == {"a": 3}
    assert one("pair", [{"env": "SETTING"}, "a"]) == (3, "a")
    assert one("inners", [{"port": {"env": "SETTING"}}]) == [Inner(port=3)]
    assert one("count", {"env": "NOWHERE", "default": "5"}) == 5


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ({"count": {"env": "SECRET"}}, "count"),
        ({"flag": {"env": "SECRET"}}, "flag"),
        ({"either": {"env": "NOWHERE"}}, "either"),
        ({"color": {"env": "SECRET"}}, "color"),
        ({"kind": {"env": "SECRET"}}, "kind"),
        ({"day": {"env": "SECRET"}}, "day"),
        ({"wait": {"env": "SECRET"}}, "wait"),
        ({"names": {"env": "SECRET"}}, "names"),
        ({"sizes": {"a": {"env": "SECRET"}}}, "sizes['a']"),
        ({"names": {"env": "JSON"}}, "names"),
        ({"table": {"env": "JSON"}}, "table.name"),
        ({"sizes": {"env": "JSON"}}, "sizes['port']"),
        ({"inner": {"env": "DEEP"}}, "inner.port"),
        ({"inner": {"env": "JSON"}}, "inner.port"),
        ({"inners": [{"env": "JSON"}]}, "inners[0].port"),
    ],
    ids=str,
)
def test_what_the_environment_holds_is_never_shown(monkeypatch: pytest.MonkeyPatch, raw: Any, path: str) -> None:
    monkeypatch.setenv("SECRET", "hunter2")
    monkeypatch.setenv("JSON", '{"port": "hunter2"}')
    monkeypatch.setenv("DEEP", '{"port": ["hunter2"]}')
    monkeypatch.delenv("NOWHERE", raising=False)
    text = said(raw)

    assert text.startswith(f"{path}: ")
    assert "hunter2" not in text


def test_a_refusal_of_a_validator_does_not_show_what_the_environment_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    @define
    class Login:
        password: str = field(validator=validators.max_len(3))

    monkeypatch.setenv("SECRET", "hunter2")

    text = said({"password": {"env": "SECRET"}}, Login)
    assert "hunter2" not in text


def test_one_variable_is_parsed_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SETTING", "3")

    assert parse_environment(ms.EnvVar("SETTING"), int, "Store.port") == 3
    assert parse_environment(ms.EnvVar("SETTING"), None, "Store.port") == "3"
    with pytest.raises(
        ms.ConfigError, match=r"environment variable SETTING is not valid: Store\.port: expected true or"
    ):
        parse_environment(ms.EnvVar("SETTING"), bool, "Store.port")
    with pytest.raises(
        ms.ConfigError, match=r"environment variable NOWHERE is not set; set it, or give EnvVar a default"
    ):
        parse_environment(ms.EnvVar("NOWHERE"), None, "Store.port")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
NAMES = [each.name for each in Everything.__attrs_attrs__]


@given(st.dictionaries(st.sampled_from(NAMES), json_values, max_size=5) | json_values)
def test_any_json_becomes_a_value_or_a_config_error(raw: Any) -> None:
    text = ""
    try:
        structured("it", raw, Everything)
    except ms.ConfigError as error:
        text = str(error)
        assert error.problems != ()  # noqa: PT017
    assert "\n" not in text
    assert len(text) < 5000


def test_what_is_nested_too_deeply_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)

    assert said({"anything": endless}) == "it is nested too deeply"


@given(
    st.builds(
        Everything,
        flag=st.booleans(),
        count=st.integers(),
        ratio=st.floats(allow_nan=False),
        name=st.text(),
        color=st.sampled_from(Color),
        day=st.dates(),
        moment=st.none() | st.datetimes(),
        wait=st.integers(0, 10**6).map(lambda each: timedelta(seconds=each)),
        names=st.lists(st.text(), max_size=3),
        sizes=st.dictionaries(st.text(), st.integers(), max_size=3),
        inners=st.lists(st.builds(Inner, st.text(), st.integers(1)), max_size=2),
    )
)
def test_what_was_taken_apart_can_be_put_together_again(everything: Everything) -> None:
    converter = make_converter()

    assert converter.structure(converter.unstructure(everything), Everything) == everything
