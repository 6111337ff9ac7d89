"""Switching automations: nothing of the time while one was off ever runs, whether a daemon is up or not."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.daemon.tick.due import decided, look
from mainspring.daemon.tick.offered import Offered, OfferedSchedule, OfferedSensor
from mainspring.daemon.tick.switch import move_cursor, start, stop
from mainspring.definition.catch_up import CatchUp
from mainspring.errors import MainspringError
from mainspring.storage import (
    Admission,
    AutomationState,
    Batch,
    Decision,
    DefinitionRecord,
    Duty,
    LocationRecord,
    LocationStatus,
    Storage,
    Tick,
    TickQuery,
    TickStatus,
    memory_storage,
)
from tests.core.daemon.tick.offers import offered_schedule, offered_sensor

HOUR = 3600.0
NOON = 1_799_971_200.0
"""On the hour."""


@pytest.fixture
def storage() -> Storage:
    return memory_storage()


def stands(offered: Offered, storage: Storage) -> AutomationState:
    state = storage.automations.get(*offered.key)
    assert state is not None
    return state


def ticks_of(offered: Offered, storage: Storage) -> list[Tick]:
    return storage.automations.ticks(TickQuery(location=offered.location, automation=offered.name))


def work_off(schedule: OfferedSchedule, storage: Storage, now: float) -> list[float]:
    """Do what a daemon does at one moment, and return the times that it has decided."""
    times: list[float] = []
    while True:
        due = look(schedule, stands(schedule, storage), now)
        state = due.state if due.time is None else decided(due.state, due.time, is_caught_up=due.is_caught_up)
        storage.automations.commit([Decision(state=state, ticks=due.ticks)])
        if due.time is None:
            return times
        times.append(due.time)


def test_a_schedule_that_nobody_has_seen_is_introduced_and_runs_from_now_on(storage: Storage) -> None:
    schedule = offered_schedule(is_running_by_default=False)

    assert start(schedule, storage, NOON + 60)
    state = stands(schedule, storage)
    assert (state.switch, state.mark, state.timing) == ("running", NOON + 60, schedule.timing_text)
    assert work_off(schedule, storage, NOON + 3 * HOUR) == [NOON + 3 * HOUR, NOON + HOUR, NOON + 2 * HOUR]


def test_what_falls_due_while_it_is_off_never_runs_though_no_daemon_has_seen_that(storage: Storage) -> None:
    schedule = offered_schedule(catch_up=CatchUp(None, None))
    start(evolve(schedule, is_running_by_default=False), storage, NOON - 60)
    work_off(schedule, storage, NOON)

    assert stop(schedule, storage, NOON + HOUR + 60)
    assert start(schedule, storage, NOON + 4 * HOUR + 60)
    assert work_off(schedule, storage, NOON + 5 * HOUR) == [NOON + 5 * HOUR]
    (missed,) = [tick for tick in ticks_of(schedule, storage) if tick.status is TickStatus.MISSED]
    assert (missed.since, missed.scheduled_time, missed.count) == (NOON + HOUR, NOON + 4 * HOUR, 4)
    assert missed.reason == "it was not decided before the schedule was switched off"


def test_what_waits_to_be_caught_up_is_dropped_with_a_record(storage: Storage) -> None:
    schedule = offered_schedule()
    state = AutomationState(
        location="sales",
        name="nightly",
        kind="schedule",
        switch="stopped",
        mark=NOON,
        timing=schedule.timing_text,
        backlog=((NOON - 2 * HOUR - 1, NOON - HOUR),),
        not_before=NOON + 9 * HOUR,
        failures=3,
    )
    storage.automations.introduce([state])

    assert start(schedule, storage, NOON + 60)
    after = stands(schedule, storage)
    assert (after.backlog, after.turn, after.not_before, after.failures) == ((), (), None, 0)
    assert [(tick.since, tick.scheduled_time) for tick in ticks_of(schedule, storage)] == [
        (NOON - 2 * HOUR, NOON - HOUR)
    ]
    assert work_off(schedule, storage, NOON + 2 * 60) == []


actions = st.lists(
    st.one_of(st.sampled_from(["start", "stop", "look"]), st.floats(1, 5 * HOUR)), min_size=1, max_size=25
)


@settings(max_examples=100)
@given(actions, st.booleans())
def test_only_times_at_which_it_was_on_are_ever_decided(sequence: list[str | float], is_on: bool) -> None:
    """However often it is switched, and however long no daemon looks."""
    storage = memory_storage()
    schedule = offered_schedule(catch_up=CatchUp(None, None), is_running_by_default=is_on)
    now, on_since = NOON + 1, NOON + 1 if is_on else None
    storage.automations.introduce([AutomationState(location="sales", name="nightly", kind="schedule", mark=now)])
    spells: list[tuple[float, float]] = []
    found: list[float] = []
    if is_on:
        work_off(schedule, storage, now)
    for each in sequence:
        match each:
            case "start":
                assert start(schedule, storage, now) is (on_since is None)
                on_since = now if on_since is None else on_since
            case "stop":
                assert stop(schedule, storage, now) is (on_since is not None)
                spells += [] if on_since is None else [(on_since, now)]
                on_since = None
            case "look":
                found += work_off(schedule, storage, now)
            case float():
                now += each
    found += work_off(schedule, storage, now)
    spells += [] if on_since is None else [(on_since, now)]

    assert len(found) == len(set(found))
    assert [time for time in found if not any(begin < time <= end for begin, end in spells)] == []
    if on_since is not None:  # and what fell due since it was switched on last is all there
        begun, first = on_since, (on_since // HOUR + 1) * HOUR
        due = {first + index * HOUR for index in range(int((now - first) // HOUR) + 1)} if first <= now else set()
        assert {time for time in found if time > begun} == due


@pytest.mark.parametrize("offered", [offered_schedule(), offered_sensor()], ids=["schedule", "sensor"])
def test_switching_is_idempotent(storage: Storage, offered: Offered) -> None:
    assert not start(offered, storage, NOON), "it runs by default"
    assert stop(offered, storage, NOON)
    before = stands(offered, storage)
    assert not stop(offered, storage, NOON + 60)
    assert stands(offered, storage) == before
    assert before.switch == "stopped"


def test_a_sensor_that_backed_off_is_tried_at_once_when_it_is_switched_on(storage: Storage) -> None:
    sensor = offered_sensor(is_running_by_default=False)
    state = AutomationState(location="sales", name="uploads", kind="sensor", not_before=NOON + HOUR, failures=7)
    storage.automations.introduce([state])

    assert start(sensor, storage, NOON)
    after = stands(sensor, storage)
    assert (after.switch, after.not_before, after.failures) == ("running", None, 0)


def test_one_that_takes_over_another_name_keeps_its_state(storage: Storage) -> None:
    """The state is taken over first, as a daemon would, or the old name's keys and cursor would be lost."""
    old = AutomationState(location="sales", name="arrivals", kind="sensor")
    storage.automations.introduce([old])
    move_cursor(offered_sensor(name="arrivals"), "2026", storage, NOON)
    sensor = offered_sensor(adopts="arrivals")
    location = LocationRecord(name="sales", status=LocationStatus.LOADED)
    storage.locations.record(
        location, [DefinitionRecord(location="sales", kind="sensor", name="uploads", hash="1", body="{}")]
    )

    assert stop(sensor, storage, NOON)
    assert storage.automations.get("sales", "arrivals") is None
    assert storage.automations.cursors("sales", ["uploads"]) == {"uploads": "2026"}


