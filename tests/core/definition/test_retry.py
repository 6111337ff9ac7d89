from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms

delays = st.floats(0, 30 * 24 * 3600, allow_nan=False) | st.integers(0, 30 * 24 * 3600)
backoffs = st.sampled_from(["constant", "linear", "exponential"])
policies = st.builds(ms.RetryPolicy, delay=delays, max_delay=delays, backoff=backoffs)
chances = st.floats(0, 1)


@given(policies, st.integers(1, 500))
def test_delays_never_shrink_and_never_pass_their_limit(policy: ms.RetryPolicy, count: int) -> None:
    found = [policy.delay_seconds(retry, 0.5) for retry in (*range(1, 70), count + 70)]

    assert all(before <= after for before, after in pairwise(found))
    assert all(0 <= each <= policy.max_delay for each in found)
    assert found[0] == min(policy.delay, policy.max_delay)


@given(policies, st.integers(1, 10_000), chances)
def test_jitter_stays_within_its_bounds(policy: ms.RetryPolicy, retry: int, chance: float) -> None:
    from attrs import evolve

    whole = policy.delay_seconds(retry, chance)
    full = evolve(policy, jitter="full").delay_seconds(retry, chance)
    equal = evolve(policy, jitter="equal").delay_seconds(retry, chance)

    assert 0 <= full <= whole
    assert whole * 0.499 <= equal <= whole


def test_delays_grow_as_the_backoff_says() -> None:
    def of(backoff: Any) -> list[float]:
        policy = ms.RetryPolicy(delay=2.0, backoff=backoff, max_delay=15)
        return [policy.delay_seconds(retry, 0) for retry in (1, 2, 3, 4, 5)]

    assert of("constant") == [2, 2, 2, 2, 2]
    assert of("linear") == [2, 4, 6, 8, 10]
    assert of("exponential") == [2, 4, 8, 15, 15]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"max_retries": -1}, "RetryPolicy(max_retries=-1): give a whole number, 0 or more"),
        ({"max_retries": True}, "give a whole number"),
        ({"max_retries": 1.5}, "give a whole number"),
        ({"delay": -1}, "RetryPolicy(delay=-1): give seconds, from 0 to 2592000"),
        ({"delay": float("nan")}, "give seconds"),
        ({"delay": float("inf")}, "give seconds"),
        ({"delay": 10**400}, "give seconds"),
        ({"delay": "1"}, "give seconds"),
        ({"max_delay": None}, "RetryPolicy(max_delay=None)"),
        ({"backoff": "sometimes"}, "RetryPolicy(backoff='sometimes'): give one of 'constant', 'linear', 'exponential'"),
        ({"jitter": []}, "RetryPolicy(jitter=[]): give one of 'none', 'full', 'equal'"),
    ],
)
def test_refuses_what_is_wrong_in_one_sentence(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ms.DefinitionError) as raised:
        ms.RetryPolicy(**arguments)

    assert said in str(raised.value)
    assert len(str(raised.value)) < 250


def test_a_failure_carries_facts() -> None:
    failure = ms.Failure("no rows", metadata={"rows": 0}, allow_retries=False)

    assert (str(failure), failure.metadata, failure.allow_retries) == ("no rows", {"rows": 0}, False)
    with pytest.raises(ms.DefinitionError, match="metadata 'what' of Failure is a object, which cannot be kept"):
        ms.Failure(metadata={"what": object()})


def test_a_requested_retry_says_how_often_and_when() -> None:
    request = ms.RetryRequested(max_retries=3, delay=0.5)

    assert (request.policy.max_retries, request.policy.delay) == (3, 0.5)
    assert str(request) == "the op asked to be tried again"
