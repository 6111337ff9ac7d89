"""The clock: the one place that reads time and waits."""

import threading
import time
from datetime import UTC, datetime

import pytest

from mainspring.clock import Clock, SystemClock
from mainspring.testing import VirtualClock


@pytest.fixture(params=[SystemClock, VirtualClock])
def clock(request: pytest.FixtureRequest) -> Clock:
    made: Clock = request.param()
    return made


def test_now_is_the_time_with_its_zone(clock: Clock) -> None:
    before = clock.time()
    now = clock.now()

    assert now.tzinfo is UTC
    assert before <= now.timestamp() + 1e-6 <= clock.time() + 1e-5


def test_monotonic_time_never_goes_back(clock: Clock) -> None:
    seen = [clock.monotonic() for _ in range(100)]

    assert seen == sorted(seen)


def test_waiting_ends_when_the_signal_comes(clock: Clock) -> None:
    signal = threading.Event()
    signal.set()
    before = clock.monotonic()

    assert clock.wait(signal, 3600)
    assert clock.monotonic() - before < 60


def test_waiting_ends_when_the_time_is_over(clock: Clock) -> None:
    before = clock.monotonic()

    assert not clock.wait(threading.Event(), 0.01)
    assert clock.monotonic() - before >= 0.009


def test_the_systems_clock_is_the_systems_time() -> None:
    before = time.time()  # noqa: TID251 - what the clock is compared with

    assert before <= SystemClock().time() <= time.time()  # noqa: TID251


def test_a_virtual_clock_goes_when_it_is_told_to() -> None:
    clock = VirtualClock(datetime(2026, 3, 29, tzinfo=UTC))
    clock.advance(90)

    assert clock.now() == datetime(2026, 3, 29, 0, 1, 30, tzinfo=UTC)
    assert clock.monotonic() == 90


def test_a_bad_time_server_moves_the_wall_clock_only() -> None:
    clock = VirtualClock(datetime(2026, 1, 1, tzinfo=UTC))
    clock.jump(-3600)

    assert clock.now() == datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert clock.monotonic() == 0
