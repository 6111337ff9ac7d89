# ruff: noqa: PLW0108 - the body of a job is a function, and not the op that it calls
from collections.abc import Iterator, Sequence
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from mainspring.plan.config import structure_configs
from tests.core.plan.planned import plan_of


class Color(Enum):
    RED = "red"
    ONE = 1


@define
class Inner:
    names: list[str] = field(factory=list)
    sizes: dict[str, int] = field(factory=dict)


@define
class Window:
    days: int = 7
    ratio: float = 1.0
    exact: bool = False
    name: str | None = None
    inner: Inner = field(factory=Inner)
    color: Color = Color.RED
    kind: Literal["a", "b"] = "a"
    path: Path = Path("x")
    wait: timedelta = timedelta(0)
    either: int | str = 1
    pair: tuple[int, str] = (1, "a")


@define
class Required:
    days: int


@ms.op
def fetch(*, config: Window = ms.config()) -> int:
    return config.days


@ms.op
def demand(*, config: Required = ms.config()) -> int:
    return config.days


@ms.op
def plain() -> int:
    return 1


@ms.graph
def outer() -> None:
    inner()


@ms.graph
def inner() -> None:
    fetch()
    plain()


@ms.job
def nested() -> None:
    fetch()
    fetch.alias("other")()
    plain()
    outer()


@ms.job
def demanding() -> None:
    demand()
    fetch()


def problems_of(job: ms.Job, config: Any) -> list[tuple[str, str]]:
    with pytest.raises(ms.ConfigError) as raised:
        plan_of(job, config)
    assert "\n" not in str(raised.value)
    return list(raised.value.problems)


def test_is_found_by_the_path_of_each_op() -> None:
    config = {
        "ops": {
            "fetch": {"days": 1},
            "other": {"days": 2},
            "outer": {"ops": {"inner": {"ops": {"fetch": {"days": 3}}}}},
        }
    }
    steps = plan_of(nested, config).steps

    assert [steps[each].config.days for each in ("fetch", "other", "outer.inner.fetch")] == [1, 2, 3]
    assert steps["plain"].config is None


def test_what_is_not_said_takes_its_defaults() -> None:
    assert plan_of(nested).steps["fetch"].config == Window()
    assert plan_of(nested, {"ops": {}}).steps["fetch"].config == Window()
    assert plan_of(nested, {}).steps["outer.inner.fetch"].config == Window()


def test_an_instance_of_the_class_is_taken_as_it_is() -> None:
    window = Window(3)

    assert plan_of(nested, {"ops": {"fetch": window}}).steps["fetch"].config is window


@pytest.mark.parametrize("name", ["demand", "within.demand"])
def test_an_op_within_a_graph_is_named_with_its_whole_path(name: str) -> None:
    @ms.graph
    def within() -> None:
        demand()

    problems = problems_of(ms.job(name="wired")(lambda: within()), {"ops": {name: {"days": 1}}})

    assert ("ops", f"there is no op {name!r}; did you mean ops.within.ops.demand?") in problems


def test_all_that_is_wrong_is_said_at_once_with_its_place() -> None:
    config = {
        "op": {},
        "ops": {
            "fetsh": {},
            "fetch": {"days": "7", "exact": "false", "ratio": None, "inner": {"names": ["a", 3], "sizes": {"x": 7.9}}},
            "other": {"dayz": 1, "color": "blue", "kind": "c", "pair": [1]},
            "plain": {"days": 1},
            "outer": {"inner": {}, "ops": {"inner": {"ops": {"fetch": [1]}}}},
        },
    }
    found = dict(problems_of(nested, config))

    assert found == {
        "": "unknown key 'op'; only 'ops' may stand here",
        "ops": "there is no op 'fetsh'; did you mean 'fetch'?",
        "ops.fetch.days": 'expected int, got str "7"',
        "ops.fetch.exact": 'expected bool, got str "false"',
        "ops.fetch.ratio": "expected float, got NoneType null",
        "ops.fetch.inner.names[1]": "expected str, got int 3",
        "ops.fetch.inner.sizes['x']": "expected int, got float 7.9",
        "ops.other": "unknown key 'dayz'; did you mean 'days'?",
        "ops.other.color": "expected one of 'red', 1, got str \"blue\"",
        "ops.other.kind": "expected one of 'a', 'b', got str \"c\"",
        "ops.other.pair": found["ops.other.pair"],
        "ops.outer": "unknown key 'inner'; only 'ops' may stand here",
        "ops.outer.ops.inner.ops.fetch": "expected a mapping with the fields of Window, got list [1]",
        "ops.plain": "op 'plain' takes no config; remove it",
    }


