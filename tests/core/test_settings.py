from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from mainspring.errors import ConfigError
from mainspring.settings import (
    DEFAULT_STORAGE,
    Component,
    MonitorSettings,
    RetentionSettings,
    Settings,
    find_settings,
    read_settings,
    settings_of,
)

EXAMPLE = """
[instance]
storage = "sqlite:///here.db"
mode = "prod"
[instance.pools]
warehouse = 2
"données" = 1
[mode.prod.executor]
use = "multiprocess"
max_concurrent = 4
[mode.prod.resources.warehouse]
use = "filesystem"
base = { env = "WAREHOUSE" }
"""


def written(folder: Path, text: str, name: str = "mainspring.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def said(path: Path) -> str:
    with pytest.raises(ms.ConfigError) as raised:
        read_settings(path)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_reads_what_a_deployment_says(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, EXAMPLE))

    assert settings.storage == "sqlite:///here.db"
    assert settings.mode == "prod"
    assert settings.pools == {"warehouse": 2, "données": 1}
    assert settings.modes["prod"].executor == Component("multiprocess", {"max_concurrent": 4})
    assert settings.modes["prod"].resources == {"warehouse": Component("filesystem", {"base": {"env": "WAREHOUSE"}})}


def test_reads_how_runs_are_watched(tmp_path: Path) -> None:
    text = "[instance.monitor]\nstart_timeout = 60\ncancel_timeout = 30.5\nlost_after = 90\ncheck_every = 0.25"

    assert read_settings(written(tmp_path, text)).monitor == MonitorSettings(60.0, 30.5, 90.0, 0.25)
    assert read_settings(written(tmp_path, "")).monitor == MonitorSettings(600.0, 180.0, None, 1.0)


def test_an_empty_file_has_the_defaults(tmp_path: Path) -> None:
    path = written(tmp_path, "")

    assert read_settings(path) == Settings(path=path)
    assert Settings().storage == DEFAULT_STORAGE


def test_reads_the_table_of_a_project(tmp_path: Path) -> None:
    path = written(tmp_path, '[tool.mainspring.instance]\nmode = "dev"', "pyproject.toml")

    assert read_settings(path).mode == "dev"


def test_a_byte_order_mark_is_no_trouble(tmp_path: Path) -> None:
    assert read_settings(written(tmp_path, "\ufeff" + EXAMPLE)).mode == "prod"


def test_a_value_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, '[instance]\nstorage = { env = "DATABASE_URL" }')
    monkeypatch.setenv("DATABASE_URL", "sqlite:///there.db")
    assert read_settings(path).storage == "sqlite:///there.db"

    monkeypatch.delenv("DATABASE_URL")
    assert "instance.storage: environment variable DATABASE_URL is not set" in said(path)


def test_the_places_of_a_pool_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, '[instance.pools]\nwarehouse = { env = "PLACES", default = "3" }')
    assert read_settings(path).pools == {"warehouse": 3}

    monkeypatch.setenv("PLACES", "12")
    assert read_settings(path).pools == {"warehouse": 12}

    for text in ("many", "0", "-1", "1.5"):
        monkeypatch.setenv("PLACES", text)
        assert "instance.pools.warehouse: expected a whole number, 1 or more, got " in said(path)

    monkeypatch.setenv("PLACES", "")
    assert "instance.pools.warehouse: expected text, got an empty one" in said(path)


