"""The codec: any fact comes back from text as it was, whatever text is in it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainspring.errors import EventError
from mainspring.event import ErrorInfo, Event, Fact, RunState, StepSkipped, StepStarted, StepSucceeded, facts, fold
from mainspring.event.codec import decode_fact, encode_fact
from mainspring.event.effect import RUN_STATUS, STEP_BEGIN, STEP_END
from mainspring.run import Run, RunStatus
from mainspring.storage import Storage, memory_storage, open_storage

text = st.text(st.characters(exclude_categories=()), max_size=20) | st.sampled_from(["\0", "\ud800", "🔑", '"\\\n'])
metadata = st.dictionaries(
    text,
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | text,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
        max_leaves=5,
    ),
    max_size=3,
)
errors: st.SearchStrategy[ErrorInfo] = st.deferred(
    lambda: st.builds(ErrorInfo, text, text, text, st.none() | errors, metadata)
)
stored_facts: st.SearchStrategy[Fact] = st.one_of(
    st.builds(facts.StepWaiting, text),
    st.builds(facts.InputLoaded, text, metadata),
    st.builds(facts.StepOutput, text, st.none() | text, text, text, metadata, st.booleans()),
    st.builds(facts.AssetMaterialized, text, st.none() | text, st.none() | text, metadata),
    st.builds(facts.StepFailed, errors),
    st.builds(facts.StepRetried, errors, st.floats(0, 1e9)),
    st.builds(facts.HookFailed, text, errors),
    st.sampled_from([facts.RunQueued(), facts.RunStarting(), facts.RunStarted(), facts.RunSucceeded()]),
    st.sampled_from([facts.RunCanceling(), StepStarted(), StepSucceeded(), StepSkipped(), facts.StepCanceled()]),
    st.builds(facts.RunFailed, text, st.none() | errors),
    st.builds(facts.RunCanceled, text),
)


@given(stored_facts)
def test_facts_come_back_as_they_were(fact: Fact) -> None:
    body = encode_fact(fact)

    assert decode_fact(fact.kind, body) == fact
    assert body.isascii()
    assert json.loads(body) is not None


def test_every_kind_is_tried() -> None:
    kinds = [each.kind for each in get_args(Fact)]

    assert len(set(kinds)) == len(kinds) == 18
    assert set(RUN_STATUS.values()) == set(RunStatus)
    assert not set(STEP_BEGIN) & set(STEP_END)


def test_an_unknown_kind_is_an_error() -> None:
    with pytest.raises(EventError, match="recorded by a newer Mainspring"):
        decode_fact("RUN_EXPLODED", "{}")


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    storage = open_storage("sqlite:///mainspring.db", Path(tmp_path_factory.mktemp("codec")))
    yield storage
    storage.close()


@pytest.fixture(scope="module")
def memory() -> Storage:
    return memory_storage()


def within(fact: Any) -> bool:
    """Whether a fact about a step may stand between its claim and its end, with text that tables keep as it is."""
    return type(fact) not in RUN_STATUS and type(fact) not in STEP_BEGIN and type(fact) not in STEP_END


def is_clean(value: str | None) -> bool:
    return value is None or not any("\ud800" <= each <= "\udfff" for each in value)


@given(facts_=st.lists(stored_facts.filter(within), max_size=4), key=st.uuids())
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@pytest.mark.parametrize("kept", ["memory", "sqlite"])
def test_stores_give_back_what_they_took(
    kept: str, facts_: list[Fact], key: Any, request: pytest.FixtureRequest
) -> None:
    storage: Storage = request.getfixturevalue(kept)
    written = [
        each
        for each in facts_
        if not isinstance(each, facts.AssetMaterialized) or (is_clean(each.asset) and is_clean(each.partition_key))
    ]
    run_id = f"{key}-{kept}"
    if storage.runs.get(run_id) is None:
        storage.runs.create(Run(run_id=run_id, job_name="j", mode="m", status=RunStatus.STARTED), [])
    number = len(storage.events.steps(run_id)) + 1
    batch = [
        Event(run_id=run_id, run_attempt=1, fact=fact, timestamp=1.5, step_key="🔑", step_attempt=number)
        for fact in (StepStarted(), *written, StepSucceeded())
    ]
    storage.events.record(run_id, 1, batch)
    found = [event for event in storage.events.read(run_id) if event.step_attempt == number]

    assert [event.fact for event in found] == [event.fact for event in batch]


@given(reason=text)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@pytest.mark.parametrize("kept", ["memory", "sqlite"])
def test_a_reason_is_the_same_in_the_row_and_in_the_log(kept: str, reason: str, request: pytest.FixtureRequest) -> None:
    storage: Storage = request.getfixturevalue(kept)
    run_id = f"{kept}-{len(storage.runs.find(_all())):06}"
    storage.runs.create(Run(run_id=run_id, job_name="j", mode="m", status=RunStatus.STARTED), [])
    fact = facts.RunFailed(reason)
    storage.events.record(run_id, 1, [Event(run_id=run_id, run_attempt=1, fact=fact, timestamp=1.0)])
    run = storage.runs.get(run_id)

    assert run is not None
    assert fold(storage.events.read(run_id)).reason == run.reason
    assert run.reason == (fact.reason or None)


def _all() -> Any:
    from mainspring.storage import RunQuery

    return RunQuery(limit=1_000_000)


@given(st.lists(stored_facts, max_size=30))
def test_folding_never_fails(facts_: list[Fact]) -> None:
    """Whatever a log holds, the fold says something: the log is what is left when all else fails."""
    events = [
        Event(
            run_id="r",
            run_attempt=1,
            fact=fact,
            timestamp=0.0,
            step_key=None if type(fact) in RUN_STATUS else "s",
            step_attempt=None if type(fact) in RUN_STATUS else 1,
        )
        for fact in facts_
    ]
    half = len(events) // 2

    assert fold(events) == fold(events[half:], fold(events[:half]))
    assert fold([]) == RunState()
