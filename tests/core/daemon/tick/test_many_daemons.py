"""Several daemons on one storage, whose clocks are hours apart, and which take over from each other at any time."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mainspring as ms
from mainspring.audit import examine
from mainspring.storage import Lease, Storage, memory_storage
from mainspring.testing import VirtualClock
from tests.core.daemon.tick.deployed import LOCATION, Deployed

HOUR = 3600.0


@ms.op
def one() -> int:
    return 1


@ms.job
def job() -> None:
    one()


@ms.sensor(job=job, every=600, default_status="running")
def files(context: ms.SensorContext) -> ms.RunRequest:
    number = int(context.cursor or "0")
    context.set_cursor(str(number + 1))
    return ms.RunRequest(f"key {number}")


hourly = ms.Schedule(name="hourly", job=job, every=HOUR, catch_up="all", default_status="running")
DEFINITIONS = ms.Definitions(jobs=[job], schedules=[hourly], sensors=[files])


def daemons(storage: Storage, offsets: list[float]) -> list[Deployed]:
    """Return a daemon for each clock, so many seconds ahead of the first one's."""
    found = []
    for number, offset in enumerate(offsets):
        clock = VirtualClock()
        clock.jump(offset)
        found.append(Deployed(storage, daemon_id=f"daemon-{number}", clock=clock))
    for each in found[1:]:
        each.client = found[0].client
    found[0].offer(DEFINITIONS)
    return found


def take_over(daemon: Deployed) -> None:
    """Have a daemon take the lease of the location, whoever has it."""
    storage = daemon.storage
    before = next(each for each in storage.duties.leases() if each.name == LOCATION)
    storage.duties.take_lease(Lease(LOCATION, daemon.daemon_id, before.version + 1), before)
    daemon.automations.look_again()


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    offsets=st.lists(st.sampled_from([-5 * HOUR, -HOUR, 0.0, 90.0, 3 * HOUR]), min_size=1, max_size=2),
    turns=st.lists(st.tuples(st.integers(0, 2), st.sampled_from([30.0, 700.0, HOUR, 4 * HOUR])), max_size=12),
)
def test_each_time_and_each_key_is_decided_once(offsets: list[float], turns: list[tuple[int, float]]) -> None:
    storage = memory_storage()
    found = daemons(storage, [0.0, *offsets])
    take_over(found[0])
    found[0].look()
    for who, seconds in turns:
        daemon = found[who % len(found)]
        take_over(daemon)
        for each in found:
            if each is not daemon:
                each.clock.advance(seconds)
        daemon.advance(seconds)

    assert examine(storage).findings == ()
    runs = found[0].runs()
    times = [run.scheduled_time for run in runs if run.automation == "hourly"]
    keys = [run.run_key for run in runs if run.automation == "files"]
    assert len(times) == len(set(times))
    assert sorted(keys, key=str) == sorted(f"key {number}" for number in range(len(keys)))


@pytest.mark.parametrize("ahead", [3 * HOUR, -3 * HOUR])
def test_a_daemon_whose_clock_is_hours_off_repeats_and_leaves_out_nothing(storage: Storage, ahead: float) -> None:
    right, wrong = daemons(storage, [0.0, ahead])
    take_over(right)
    right.advance(2 * HOUR)
    wrong.clock.advance(2 * HOUR)
    take_over(wrong)
    wrong.advance(HOUR)
    right.clock.advance(HOUR)
    take_over(right)
    right.advance(6 * HOUR)
    times = [run.scheduled_time for run in right.runs() if run.automation == "hourly"]
    first = times[0]

    assert first is not None
    assert sorted(each for each in times if each is not None) == [first + hours * HOUR for hours in range(9)]
    assert examine(storage).findings == ()
