from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import mainspring as ms
from mainspring.errors import ConfigError, DefinitionError, UnknownNameError
from mainspring.testing import Deployment, MomentError
from mainspring.testing.deployment.duration import seconds_in
from tests.core.testing.deployment.deployed import MONDAY, nights


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [
        ("3 days", 259_200.0),
        ("1 hour 30 minutes", 5400.0),
        ("1 hour, 30 minutes and 5 seconds", 5405.0),
        ("1.5h", 5400.0),
        (" 2 Weeks ", 1_209_600.0),
        ("90s", 90.0),
        (timedelta(minutes=2), 120.0),
        (7, 7.0),
        (0, 0.0),
    ],
)
def test_lengths_of_time(duration: Any, seconds: float) -> None:
    assert seconds_in(duration) == seconds


@pytest.mark.parametrize(
    "duration",
    ["", "soon", "3", "3 fortnights", "3 days of rain", "-3 days", -1, timedelta(-1), float("inf"), True, None],
)
def test_what_is_no_length_of_time_is_refused_in_a_sentence(duration: Any) -> None:
    with Deployment(nights(), start=MONDAY) as deployment, pytest.raises(MomentError, match="is no length of time"):
        deployment.advance(duration)


def test_time_does_not_go_back() -> None:
    with Deployment(nights(), start=MONDAY) as deployment:
        deployment.advance(datetime(2026, 3, 3, tzinfo=UTC))
        for move in (deployment.advance, deployment.outage):
            with pytest.raises(MomentError, match=r"is before 2026-03-03T00:00:00\+00:00, which it is now"):
                move(MONDAY)

        assert deployment.now == datetime(2026, 3, 3, tzinfo=UTC)


def test_a_moment_needs_a_zone() -> None:
    naive = datetime(2026, 3, 3)  # noqa: DTZ001 - what is refused
    with pytest.raises(MomentError, match="has no time zone"):
        Deployment(nights(), start=naive)
    with Deployment(nights(), start=MONDAY) as deployment, pytest.raises(MomentError, match="has no time zone"):
        deployment.advance(naive)


def test_an_unknown_automation_names_those_that_there_are() -> None:
    with Deployment(nights(), start=MONDAY) as deployment:
        for ask in (
            deployment.ticks,
            deployment.start,
            deployment.stop,
            lambda name: deployment.runs(automation=name),
        ):
            with pytest.raises(UnknownNameError, match=r"no schedule or sensor 'night'; .*nights"):
                ask("night")


def test_unknown_jobs_modes_and_runs_are_told() -> None:
    with Deployment(nights(), start=MONDAY) as deployment:
        with pytest.raises(UnknownNameError, match=r"no job 'night'; .*nightly"):
            deployment.runs("night")
        with pytest.raises(UnknownNameError, match=r"no job 'night'; .*nightly"):
            deployment.launch("night")
        with pytest.raises(UnknownNameError, match="no run 'r1'"):
            deployment.events("r1")
    with pytest.raises(UnknownNameError, match="no mode 'prodd'"):
        Deployment(nights(), mode="prodd")
    with pytest.raises(UnknownNameError, match="no job 'night'"):
        Deployment(nights(), runs_take={"night": "1 hour"})


def test_a_deployment_is_made_of_definitions() -> None:
    with pytest.raises(DefinitionError, match="made of Definitions, not of Schedule"):
        Deployment(nights().schedules["nights"])  # type: ignore[arg-type]


def test_bad_queue_settings_are_told_as_those_of_a_file_are() -> None:
    with pytest.raises(ConfigError, match=r"instance\.queue.*max_concurrent"):
        Deployment(ms.Definitions(), queue={"max_concurent_runs": 1})