def test_what_is_required_must_be_given() -> None:
    assert problems_of(demanding, None) == [("ops.demand.days", "it is required but missing")]
    assert problems_of(demanding, {"ops": {"demand": {}}}) == [("ops.demand.days", "it is required but missing")]


def test_an_op_that_is_not_selected_needs_no_config() -> None:
    assert list(plan_of(demanding, selection="fetch").steps) == ["fetch"]
    with pytest.raises(ms.ConfigError, match=r"ops\.demand\.days: expected int"):
        plan_of(demanding, {"ops": {"demand": {"days": "x"}}}, selection="fetch")


@pytest.mark.parametrize("config", [[], "ops", 3, {"ops": []}, {"ops": None}, {"ops": {"outer": 3}}], ids=repr)
def test_what_is_no_mapping_is_refused(config: Any) -> None:
    ((_, said),) = problems_of(nested, config)

    assert said.startswith("expected a mapping")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc[]. ", max_size=5), inner, max_size=3),
    max_leaves=6,
)
fields = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("days", "ratio", "exact", "name", "color", "kind", "path", "wait", "either", "pair", "more"), values
    )
    | {"inner": values | st.fixed_dictionaries({}, optional={"names": values, "sizes": values})},
)
configs = values | st.fixed_dictionaries(
    {}, optional={"ops": values | st.fixed_dictionaries({}, optional={"fetch": fields | values, "outer": values})}
)


@given(configs)
def test_any_json_becomes_a_value_or_a_config_error_that_names_real_places(config: Any) -> None:
    problems: Sequence[tuple[str, str]] = [("ops", "")]
    structured: dict[str, Any] = {}
    try:
        structured = structure_configs(nested, config, nested.nodes)
    except ms.ConfigError as error:
        problems = error.problems
    assert problems
    assert {path for path, _ in problems} <= {"ops", *places(config)}
    assert all(isinstance(each, Window) for each in structured.values())


def places(config: Any, path: str = "") -> Iterator[str]:
    """Yield the path of each value in the config; what is in a mapping may be named as a field or as a key."""
    yield path
    match config:
        case dict():
            for key, each in config.items():
                yield from places(each, f"{path}.{key}" if path else str(key))
                yield from places(each, f"{path}[{key!r}]")
        case list():
            for index, each in enumerate(config):
                yield from places(each, f"{path}[{index}]")


@given(st.dictionaries(st.text() | st.integers() | st.none() | st.tuples(st.integers()), values, max_size=3))
def test_keys_of_any_kind_are_refused_and_named(mapping: dict[Any, Any]) -> None:
    for config in (mapping, {"ops": mapping}, {"ops": {"fetch": mapping}}):
        try:
            structure_configs(nested, config, nested.nodes)
        except ms.ConfigError as error:
            problems = error.problems
        else:
            problems = ((str(mapping), ""),)
        assert problems


def test_config_that_holds_itself_is_refused() -> None:
    endless: dict[str, Any] = {}
    endless["sizes"] = endless

    assert problems_of(nested, {"ops": {"fetch": {"inner": endless}}}) == [("ops.fetch", "it is nested too deeply")]


def test_an_unresolved_config_class_is_refused_when_bound() -> None:
    untyped_op: Any = ms.op

    def careless(*, config=ms.config()): ...  # type: ignore[no-untyped-def]

    made = untyped_op(careless)
    with pytest.raises(ms.DefinitionError, match="op 'careless': the annotation of config parameter 'config' cannot"):
        plan_of(lambda: made())
