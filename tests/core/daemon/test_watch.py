"""What becomes of runs that are watched, decided for every course that they may take."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.daemon.watch import (
    BAD_ANSWERS,
    LOOK_GAP_SECONDS,
    TERMINATE_AGAIN_SECONDS,
    Action,
    Cancel,
    Fail,
    Leave,
    QueueNext,
    Sighting,
    Terminate,
    answered,
    decide,
    first_sight,
    looked,
)
from mainspring.launch import WorkerHealth
from mainspring.launch.launcher import HealthStatus
from mainspring.run import Run, RunPolicy, RunStatus
from mainspring.settings import MonitorSettings

SETTINGS = MonitorSettings()
CLAIM = 7

BAD: list[HealthStatus] = ["NOT_FOUND", "FAILED", "SUCCEEDED"]
LIVE = [RunStatus.STARTING, RunStatus.STARTED, RunStatus.CANCELING]

moments = st.lists(st.floats(0.01, LOOK_GAP_SECONDS), min_size=1, max_size=60)


def run(status: RunStatus, **fields: Any) -> Run:
    return Run(run_id="run-1", job_name="job", mode="dev", status=status, **fields)


def seen_as(status: RunStatus, **fields: Any) -> Sighting:
    return first_sight(run(status), 0.0, CLAIM, **fields)


def hear(seen: Sighting, *statuses: HealthStatus, is_dead: bool = False, every: float = 1.0) -> Sighting:
    for number, status in enumerate(statuses):
        seen = answered(seen, WorkerHealth(status), number * every, is_dead=is_dead)
    return seen


def course(
    status: RunStatus, gaps: list[float], settings: MonitorSettings, health: HealthStatus | None
) -> list[tuple[float, Action]]:
    """Return what is decided at each look at a run that stays as it is, until it would be over."""
    now = 0.0
    seen = seen_as(status)
    decided: list[tuple[float, Action]] = []
    for gap in gaps:
        now += gap
        seen = looked(seen, run(status), now)
        if health is not None:
            seen = answered(seen, WorkerHealth(health), now)
        action = decide(run(status), seen, settings, now)
        decided.append((now, action))
        if isinstance(action, (Fail, Cancel, QueueNext)):
            break
    return decided


@given(moments, st.sampled_from(["RUNNING", "UNKNOWN", None]))
def test_a_run_whose_worker_is_not_known_to_be_gone_is_left_alone(
    gaps: list[float], health: HealthStatus | None
) -> None:
    """Scar: D#33209."""
    assert {type(action) for _, action in course(RunStatus.STARTED, gaps, SETTINGS, health)} == {Leave}


@given(st.lists(st.sampled_from([*BAD, "RUNNING", "UNKNOWN"]), max_size=30))
def test_a_worker_is_gone_after_bad_answers_in_a_row(answers: list[HealthStatus]) -> None:
    """Scar: D#33209."""
    seen = seen_as(RunStatus.STARTED)
    in_a_row = 0
    for answer in answers:
        seen = hear(seen, answer)
        in_a_row = in_a_row + 1 if answer in BAD else 0
        action = decide(run(RunStatus.STARTED), seen, SETTINGS, 1.0)
        assert isinstance(action, Fail) == (in_a_row >= BAD_ANSWERS)


@pytest.mark.parametrize("answer", BAD)
@pytest.mark.parametrize(("status", "over"), [(RunStatus.STARTED, Fail), (RunStatus.CANCELING, Cancel)])
def test_a_process_that_is_seen_to_be_dead_is_gone_at_the_first_answer(
    answer: HealthStatus, status: RunStatus, over: type
) -> None:
    """Scars: D#3705, D#28456, P#8566, P#17415."""
    assert isinstance(decide(run(status), hear(seen_as(status), answer, is_dead=True), SETTINGS, 0.0), over)


@given(moments)
def test_silence_ends_a_run_by_policy_alone(gaps: list[float]) -> None:
    settings = MonitorSettings(lost_after_seconds=30.0)
    decided = course(RunStatus.STARTED, gaps, settings, "UNKNOWN")
    first = decided[0][0]

    for now, action in decided:
        assert isinstance(action, Fail) == (now - first >= 30.0)


def test_an_answer_ends_the_silence() -> None:
    settings = MonitorSettings(lost_after_seconds=30.0)
    seen = hear(seen_as(RunStatus.STARTED), "UNKNOWN", "RUNNING", "UNKNOWN", every=29.0)

    assert decide(run(RunStatus.STARTED), seen, settings, 60.0) == Leave()


def test_no_time_in_which_nobody_asked_is_silence() -> None:
    """Scar: P#18893."""
    settings = MonitorSettings(lost_after_seconds=30.0)
    seen = looked(hear(seen_as(RunStatus.STARTED), "UNKNOWN"), run(RunStatus.STARTED), 1000.0)

    assert decide(run(RunStatus.STARTED), seen, settings, 1000.0) == Leave()


