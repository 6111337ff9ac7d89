"""What a run is given: config, tags, keys and times; stored as it was given, and refused before anything runs."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from attrs import define, field

import mainspring as ms
from mainspring.errors import ConfigError
from mainspring.storage import RunQuery


@define
class Window:
    days: int = 7
    since: datetime | None = None
    folder: Path = field(default=Path("data"))


@ms.op
def look(context: ms.OpContext, *, config: Window = ms.config()) -> dict[str, object]:
    return {
        "days": config.days,
        "tags": dict(context.run_tags),
        "run_key": context.run_key,
        "scheduled_time": context.scheduled_time,
        "partition_key": context.partition_key,
        "mode": context.mode,
        "job": context.job_name,
        "run": context.run_id,
    }


@ms.job(tags={"team": "data", "tier": "1"}, modes=[ms.Mode("dev"), ms.Mode("prod")])
def job() -> None:
    look()


DUE = datetime(2026, 3, 29, 2, 30, 0, 250_000, tzinfo=timezone(timedelta(hours=5, minutes=45)))


def test_an_op_sees_what_the_run_was_given(instance: ms.Instance) -> None:
    result = job.execute(
        "prod",
        config={"ops": {"look": {"days": 1}}},
        tags={"tier": "2"},
        run_key="2026/orders.csv",
        scheduled_time=DUE,
        partition_key="Ключ 🔑",
        instance=instance,
    )

    assert result.output("look") == {
        "days": 1,
        "tags": {"team": "data", "tier": "2"},
        "run_key": "2026/orders.csv",
        "scheduled_time": DUE.astimezone(UTC),
        "partition_key": "Ключ 🔑",
        "mode": "prod",
        "job": "job",
        "run": result.run_id,
    }
    assert result.run.scheduled_time == DUE.timestamp()
    assert result.run.tags == {"team": "data", "tier": "2"}
    assert instance.storage.runs.find(RunQuery(tags={"tier": "2"})) == [result.run]
    assert instance.storage.runs.find(RunQuery(tags={"tier": "1"})) == []


def test_nothing_given_is_nothing_seen() -> None:
    seen = job.execute().output("look")

    assert (seen["run_key"], seen["scheduled_time"], seen["partition_key"], seen["mode"]) == (None, None, None, "dev")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"scheduled_time": datetime(2026, 1, 1)}, "has no time zone"),  # noqa: DTZ001
        ({"scheduled_time": "2026-01-01"}, "must be an aware datetime, not str"),
        ({"run_key": 7}, "run_key must be text, not int"),
        ({"run_key": "nul \0"}, "NUL characters or lone surrogates"),
        ({"partition_key": "\ud800"}, "NUL characters or lone surrogates"),
        ({"partition_key": 2026}, "partition_key must be text, not int"),
        ({"tags": {"team": 1}}, "tag 'team' of the run must be text"),
        ({"tags": {"team": "\ud800"}}, "lone surrogates"),
        ({"mode": "test"}, "there is no mode 'test' in job 'job'"),
        ({"config": {"ops": {"look": {"dys": 1}}}}, "unknown key 'dys'; did you mean 'days'"),
        ({"config": {"ops": {"look": {"days": "1"}}}}, "ops.look.days: expected int"),
        ({"config": {"ops": {"lok": {}}}}, "lok"),
        ({"config": {"oops": {}}}, "oops"),
        ({"config": [1]}, "expected a mapping"),
        ({"selection": "lok"}, "no step is named 'lok'"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused_before_anything_is_recorded(given: dict[str, Any], sentence: str) -> None:
    instance = ms.Instance.ephemeral()

    with pytest.raises(ms.MainspringError, match=sentence):
        job.execute(instance=instance, **given)
    assert instance.storage.runs.find(RunQuery()) == []


def test_config_is_stored_as_plain_data_with_references_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYS", "30")
    config = {
        "ops": {"look": {"days": ms.EnvVar("DAYS", "5"), "folder": Path("/data"), "since": "2026-01-01T00:00:00"}}
    }
    result = job.execute(config=config)

    assert result.output("look")["days"] == 30
    assert result.run.config == {
        "ops": {"look": {"days": {"env": "DAYS", "default": "5"}, "folder": "/data", "since": "2026-01-01T00:00:00"}}
    }


def test_config_may_be_an_instance_of_its_class() -> None:
    result = job.execute(config={"ops": {"look": Window(days=2)}})

    assert result.output("look")["days"] == 2
    assert result.run.config == {"ops": {"look": {"days": 2, "since": None, "folder": "data"}}}


def test_config_may_be_any_mapping() -> None:
    config = MappingProxyType({"ops": MappingProxyType({"look": MappingProxyType({"days": 3})})})
    result = job.execute(config=config)

    assert result.output("look")["days"] == 3
    assert result.run.config == {"ops": {"look": {"days": 3}}}


def test_config_that_changes_later_leaves_the_record_alone() -> None:
    config = {"ops": {"look": {"days": 3}}}
    result = job.execute(config=config)
    config["ops"]["look"]["days"] = 4

    assert result.run.config == {"ops": {"look": {"days": 3}}}


def test_config_errors_are_one_sentence_with_every_field() -> None:
    with pytest.raises(ConfigError) as caught:
        job.execute(config={"ops": {"look": {"days": 1.5, "folder": 7, "more": 1}}})

    assert len(caught.value.problems) == 3
    assert "\n" not in str(caught.value)


@define
class Login:
    token: str | ms.EnvVar


@ms.op
def log_in(*, config: Login = ms.config()) -> None: ...


@ms.job
def logs_in() -> None:
    log_in()


def test_a_reference_within_an_instance_is_stored_as_a_reference(instance: ms.Instance) -> None:
    config = {"ops": {"log_in": Login(ms.EnvVar("TOKEN", "secret"))}}
    result = logs_in.execute(config=config, instance=instance)

    assert result.run.config == {"ops": {"log_in": {"token": {"env": "TOKEN", "default": "secret"}}}}
