from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.daemon.start import (
    LAST_BACK_OFF_SECONDS,
    Refusal,
    choose,
    fate_of_starting,
)
from mainspring.launch import WorkerHealth
from mainspring.launch.launcher import HealthStatus
from mainspring.run import Run, RunStatus

NAMES = [f"run-{number}" for number in range(8)]
refused = st.builds(Refusal, st.integers(1, 2000), st.floats(0, 1000))


def run(name: str, status: RunStatus = RunStatus.QUEUED) -> Run:
    return Run(run_id=name, job_name="job", mode="dev", status=status)


@given(st.dictionaries(st.sampled_from(NAMES), refused), st.floats(0, 2000), st.integers(-2, 10))
def test_runs_leave_in_their_order_as_many_as_there_is_room_for(
    refusals: dict[str, Refusal], now: float, room: int
) -> None:
    chosen = [each.run_id for each in choose([run(name) for name in NAMES], refusals, now, room)]

    assert chosen == [name for name in NAMES if name in chosen]
    assert len(chosen) <= max(room, 0)
    assert all(name not in refusals or refusals[name].again_at <= now for name in chosen)


@given(st.dictionaries(st.sampled_from(NAMES), refused))
def test_each_run_is_tried_again_within_the_longest_wait(refusals: dict[str, Refusal]) -> None:
    later = max((each.at for each in refusals.values()), default=0.0) + LAST_BACK_OFF_SECONDS

    assert len(choose([run(name) for name in NAMES], refusals, later, 100)) == len(NAMES)


@given(refused)
def test_waits_grow_but_not_without_end(refusal: Refusal) -> None:
    longer = Refusal(refusal.count + 1, refusal.at)

    assert refusal.at < refusal.again_at <= longer.again_at <= refusal.at + LAST_BACK_OFF_SECONDS


@pytest.mark.parametrize("status", get_args(HealthStatus))
def test_only_a_launch_that_came_to_nothing_is_tried_again(status: HealthStatus) -> None:
    came_to_nothing = status in ("NOT_FOUND", "FAILED", "SUCCEEDED")

    assert fate_of_starting(WorkerHealth(status)) == ("requeue" if came_to_nothing else "leave")