@pytest.mark.parametrize("cursor", ["2026/a.csv", "", None])
def test_a_cursor_is_moved_and_the_next_skip_is_a_tick_of_its_own(storage: Storage, cursor: str | None) -> None:
    sensor = offered_sensor()
    state = AutomationState(location="sales", name="uploads", kind="sensor", last_skip="same", not_before=NOON + HOUR)
    storage.automations.introduce([state])

    move_cursor(sensor, cursor, storage, NOON)
    after = stands(sensor, storage)
    assert storage.automations.cursors("sales", ["uploads"]) == {"uploads": cursor}
    assert (after.last_skip, after.not_before, after.version) == (None, None, 1)


class _Busy:
    """A store whose automations somebody else changes just before each of the first commits."""

    def __init__(self, storage: Storage, sensor: OfferedSensor, times: int) -> None:
        self._storage = storage
        self._sensor = sensor
        self._times = times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage.automations, name)

    def commit(
        self, decisions: Sequence[Decision], admission: Admission | None = None, duty: Duty | None = None
    ) -> Batch:
        if self._times > 0:
            self._times -= 1
            other = stands(self._sensor, self._storage)
            self._storage.automations.commit([Decision(state=evolve(other, last_run_key="other"))])
        return self._storage.automations.commit(decisions, admission, duty)


def test_a_race_that_is_lost_is_run_again(storage: Storage) -> None:
    sensor = offered_sensor()

    assert stop(sensor, evolve(storage, automations=_Busy(storage, sensor, 3)), NOON)
    state = stands(sensor, storage)
    assert (state.switch, state.last_run_key) == ("stopped", "other"), "and what others changed stays"


def test_a_race_that_is_always_lost_is_given_up(storage: Storage) -> None:
    sensor = offered_sensor()

    with pytest.raises(MainspringError, match="sensor 'uploads' of location 'sales' is being changed time and again"):
        stop(sensor, evolve(storage, automations=_Busy(storage, sensor, 1000)), NOON)
    assert stands(sensor, storage).switch is None


def test_one_of_many_switches_it(storage: Storage) -> None:
    schedule = offered_schedule()
    gate = threading.Barrier(8)

    def switch(_: int) -> bool:
        gate.wait()
        return stop(schedule, storage, NOON)

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(switch, range(8))) == [False] * 7 + [True]
