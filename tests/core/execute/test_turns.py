"""Turns: of the steps whose pool is full one at a time asks again, and no other step waits for that."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from mainspring.execute.options import RunOptions
from mainspring.execute.run import plan_job
from mainspring.execute.turns import FIRST_LOOK_SECONDS, LAST_LOOK_SECONDS, Turns
from mainspring.plan import Progress, Step


@ms.op(pool="warehouse")
def load() -> int:
    return 1


@ms.op(pool="warehouse", priority=1)
def urgent() -> int:
    return 1


@ms.op(pool="lake")
def fish() -> int:
    return 1


@ms.op(priority=-1)
def free() -> int:
    return 1


@ms.job
def job() -> None:
    for number in range(3):
        load.alias(f"load_{number}")()
    urgent()
    fish()
    free()


@pytest.fixture
def turns() -> Turns:
    return new_turns()


def new_turns() -> Turns:
    plan = plan_job(job, None, RunOptions(), ms.Instance.ephemeral())
    return Turns(Progress(plan))


def given_out(turns: Turns, now: float = 0.0) -> list[Step]:
    found = []
    while (step := turns.next_step(now)) is not None:
        found.append(step)
    return found


def keys(steps: list[Step]) -> list[str]:
    return [step.key for step in steps]


def test_every_step_is_given_out_while_no_pool_is_known_to_be_full(turns: Turns) -> None:
    assert keys(given_out(turns)) == ["urgent", "load_0", "load_1", "load_2", "fish", "free"]
    assert turns.next_at() is None


def test_the_steps_of_a_full_pool_stand_in_line_and_the_others_go_on(turns: Turns) -> None:
    first = turns.next_step(0.0)
    assert first is not None
    turns.refuse([first], 0.0)

    assert turns.has_step(0.0)
    assert keys(given_out(turns)) == ["fish", "free"]
    assert not turns.has_step(0.0)
    assert turns.next_at() == FIRST_LOOK_SECONDS


def test_one_at_a_time_asks_again_the_first_in_line_first(turns: Turns) -> None:
    steps = given_out(turns)
    turns.refuse(steps[1:4], 0.0)  # urgent has a place
    now = FIRST_LOOK_SECONDS

    (asking,) = given_out(turns, now)
    assert (asking.key, turns.is_asking(asking)) == ("load_0", True)
    turns.admit(asking, now)
    assert not turns.is_asking(asking)
    assert given_out(turns, now) == []
    assert keys(given_out(turns, now + FIRST_LOOK_SECONDS)) == ["load_1"]


def test_looks_in_vain_come_ever_later_up_to_a_limit(turns: Turns) -> None:
    (step, *_) = given_out(turns)
    now, waits = 0.0, []
    for _ in range(6):
        turns.refuse([step], now)
        due = turns.next_at()
        assert due is not None
        waits.append(due - now)
        now = due
        assert given_out(turns, now) == [step]

    assert waits == pytest.approx([0.1, 0.2, 0.4, 0.8, LAST_LOOK_SECONDS, LAST_LOOK_SECONDS])


def test_what_a_step_of_the_run_gives_back_is_asked_for_at_once(turns: Turns) -> None:
    first, second, third, *_ = given_out(turns)
    turns.refuse([second, third], 0.0)
    turns.free(first.key, 0.01)

    assert given_out(turns, 0.01) == [second]


def test_a_retry_waits_for_its_delay_and_then_in_line(turns: Turns) -> None:
    first, second, *_ = given_out(turns)
    turns.retry(first.key, 5.0)
    turns.retry("free", 5.0)
    turns.refuse([second], 0.0)
    turns.refuse(given_out(turns, 1.0), 1.0)
    turns.refuse(given_out(turns, 2.0), 4.95)

    assert turns.next_at() == 5.0
    assert keys(given_out(turns, 5.0)) == ["free"]
    assert keys(given_out(turns, 6.0)) == ["urgent"]


def test_a_pool_whose_line_is_gone_is_asked_without_a_wait(turns: Turns) -> None:
    steps = given_out(turns)
    turns.refuse(steps[:1], 0.0)
    (asking,) = given_out(turns, 1.0)
    turns.admit(asking, 1.0)
    turns.retry("load_0", 1.0)

    assert keys(given_out(turns, 1.0)) == ["load_0"]


@given(st.lists(st.booleans(), max_size=40), st.integers(1, 3))
def test_no_step_is_lost_or_given_out_twice_at_a_time(places: list[bool], limit: int) -> None:
    """Whether there is a place is the dice's choice; at the end there is, and all steps have run."""
    turns, now = new_turns(), 0.0
    dice: Callable[[], bool] = iter([*places, *[True] * 1000]).__next__
    begun: list[str] = []
    while (at := turns.next_at()) is not None or turns.has_step(now):
        now = max(now, at or now)
        taken: list[Step] = []
        while len(taken) < limit and (step := turns.next_step(now)) is not None:
            taken.append(step)
        assert len({step.key for step in taken}) == len(taken)
        admitted = [step for step in taken if step.op.pool is None or dice()]
        for step in admitted:
            turns.admit(step, now)
        turns.refuse([step for step in taken if step not in admitted], now)
        begun += keys(admitted)

    assert sorted(begun) == ["fish", "free", "load_0", "load_1", "load_2", "urgent"]