@given(moments, st.floats(1, 300), st.sampled_from([*BAD, "RUNNING", "UNKNOWN", None]))
def test_what_is_starting_or_canceling_ends_at_its_limit(
    gaps: list[float], limit: float, health: HealthStatus | None
) -> None:
    settings = MonitorSettings(start_timeout_seconds=limit, cancel_timeout_seconds=limit)
    for status, over in ((RunStatus.STARTING, Fail), (RunStatus.CANCELING, Cancel)):
        for now, action in course(status, gaps, settings, None if status is RunStatus.STARTING else health):
            if now >= limit + 1e-6:
                assert isinstance(action, over)
            elif isinstance(action, Fail):
                assert now >= limit - 1e-6


@given(st.floats(LOOK_GAP_SECONDS, 1e6), st.sampled_from([RunStatus.STARTING, RunStatus.CANCELING]))
def test_no_time_in_which_nobody_looked_counts(gap: float, status: RunStatus) -> None:
    """Scar: P#18893."""
    seen = looked(seen_as(status), run(status), gap)

    assert seen.status_seconds == LOOK_GAP_SECONDS
    assert not isinstance(decide(run(status), seen, SETTINGS, gap), (Fail, Cancel))


def test_a_limit_is_counted_from_the_change_of_status() -> None:
    seen = seen_as(RunStatus.STARTED)
    for now in range(1000):
        seen = looked(seen, run(RunStatus.STARTED), float(now))
    seen = looked(seen, run(RunStatus.CANCELING), 1000.0)

    assert decide(run(RunStatus.CANCELING), seen, SETTINGS, 1000.0) == Terminate()


@given(moments)
def test_a_worker_that_is_to_end_is_asked_at_once_and_again(gaps: list[float]) -> None:
    now, asked = 0.0, []
    seen = seen_as(RunStatus.CANCELING)
    for gap in gaps:
        action = decide(run(RunStatus.CANCELING), seen, MonitorSettings(cancel_timeout_seconds=1e9), now)
        if action == Terminate():
            asked.append(now)
            seen = Sighting(seen.status, now, CLAIM, terminated_at=now)
        now += gap

    assert asked[0] == 0.0
    assert all(later - earlier >= TERMINATE_AGAIN_SECONDS for earlier, later in pairwise(asked))


@given(st.floats(1, 1000), st.floats(0, 2000), st.floats(0, 2000))
def test_a_run_has_failed_once_it_has_run_for_longer_than_its_limit(limit: float, before: float, now: float) -> None:
    limited = run(RunStatus.STARTED, policy=RunPolicy(time_limit_seconds=limit))
    action = decide(limited, seen_as(RunStatus.STARTED, ran_before_seconds=before), SETTINGS, now)

    assert isinstance(action, Fail) == (before + now >= limit)


def test_no_limit_holds_for_a_run_that_no_launcher_has_started() -> None:
    limited = run(RunStatus.STARTED, policy=RunPolicy(time_limit_seconds=1))

    assert decide(limited, first_sight(limited, 0.0, None), SETTINGS, 1000.0) == Leave()


@pytest.mark.parametrize(
    ("health", "action"),
    [
        (None, Leave()),
        ("RUNNING", Leave()),
        ("UNKNOWN", QueueNext(terminates=False)),
        *((each, QueueNext(terminates=False)) for each in BAD),
    ],
)
def test_the_next_attempt_waits_for_the_end_of_the_last_ones_worker(
    health: HealthStatus | None, action: Action
) -> None:
    failed = run(RunStatus.FAILURE, retries_left=1)
    seen = first_sight(failed, 0.0, CLAIM)
    seen = seen if health is None else hear(seen, health)

    assert decide(failed, seen, SETTINGS, 1.0) == action


def test_but_not_for_ever() -> None:
    (*_, (now, action)) = course_of_failed()

    assert action == QueueNext(terminates=True)
    assert now == pytest.approx(SETTINGS.cancel_timeout_seconds)


def course_of_failed() -> list[tuple[float, Action]]:
    failed = run(RunStatus.FAILURE, retries_left=1)
    seen = first_sight(failed, 0.0, CLAIM)
    decided: list[tuple[float, Action]] = []
    while not decided or decided[-1][1] == Leave():
        now = float(len(decided) + 1)
        seen = answered(looked(seen, failed, now), WorkerHealth("RUNNING"), now)
        decided.append((now, decide(failed, seen, SETTINGS, now)))
    return decided


@pytest.mark.parametrize("status", [each for each in RunStatus if each not in LIVE])
@pytest.mark.parametrize("answer", BAD)
def test_a_run_that_is_not_live_is_left_alone(status: RunStatus, answer: HealthStatus) -> None:
    """Scars: D#22565, D#33604."""
    seen = hear(looked(seen_as(RunStatus.STARTED), run(status), 1.0), answer, answer, answer)

    assert decide(run(status), seen, SETTINGS, 1e6) == Leave()
