"""The table of a run's transitions."""

import itertools

import pytest

from mainspring.errors import TransitionError
from mainspring.run import RunStatus, check_transition
from mainspring.run.status import TRANSITIONS

FINAL = [RunStatus.SUCCESS, RunStatus.FAILURE, RunStatus.CANCELED]


def reachable(start: RunStatus) -> set[RunStatus]:
    found: set[RunStatus] = set()
    frontier = {start}
    while frontier:
        frontier = {new for old in frontier for new in TRANSITIONS[old]} - found
        found |= frontier
    return found


def test_the_table_names_every_status() -> None:
    assert set(TRANSITIONS) == {None, *RunStatus}


def test_success_is_for_ever() -> None:
    assert TRANSITIONS[RunStatus.SUCCESS] == frozenset()


@pytest.mark.parametrize("status", [each for each in RunStatus if each not in FINAL])
def test_no_state_lasts_for_ever(status: RunStatus) -> None:
    """Every status that is not final leads to failure and to the end that a person asks for."""
    assert {RunStatus.FAILURE, RunStatus.CANCELED} <= reachable(status)
    assert not status.is_final


@pytest.mark.parametrize("status", FINAL)
def test_what_follows_an_end_is_a_beginning(status: RunStatus) -> None:
    """Scar: D#3323. No end turns into another one."""
    assert status.is_final
    assert not TRANSITIONS[status] & set(FINAL)
    assert TRANSITIONS[status] <= {RunStatus.QUEUED, RunStatus.STARTED}


@pytest.mark.parametrize(("old", "new"), list(itertools.product([None, *RunStatus], RunStatus)))
def test_a_change_is_allowed_as_the_table_says(old: RunStatus | None, new: RunStatus) -> None:
    if new in TRANSITIONS[old]:
        check_transition("run-1", old, new)
        return
    with pytest.raises(TransitionError) as caught:
        check_transition("run-1", old, new)
    assert f"cannot become {new}" in str(caught.value)
    assert "run run-1" in str(caught.value)


@pytest.mark.parametrize("status", RunStatus)
def test_no_status_follows_itself(status: RunStatus) -> None:
    assert status not in TRANSITIONS[status]
