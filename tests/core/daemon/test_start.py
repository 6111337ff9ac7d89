from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.daemon.start import (
    LAST_BACK_OFF_SECONDS,
    Refusal,
    fate_of_starting,
)
from mainspring.launch import WorkerHealth
from mainspring.launch.launcher import HealthStatus

refused = st.builds(Refusal, st.integers(1, 2000), st.floats(0, 1000))


@given(refused)
def test_waits_grow_but_not_without_end(refusal: Refusal) -> None:
    longer = Refusal(refusal.count + 1, refusal.at)

    assert refusal.at < refusal.again_at <= longer.again_at <= refusal.at + LAST_BACK_OFF_SECONDS


@pytest.mark.parametrize("status", get_args(HealthStatus))
def test_only_a_launch_that_came_to_nothing_is_tried_again(status: HealthStatus) -> None:
    came_to_nothing = status in ("NOT_FOUND", "FAILED", "SUCCEEDED")

    assert fate_of_starting(WorkerHealth(status)) == ("requeue" if came_to_nothing else "leave")