def test_the_nearest_file_counts(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    outer = written(tmp_path, "")
    written(tmp_path / "a", "[project]", "pyproject.toml")
    assert find_settings(inner) == outer

    project = written(tmp_path / "a", "[tool.mainspring]", "pyproject.toml")
    assert find_settings(inner) == project
    assert find_settings(inner / "..").parent.resolve() == project.parent  # type: ignore[union-attr]

    both = written(tmp_path / "a", "")
    assert find_settings(inner) == both


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[instance", "it is not TOML: "),
        ("a = " + "[" * 5000, "it is nested too deeply"),
        ("[instanse]", "unknown key 'instanse'; did you mean 'instance'?"),
        ("instance = 3", "instance: expected a table, got int"),
        ("[instance]\nstorage = 3", "instance.storage: expected text, got int"),
        ('[instance]\nstorage = ""', "instance.storage: expected text, got an empty one"),
        ("[instance]\nmode = []", "instance.mode: expected text, got list"),
        ("[instance]\nstorrage = 3", "instance: unknown key 'storrage'; did you mean 'storage'?"),
        ("[instance]\nmonitor = 3", "instance.monitor: expected a table, got int"),
        ("[instance.monitor]\nlost_aftr = 3", "instance.monitor: unknown key 'lost_aftr'; did you mean 'lost_after'?"),
        (
            "[instance.monitor]\nlost_after = '90'",
            "instance.monitor.lost_after: expected seconds, from 0.05 to 31622400",
        ),
        ("[instance.monitor]\ncheck_every = 0", "instance.monitor.check_every: expected seconds"),
        ("[instance.monitor]\ncheck_every = true", "instance.monitor.check_every: expected seconds"),
        ("[instance.monitor]\ncancel_timeout = inf", "instance.monitor.cancel_timeout: expected seconds"),
        ("[instance.monitor]\nstart_timeout = nan", "instance.monitor.start_timeout: expected seconds"),
        ("[instance]\npools = 3", "instance.pools: expected a table, got int"),
        ("[instance.pools]\na = 0", "instance.pools.a: expected a whole number, 1 or more, got 0"),
        ("[instance.pools]\na = true", "instance.pools.a: expected a whole number, 1 or more, got True"),
        ("[instance.pools]\na = '2'", "instance.pools.a: expected a whole number, 1 or more, got '2'"),
        ("[instance.pools]\na = 2.0", "instance.pools.a: expected a whole number, 1 or more, got 2.0"),
        ("[instance.pools]\n'a b' = 2", "instance.pools: no op can name a pool 'a b'; use letters"),
        ("[mode]\nprod = 3", "mode.prod: expected a table, got int"),
        ("[mode.prod]\nexecuter = 3", "mode.prod: unknown key 'executer'; did you mean 'executor'?"),
        ("[mode.prod]\nexecutor = 'x'", "mode.prod.executor: expected a table, got str"),
        ("[mode.prod.executor]\nuse = 3", 'mode.prod.executor: it needs use = "…", the name'),
        ("[mode.prod.resources]\ndb = {}", 'mode.prod.resources.db: it needs use = "…"'),
    ],
)
def test_refuses_what_is_wrong_in_one_sentence_with_its_place(tmp_path: Path, text: str, problem: str) -> None:
    whole = said(written(tmp_path, text))

    assert problem in whole
    assert "mainspring.toml is not valid: " in whole


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    whole = said(written(tmp_path, "a = 1\n[instance]\nstorage = 3\nmode = 4\n[mode.prod]\nexecutor = 5"))

    assert whole.count("; ") >= 4


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    assert "it cannot be read: " in said(tmp_path / "nowhere.toml")
    path = tmp_path / "mainspring.toml"
    path.write_bytes(b"a = '\xff'")
    assert "it is not UTF-8 text: " in said(path)


def test_a_project_whose_table_is_none_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "[tool]\nmainspring = 3", "pyproject.toml")

    assert "tool.mainspring: expected a table, got int" in said(path)


toml_values = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.dates() | st.datetimes() | st.times(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


def tables(**known: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    fitting = st.fixed_dictionaries({}, optional=known)
    return (
        fitting
        | st.builds(lambda a, b: {**a, **b}, fitting, st.dictionaries(st.text(max_size=4), toml_values))
        | toml_values
    )


components = tables(use=st.text(max_size=4) | toml_values)
modes = tables(executor=components, resources=st.dictionaries(st.text(max_size=4), components) | toml_values)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "instance": tables(
                storage=toml_values,
                mode=toml_values,
                pools=st.dictionaries(st.text(max_size=4), st.integers() | toml_values) | toml_values,
            ),
            "mode": st.dictionaries(st.text(max_size=4), modes, max_size=3) | toml_values,
        },
    )
    | st.dictionaries(st.text(max_size=4), toml_values)
)
def test_any_table_becomes_settings_or_a_config_error(table: dict[str, Any]) -> None:
    settings: Settings | None = None
    problems: Any = None
    try:
        settings = settings_of(table)
    except ms.ConfigError as error:
        problems = error.problems
    assert (settings is None) == bool(problems)
    if settings is not None:
        assert settings.storage
        assert all(limit >= 1 for limit in settings.pools.values())
        assert all(each.executor is None or each.executor.use for each in settings.modes.values())


def test_how_long_things_are_kept_is_read_in_any_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEEP_TICKS", "12h")
    table = {"runs": "90d", "failed_runs": "52w", "ticks": {"env": "KEEP_TICKS"}, "skipped_ticks": 600}
    kept = settings_of({"instance": {"retention": table}}).retention

    assert kept == RetentionSettings(90 * 86400.0, 52 * 7 * 86400.0, 12 * 3600.0, 600.0)


def test_what_the_settings_do_not_say_is_kept_but_for_what_sensors_skipped() -> None:
    week = 7 * 86400.0

    assert settings_of({}).retention == RetentionSettings(None, None, None, week)
    assert settings_of({"instance": {"retention": {"runs": "1d"}}}).retention.failed_runs == 86400.0
    forever = {"runs": "1d", "failed_runs": "forever", "skipped_ticks": "forever"}
    assert settings_of({"instance": {"retention": forever}}).retention == RetentionSettings(86400.0, None, None, None)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("soon", "'soon' is no length of time; write a number and s, m, h, d or w, as in 90d, or 'forever'"),
        (-1, "'-1s' is no length of time"),
        (float("nan"), "'nans' is no length of time"),
        ("90", "'90' is no length of time; write a number and s, m, h, d or w"),
        (True, "expected text, got bool"),
        ("", "expected text, got an empty one"),
        ("0d", "0 would keep nothing"),
    ],
)
def test_an_age_that_is_none_is_refused(value: object, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings_of({"instance": {"retention": {"runs": value, "run": "9d"}}})

    places = dict(caught.value.problems)
    assert problem in places["instance.retention.runs"]
    assert "unknown key 'run'; did you mean 'runs'?" in places["instance.retention"]
