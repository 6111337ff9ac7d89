"""What the settings make of ages."""

from typing import assert_never

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.daemon.expiry import Rule, RunRule, TickRule, rules_of
from mainspring.run import RunStatus
from mainspring.settings import RetentionSettings

WEEK_SECONDS = 7 * 86400.0
SKIPS = TickRule(WEEK_SECONDS, "sensor", "SKIPPED")
DONE = (RunStatus.SUCCESS, RunStatus.CANCELED)


@pytest.mark.parametrize(
    ("settings", "rules"),
    [
        (RetentionSettings(), [SKIPS]),
        (RetentionSettings(skipped_ticks=None), []),
        (RetentionSettings(runs=9.0), [*(RunRule(each, 9.0) for each in DONE), SKIPS]),
        (RetentionSettings(failed_runs=9.0), [RunRule(RunStatus.FAILURE, 9.0), SKIPS]),
        (RetentionSettings(ticks=2 * WEEK_SECONDS), [SKIPS, TickRule(2 * WEEK_SECONDS)]),
        (RetentionSettings(ticks=60.0), [TickRule(60.0)]),  # which are all that there are
    ],
)
def test_each_age_makes_its_rules(settings: RetentionSettings, rules: list[Rule]) -> None:
    assert list(rules_of(settings)) == rules


AGES = st.none() | st.floats(0, 1e9)


@given(st.builds(RetentionSettings, AGES, AGES, AGES, AGES), st.floats(0, 4e9))
def test_nothing_goes_before_its_age_and_nothing_that_is_kept_for_ever(settings: RetentionSettings, now: float) -> None:
    for rule in rules_of(settings):
        match rule:
            case RunRule(status=RunStatus.FAILURE):
                age = settings.failed_runs
            case RunRule():
                age = settings.runs
            case TickRule(kind=None):
                age = settings.ticks
            case TickRule():
                age = settings.skipped_ticks
            case _:
                assert_never(rule)
        assert age is not None
        assert rule.expired(now).before == now - age
