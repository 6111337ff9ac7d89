from typing import Any, get_args

import attrs
import pytest

from mainspring.cli.event_text import say
from mainspring.event import ErrorInfo, Event, Fact
from mainspring.event import facts as f

ERROR = ErrorInfo("ValueError", "no rows\nat all")
GIVEN: dict[str, Any] = {
    "error": ERROR,
    "hook": "notify",
    "name": "rows",
    "output": "result",
    "asset": "warehouse/orders",
    "pool": "warehouse",
}


def event(fact: Fact, attempt: int | None = None) -> Event:
    return Event(run_id="r", run_attempt=1, fact=fact, timestamp=0.0, step_key="clean", step_attempt=attempt)


@pytest.mark.parametrize("kind", get_args(Fact), ids=lambda kind: kind.kind)
def test_every_fact_can_be_said(kind: Any) -> None:
    required = {each.name for each in attrs.fields(kind) if each.default is attrs.NOTHING}

    assert isinstance(say(event(kind(**{name: GIVEN[name] for name in required}))), str)


def test_a_failure_names_its_time_and_its_error_in_a_line() -> None:
    assert say(event(f.StepFailed(ERROR)), 0.5) == "failed in 500 ms: ValueError: no rows"
    assert say(event(f.StepRetried(ERROR, 2.0))) == "failed, to be tried again after 2.0 s: ValueError: no rows"
    assert say(event(f.HookFailed("notify", ERROR))) == "notify raised ValueError: no rows"


def test_a_later_attempt_says_so() -> None:
    assert (say(event(f.StepStarted(), 1)), say(event(f.StepStarted(), 3))) == ("started", "started, attempt 3")


def test_a_stored_value_is_named_with_its_key_and_place() -> None:
    fact = f.StepOutput("pieces", "2013-01", "DataFrame", "warehouse", {"path": "/tmp/x"})

    assert say(event(fact)) == "stored output 'pieces' [2013-01], DataFrame, with warehouse at /tmp/x"
    assert say(event(f.StepOutput("pieces", is_empty=True))) == "output 'pieces' has no values"


def test_a_step_that_waits_names_its_pool() -> None:
    assert say(event(f.StepWaiting("warehouse"))) == "waits for a place in pool warehouse"
